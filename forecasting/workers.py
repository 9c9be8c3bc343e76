"""WorkerPool: processes for slow or many fits, killed when they hang, replaced when they die. An ordinary Executor.

It lives on the lowest floor because whoever fits much needs the same one: the live operator, the command line, a
stranger with a fleet. Nothing in forecasting imports it: fleet.py takes any Executor, and only who makes this one needs
pebble (extra `workers`) and starts processes.
"""

import os
import pickle
import resource
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from multiprocessing import forkserver, get_context
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from forecasting.errors import ForecastingError

P = ParamSpec("P")
R = TypeVar("R")

TASKS_PER_WORKER = 1000  # then it is replaced, so that what a library leaks does not pile up
MEMORY_BYTES = 768 * 2**20  # a fit takes some 300 MiB with its libraries; a pod of 1 GiB also holds the controller
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # two fit no faster than one, and each has buffers


class WorkerDied(BrokenExecutor):
    """A worker ended before its task did: it crashed, or the system killed it. Another takes its place."""


class WorkerPool(Executor):
    """`count` processes, each with `memory_bytes` of its own; one task may take `timeout`. The first task starts them.

    A future raises TimeoutError where the task took too long and its worker was killed, WorkerDied where the worker
    died, MemoryError where the task asked for too much, else what the task raises. Tasks are top-level functions. A
    future can be cancelled while its task runs: that ends the worker. After `tasks_per_worker` a worker is replaced.
    """

    def __init__(
        self,
        count: int,
        *,
        timeout: timedelta,
        memory_bytes: int = MEMORY_BYTES,
        tasks_per_worker: int = TASKS_PER_WORKER,
    ) -> None:
        if count < 1 or timeout <= timedelta(0):
            raise ForecastingError(
                f"a pool needs at least one worker and a positive timeout, got {count} and {timeout}"
            )
        with _environment(ONE_THREAD):  # its children inherit it; later is too late, whatever they are may import numpy
            forkserver.ensure_running()
        self._timeout = timeout
        self._make_pool = partial(
            ProcessPool,
            max_workers=count,
            max_tasks=tasks_per_worker,
            # Before a worker imports anything. A file mapped into memory does not count.
            initializer=resource.setrlimit,
            initargs=(resource.RLIMIT_DATA, (memory_bytes, memory_bytes)),
            context=get_context("forkserver"),  # a fork of a process with threads may deadlock; a fork server has none
        )
        self._pool = self._make_pool()
        self._tasks: dict[Future[Any], Future[bytes]] = {}
        self._lock = Lock()
        self._ending: Thread | None = None

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Return the future of a call in a worker. Raises RuntimeError after a shutdown, and what pickling raises."""
        call = pickle.dumps((fn, args, kwargs))
        answer: Future[R] = Future()
        with self._lock:
            if self._ending is not None:
                raise RuntimeError("cannot schedule new futures after shutdown")
            task = self._tasks[answer] = self._schedule(call)
        answer.add_done_callback(self._forget)
        task.add_done_callback(partial(self._hand_over, answer))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 -- as Executor
        """Take no more tasks and end the workers: when all tasks are done, or at once with every future cancelled."""
        with self._lock:
            if self._ending is None:
                self._ending = _end(self._pool, at_once=cancel_futures)
        if cancel_futures:
            for answer in list(self._tasks):
                answer.cancel()
        if wait:
            self._ending.join()

    def _schedule(self, call: bytes) -> Future[bytes]:
        if not self._pool.active:  # pebble gives up a pool whose workers all died with nothing to do
            _end(self._pool, at_once=True)
            self._pool = self._make_pool()
        return self._pool.schedule(_run, args=(call,), timeout=self._timeout.total_seconds())

    def _forget(self, answer: Future[Any]) -> None:
        self._tasks.pop(answer).cancel()  # ends the worker of an answer that nobody waits for; else the task is done

    def _hand_over(self, answer: Future[R], task: Future[bytes]) -> None:
        """Let the answer be what became of the task."""
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(pickle.loads(task.result()))  # noqa: S301 -- our own worker wrote it
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the answer
            answer.set_exception(_explain(error, self._timeout))
            if isinstance(error, BrokenProcessPool):
                self._lose_all()

    def _lose_all(self) -> None:
        """Answer every task of a pool that was given up: pebble forgets those it had not sent."""
        for task in list(self._tasks.values()):
            task.cancel()


def _run(call: bytes) -> bytes:
    """Do a call, pickled on both ways: what cannot be read on the other side must fail this task, not the pool."""
    try:
        fn, args, kwargs = pickle.loads(call)  # noqa: S301 -- our own pool wrote it
        return pickle.dumps(fn(*args, **kwargs))
    except Exception as error:
        if _travels(error):
            raise
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


def _travels(error: Exception) -> bool:
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 -- written here
    except Exception:  # noqa: BLE001 -- an exception may do anything when it is made anew
        return False


def _explain(error: Exception, timeout: timedelta) -> Exception:
    """Return pebble's words for how a task ended as ours; what the task raised stays as it is."""
    if isinstance(error, BrokenProcessPool | CancelledError):
        return WorkerDied("all workers died")
    if isinstance(error, ProcessExpired):
        code = error.exitcode
        how = f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit code {code}"
        return WorkerDied(f"its worker ended by {how}")
    if isinstance(error, TimeoutError) and error.__cause__ is None:  # from here: a task's own has a remote traceback
        return TimeoutError(f"not done within {timeout.total_seconds():g} s, so its worker was killed")
    return error


def _end(pool: ProcessPool, *, at_once: bool) -> Thread:
    """End a pool in a thread of its own: it waits for tasks or for the workers' end."""
    if at_once:
        pool.stop()  # type: ignore[no-untyped-call]
    else:
        pool.close()  # type: ignore[no-untyped-call]
    ending = Thread(target=pool.join, name="worker-pool-end")
    ending.start()
    return ending


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables for what starts meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
