"""fit_fleet: fit_batch for more series than one process should fit, through any concurrent.futures.Executor.

Where the work is done is the executor's business: threads, processes, a WorkerPool that can kill what hangs
(workers.py), or a cluster through Dask's Client.get_executor(). Here is only what is sent, in which portions, and what
becomes of the others when one of them fails.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from queue import SimpleQueue
from typing import NamedTuple

from forecasting.batch import (
    DEFAULT_CALENDAR,
    DEFAULT_LEAD_TIME,
    DEFAULT_PLANNING_LEVEL,
    ROWS_AT_ONCE,
    fit_batch,
    learnable,
)
from forecasting.errors import ForecastingError, SeriesRefused
from forecasting.fitted import FittedForecast
from forecasting.occasions import Calendar
from forecasting.series import Series

CHUNKS_IN_FLIGHT = 16  # some 48 MB at 5-minute steps, and enough to keep as many workers busy


@dataclass(frozen=True, slots=True)
class NotFitted:
    """Why a series has no forecaster: one CamelCase word, and one sentence."""

    reason: str
    message: str


Outcome = FittedForecast | NotFitted


def fit_fleet(
    series: Sequence[Series],
    executor: Executor,
    *,
    calendar: Calendar = DEFAULT_CALENDAR,
    planning_level: float = DEFAULT_PLANNING_LEVEL,
    lead_time: timedelta = DEFAULT_LEAD_TIME,
    rows_at_once: int = ROWS_AT_ONCE,
    chunks_in_flight: int = CHUNKS_IN_FLIGHT,
) -> Iterator[Outcome]:
    """Yield what fit_batch would return for each series, in their order, or why there is nothing for one of them.

    Series on one grid are fitted `rows_at_once` together, and at most `chunks_in_flight` such chunks are sent but not
    answered; `series` may read each when it is asked for, which happens twice. A chunk that fails is done again series
    by series, so that only the guilty one is lost. With the default `rows_at_once` the numbers are those of fit_batch
    on equally many BLAS threads. Raises ForecastingError as fit_batch does for an impossible plan; an iteration
    that ends early cancels what was sent.
    """
    fit_batch([], planning_level=planning_level, lead_time=lead_time)  # so that an impossible plan is refused once
    if rows_at_once < 1 or chunks_in_flight < 1:
        raise ForecastingError(f"at least one row and chunk at a time, got {rows_at_once} and {chunks_in_flight}")
    fit = partial(fit_batch, calendar=calendar, planning_level=planning_level, lead_time=lead_time)
    return _Fleet(series, executor, calendar, fit).outcomes(rows_at_once, chunks_in_flight)


def explain(error: Exception) -> NotFitted:
    """Return why a fit failed, as a word and a sentence."""
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return NotFitted(reason, str(error) or kind.__name__)
    return NotFitted("FitFailed", f"{type(error).__name__}: {error}")


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (SeriesRefused, "SeriesRefused"),
    (TimeoutError, "FitTimedOut"),
    (MemoryError, "FitOutOfMemory"),
    (BrokenExecutor, "FitWorkerDied"),
)


class _Chunk(NamedTuple):
    """Positions of series that are fitted together, and whether this is their second and last try."""

    positions: list[int]
    is_last_try: bool = False


@dataclass
class _Fleet:
    """The state of one fit_fleet."""

    series: Sequence[Series]
    executor: Executor
    calendar: Calendar
    fit: Callable[[Sequence[Series]], list[FittedForecast]]
    known: dict[int, Outcome] = field(default_factory=dict)  # answered, and waiting for their turn
    sent: dict[Future[list[FittedForecast]], _Chunk] = field(default_factory=dict)
    todo: deque[_Chunk] = field(default_factory=deque)
    # Not concurrent.futures.wait: it sleeps on where a shutdown of threads cancels what it waits for.
    answered: SimpleQueue[Future[list[FittedForecast]]] = field(default_factory=SimpleQueue)

    def outcomes(self, rows_at_once: int, chunks_in_flight: int) -> Iterator[Outcome]:
        self.todo.extend(self._chunks(rows_at_once))
        try:
            for position in range(len(self.series)):
                while position not in self.known:
                    while self.todo and len(self.sent) < chunks_in_flight:
                        self._send(self.todo.popleft())
                    self._take(self.answered.get())
                yield self.known.pop(position)
        finally:
            for future in self.sent:
                future.cancel()

    def _chunks(self, rows_at_once: int) -> list[_Chunk]:
        """Return what is fitted together, as fit_batch would, by the first of each; refuse what cannot be fitted."""
        grids: dict[tuple[datetime, timedelta, int], list[int]] = defaultdict(list)
        for position, series in enumerate(self.series):
            try:
                part = learnable(series, self.calendar)
            except SeriesRefused as error:
                self.known[position] = explain(error)
            else:
                grids[part.start, part.step, len(part)].append(position)
        return sorted(
            _Chunk(positions[first : first + rows_at_once])
            for positions in grids.values()
            for first in range(0, len(positions), rows_at_once)
        )

    def _send(self, chunk: _Chunk) -> None:
        series = [self.series[position] for position in chunk.positions]
        try:
            future = self.executor.submit(self.fit, series)
        except BrokenExecutor as error:  # the standard pools stay broken: each series left is told so
            future = Future()
            future.set_exception(error)
        self.sent[future] = chunk
        future.add_done_callback(self.answered.put)

    def _take(self, future: Future[list[FittedForecast]]) -> None:
        """Keep what a chunk came to; where it failed its series are tried once more, each alone."""
        chunk = self.sent.pop(future)
        try:
            self.known.update(zip(chunk.positions, future.result(), strict=True))
        except CancelledError:
            raise  # somebody ended the executor's work
        except Exception as error:  # noqa: BLE001 -- whatever a chunk dies of, the others go on
            if chunk.is_last_try:
                self.known[chunk.positions[0]] = explain(error)
            else:
                self.todo.extendleft(_Chunk([position], is_last_try=True) for position in reversed(chunk.positions))
