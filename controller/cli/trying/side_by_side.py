"""Calls side by side: replays in as many processes as a person allows, through any Executor, their answers in order.

With one job all is done here, in this process, and nothing but the package itself is needed; more take the same worker
processes that the operator fits with.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_REPLAY = timedelta(hours=4)  # two weeks take a minute or two; what takes so long hangs
JOBS = click.IntRange(1, 256)
MEMORY_BYTES = 2 * 2**30  # a replay holds demand, fits and decisions of weeks: some 400 MiB


class Here(Executor):
    """Does each call at once, in this process."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Return the future of a call that is done."""
        answer: Future[R] = Future()
        try:
            answer.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
            answer.set_exception(error)
        return answer


@contextmanager
def workers(jobs: int | None) -> Iterator[Executor]:
    """Hand out an executor of so many jobs; by default one for each processor, where worker processes are installed."""
    count = jobs or ((os.cpu_count() or 1) if find_spec("pebble") else 1)
    if count == 1:
        yield Here()
        return
    from forecasting.workers import WorkerPool  # noqa: PLC0415  pebble is an extra

    pool = WorkerPool(count, timeout=LONGEST_REPLAY, memory_bytes=MEMORY_BYTES)
    try:
        yield pool
    except BaseException:  # also Ctrl-C: what was sent is ended with its workers
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def side_by_side(
    calls: Sequence[Callable[[], R]], executor: Executor, *, done: Callable[[int], Any] = lambda _: None
) -> list[R]:
    """Return what each call returns, in their order; `done` hears of each. Calls and answers must be picklable."""
    answers: list[Future[R]] = []
    for call in calls:
        answer = executor.submit(call)
        answer.add_done_callback(lambda _: done(1))
        answers.append(answer)
    return [answer.result() for answer in answers]
