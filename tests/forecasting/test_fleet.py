"""fit_fleet through every kind of executor: the numbers of fit_batch, and nobody is lost with another."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context, parent_process
from typing import Any, ParamSpec, Self, TypeVar, overload

import numpy as np
import pytest

from forecasting import Calendar, Event, FittedForecast, ForecastingError, Series, SeriesRefused, fit_batch
from forecasting.fleet import NotFitted, explain, fit_fleet
from forecasting.series import Values
from forecasting.workers import WorkerDied, WorkerPool
from tests.forecasting.loads import HOUR, MONDAY, a_series, noisy_week

P = ParamSpec("P")
R = TypeVar("R")

MEBIBYTE = 2**20
NOTHING = a_series([np.nan] * 24, HOUR)


def hourly(seed: int, *, days: int = 3) -> Series:
    return a_series(noisy_week(days, seed, step=HOUR), HOUR)


def paths(fitted: Sequence[FittedForecast | NotFitted]) -> list[Values]:
    return [each.forecast().paths for each in fitted if isinstance(each, FittedForecast)]


# ── Who works ────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def dask() -> Iterator[Executor]:
    """A cluster within this process; nothing of it is left behind."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 -- takes seconds, and only one test needs it

    before = set(threading.enumerate())
    with (
        LocalCluster(  # type: ignore[no-untyped-call]  # the library has no types
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]  # the same
        client.get_executor(pure=False) as executor,
    ):
        yield executor
    # One thread that serialises belongs to the library, not to a cluster, and never ends.
    left = {thread.name for thread in set(threading.enumerate()) - before if not thread.name.startswith("Dask-Offload")}
    assert left == set()


EXECUTORS: dict[str, Callable[[], AbstractContextManager[Executor]]] = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(1, mp_context=get_context("forkserver")),
    "workers that can be killed": lambda: WorkerPool(1, timeout=timedelta(seconds=60)),
    "a Dask cluster": dask,
}


@pytest.mark.slow
@pytest.mark.parametrize("start", EXECUTORS.values(), ids=EXECUTORS.keys())
def test_a_fleet_has_the_numbers_of_a_batch_whoever_works(
    start: Callable[[], AbstractContextManager[Executor]],
) -> None:
    series = [hourly(seed, days=2 + seed % 2) for seed in range(7)]
    with start() as executor:
        batch = executor.submit(fit_batch, series).result()

        fleet = list(fit_fleet(series, executor))

    assert len(fleet) == len(series)
    np.testing.assert_array_equal(paths(fleet), paths(batch))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_more_series_than_a_chunk_have_the_numbers_of_a_batch(threads: ThreadPoolExecutor) -> None:
    series = [hourly(seed, days=1) for seed in range(150)]

    fleet = list(fit_fleet(series, threads))

    np.testing.assert_array_equal(paths(fleet), paths(fit_batch(series)))


def test_series_of_different_grids_come_back_in_their_order(threads: ThreadPoolExecutor) -> None:
    series = [hourly(seed, days=1 + seed % 3) for seed in range(12)]

    fleet = list(fit_fleet(series, threads, rows_at_once=2))

    assert [each.history for each in fleet if isinstance(each, FittedForecast)] == [
        timedelta(days=1 + seed % 3) for seed in range(12)
    ]


def test_the_plan_and_the_calendar_reach_every_fit(threads: ThreadPoolExecutor) -> None:
    series = [hourly(seed) for seed in range(3)]
    calendar = Calendar("Europe/Berlin", (Event(MONDAY, MONDAY + 4 * HOUR, None),))

    fleet = list(fit_fleet(series, threads, calendar=calendar, planning_level=0.8, lead_time=2 * HOUR))

    batch = fit_batch(series, calendar=calendar, planning_level=0.8, lead_time=2 * HOUR)
    np.testing.assert_array_equal(paths(fleet), paths(batch))
    assert [each.gate for each in fleet if isinstance(each, FittedForecast)] == [each.gate for each in batch]


