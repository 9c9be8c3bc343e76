"""Worker processes for slow work: killed when they hang, replaced when they die. The work itself is in fitting.py."""

import asyncio
import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from pebble import ProcessPool

P = ParamSpec("P")
R = TypeVar("R")

TASKS_PER_WORKER = 1000  # then it is replaced, so that what a library leaks does not pile up


class Workers:
    """A pool of processes. `run` is awaited on the controller's loop, which never waits for a fit."""

    def __init__(self, count: int, timeout: timedelta) -> None:
        self._timeout = timeout
        # A fork of a process with threads may deadlock; a fork server has none.
        context = multiprocessing.get_context("forkserver")
        self._pool = ProcessPool(max_workers=count, max_tasks=TASKS_PER_WORKER, context=context)

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a top-level function returns in a worker.

        TimeoutError when it takes too long (its worker is killed), pebble.ProcessExpired when its worker dies.
        """
        future = self._pool.schedule(task, args=args, kwargs=kwargs, timeout=self._timeout.total_seconds())
        result: R = await asyncio.wrap_future(future)
        return result

    async def stop(self) -> None:
        """Drop what is waiting and end all workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)
