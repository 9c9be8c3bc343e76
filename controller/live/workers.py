"""Worker processes for slow work: killed when they hang, replaced when they die. The work itself is in fitting.py."""

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from pebble import ProcessPool

P = ParamSpec("P")
R = TypeVar("R")

TASKS_PER_WORKER = 1000  # then it is replaced, so that what a library leaks does not pile up
MEMORY_BYTES = 768 * 2**20  # a fit takes some 300 MiB with its libraries; a pod of 1 GiB also holds the controller
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # two fit no faster than one, and each has buffers


class Workers:
    """A pool of processes. `run` is awaited on the controller's loop, which never waits for a fit."""

    def __init__(self, count: int, timeout: timedelta, *, memory_bytes: int = MEMORY_BYTES) -> None:
        """Use so many processes, each with so much memory of its own; they start with the first task."""
        self._timeout = timeout
        # A fork of a process with threads may deadlock; a fork server has none.
        context = multiprocessing.get_context("forkserver")
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=TASKS_PER_WORKER,
            initializer=_limit,
            initargs=(memory_bytes,),
            context=context,
        )

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a top-level function returns in a worker.

        TimeoutError when it takes too long (its worker is killed), pebble.ProcessExpired when its worker dies,
        MemoryError when it asks for too much, else what the function raises.
        """
        future = self._pool.schedule(task, args=args, kwargs=kwargs, timeout=self._timeout.total_seconds())
        result: R = await asyncio.wrap_future(future)
        return result

    async def stop(self) -> None:
        """Drop what is waiting and end all workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)


def _limit(memory_bytes: int) -> None:
    """Bound a fresh worker, before it imports what fits; a history file mapped into memory does not count."""
    os.environ.update(ONE_THREAD)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