def test_the_whole_history_reaches_a_fit_however_long(threads: ThreadPoolExecutor) -> None:
    series = [hourly(seed, days=40 + seed) for seed in range(3)]
    calendar = Calendar("Europe/Berlin", (Event(MONDAY, MONDAY + 24 * HOUR, None),))

    fleet = list(fit_fleet(series, threads, calendar=calendar))

    np.testing.assert_array_equal(paths(fleet), paths(fit_batch(series, calendar=calendar)))


def test_no_series_make_no_fleet(threads: ThreadPoolExecutor) -> None:
    assert list(fit_fleet([], threads)) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"planning_level": 1.0}, "planning_level must lie between 0 and 1"),
        ({"lead_time": -HOUR}, "lead_time must not be negative"),
        ({"rows_at_once": 0}, "at least one row"),
        ({"chunks_in_flight": 0}, "at least one row"),
    ],
    ids=["planning level", "lead time", "no rows", "no chunks"],
)
def test_an_impossible_plan_is_refused_before_anything_is_sent(
    threads: ThreadPoolExecutor, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ForecastingError, match=sentence):
        fit_fleet([hourly(1)], threads, **arguments)


# ── Who fails ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_refused_series_costs_the_others_nothing(threads: ThreadPoolExecutor) -> None:
    good = [hourly(seed) for seed in range(4)]

    fleet = list(fit_fleet([NOTHING, *good[:2], a_series([1.0], timedelta(minutes=7)), *good[2:]], threads))

    assert [position for position, each in enumerate(fleet) if isinstance(each, NotFitted)] == [0, 3]
    assert fleet[0] == NotFitted(
        "SeriesRefused", "there is no sample to learn from: wait for the first, or look at the query"
    )
    np.testing.assert_array_equal(paths(fleet), paths(fit_batch(good)))


class Deadly(Series):
    """Kills the worker that fits it."""

    def between(self, begin: datetime, end: datetime) -> Self:
        if parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().between(begin, end)


class Endless(Series):
    """Keeps the worker that fits it."""

    def between(self, begin: datetime, end: datetime) -> Self:
        if parent_process() is not None:
            time.sleep(3600)
        return super().between(begin, end)


class Hungry(Series):
    """Takes all the memory of the worker that fits it."""

    def between(self, begin: datetime, end: datetime) -> Self:
        if parent_process() is not None:
            bytearray(1024 * MEBIBYTE)
        return super().between(begin, end)


class Defective(Series):
    """Meets a defect of ours wherever it is fitted."""

    def between(self, begin: datetime, end: datetime) -> Self:
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError("nothing to divide by")
        return super().between(begin, end)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Deadly, NotFitted("FitWorkerDied", "its worker ended by signal 9 (Killed)")),
        (Endless, NotFitted("FitTimedOut", "not done within 5 s, so its worker was killed")),
        (Hungry, NotFitted("FitOutOfMemory", "MemoryError")),
    ],
    ids=["it kills its worker", "it hangs", "it eats memory"],
)
def test_only_the_series_that_harms_its_worker_is_lost(kind: type[Series], told: NotFitted) -> None:
    good = [hourly(seed) for seed in range(5)]
    guilty = kind(good[0].start, good[0].step, good[0].values)
    with WorkerPool(1, timeout=timedelta(seconds=5)) as pool:  # a worker that is new imports what it fits with
        fleet = list(fit_fleet([*good[:2], guilty, *good[2:]], pool, rows_at_once=3))

    assert fleet[2] == told
    np.testing.assert_allclose(paths(fleet), paths(fit_batch(good)), rtol=1e-9)


def test_only_the_series_that_meets_a_defect_is_lost(threads: ThreadPoolExecutor) -> None:
    good = [hourly(seed) for seed in range(5)]
    guilty = Defective(good[0].start, good[0].step, good[0].values)

    fleet = list(fit_fleet([*good, guilty], threads))

    assert fleet[5] == NotFitted("FitFailed", "ZeroDivisionError: nothing to divide by")
    np.testing.assert_allclose(paths(fleet), paths(fit_batch(good)), rtol=1e-9)


def test_a_pool_that_stays_broken_is_told_for_each_series_left() -> None:
    good = [hourly(seed) for seed in range(4)]
    guilty = Deadly(good[0].start, good[0].step, good[0].values)
    with ProcessPoolExecutor(1, mp_context=get_context("forkserver")) as pool:
        fleet = list(fit_fleet([*good[:2], guilty, *good[2:]], pool, rows_at_once=2, chunks_in_flight=1))

    assert [isinstance(each, FittedForecast) for each in fleet] == [True, True, False, False, False]
    assert {each.reason for each in fleet if isinstance(each, NotFitted)} == {"FitWorkerDied"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SeriesRefused("no sample"), NotFitted("SeriesRefused", "no sample")),
        (TimeoutError("too long"), NotFitted("FitTimedOut", "too long")),
        (MemoryError(), NotFitted("FitOutOfMemory", "MemoryError")),
        (WorkerDied("by SIGSEGV"), NotFitted("FitWorkerDied", "by SIGSEGV")),
        (BrokenExecutor("gone"), NotFitted("FitWorkerDied", "gone")),
        (ForecastingError("a level of 7"), NotFitted("FitFailed", "ForecastingError: a level of 7")),
        (KeyError("x"), NotFitted("FitFailed", "KeyError: 'x'")),
    ],
    ids=["refused", "timeout", "memory", "worker", "executor", "impossible", "defect"],
)
def test_a_failure_is_a_word_and_a_sentence(error: Exception, told: NotFitted) -> None:
    assert explain(error) == told


# ── How much at once ─────────────────────────────────────────────────────────────────────────────────────────────────
class Watched(ThreadPoolExecutor):
    """Threads that know the most tasks that were sent but not done."""

    def __init__(self) -> None:
        super().__init__(2)
        self.lock, self.open, self.most, self.tasks = threading.Lock(), 0, 0, 0

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        with self.lock:
            self.tasks, self.open = self.tasks + 1, self.open + 1
            self.most = max(self.most, self.open)
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        del future
        with self.lock:
            self.open -= 1


@dataclass
class Archive(Sequence[Series]):
    """Series that are read one by one, and how often each was."""

    size: int
    reads: Counter[int] = field(default_factory=Counter)

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, position: int) -> Series: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Series]: ...
    def __getitem__(self, position: int | slice) -> Series | Sequence[Series]:
        if isinstance(position, slice) or position >= self.size:
            raise IndexError(position)
        self.reads[position] += 1
        return hourly(position, days=1)


def test_no_more_is_in_flight_than_asked_for() -> None:
    with Watched() as executor:
        fleet = list(fit_fleet(Archive(20), executor, rows_at_once=2, chunks_in_flight=3))

    assert len(fleet) == 20
    assert (executor.tasks, executor.most) == (10, 3)


def test_each_series_is_read_once_to_plan_and_once_to_be_sent(threads: ThreadPoolExecutor) -> None:
    archive = Archive(5)

    fleet = list(fit_fleet(archive, threads, rows_at_once=2))

    assert len(fleet) == 5
    assert archive.reads == dict.fromkeys(range(5), 2)


def test_nothing_is_sent_before_the_first_is_asked_for_nor_after_the_last() -> None:
    with Watched() as executor:
        fleet = fit_fleet(Archive(20), executor, rows_at_once=2, chunks_in_flight=2)
        assert executor.tasks == 0

        next(fleet)
        del fleet

    assert executor.tasks <= 4


class Ended(Executor):
    """Takes work and cancels it, as a shutdown does that comes meanwhile."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        del fn, args, kwargs
        future: Future[R] = Future()
        future.cancel()
        return future


def test_work_that_was_cancelled_ends_the_fleet() -> None:
    with pytest.raises(CancelledError):
        list(fit_fleet(Archive(4), Ended()))
