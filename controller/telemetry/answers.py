"""What a result of Prometheus says about which workload. Answers are untrusted: odd ones are refused as a whole."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.telemetry.compiler import NAMESPACE, Workload
from controller.telemetry.failures import AnswerRefused

Values = NDArray[np.float64]
_CLOCK_ROUNDING = 1.0  # seconds; some stores round times to whole ones


@dataclass(frozen=True, slots=True)
class Grid:
    """The times of a range query: `count` of them, `step` apart. A value says something about the step before it."""

    first: datetime
    step: timedelta
    count: int

    @property
    def last(self) -> datetime:
        """The last time."""
        return self.first + (self.count - 1) * self.step


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer may be about: these workloads, told by this label."""

    label: str
    workloads: Collection[Workload]


def read_vector(result: list[Any], expected: Expected, *, at: datetime) -> Mapping[Workload, float]:
    """Return the sample of each workload in an instant answer, as it is: NaN and infinities included."""
    values: dict[Workload, float] = {}
    for workload, series in _by_workload(result, expected):
        times, (value,) = _samples([series.get("value")])
        if abs(times[0] - at.timestamp()) > _CLOCK_ROUNDING:
            raise AnswerRefused(f"answered for {_spoken(times[0])} when asked for {at.isoformat()}")
        values[workload] = float(value)
    return values


def read_matrix(result: list[Any], expected: Expected, *, grid: Grid) -> Mapping[Workload, Values]:
    """Return the samples of each workload on the grid, shape (grid.count,); NaN where there is none, or none finite."""
    rows: dict[Workload, Values] = {}
    for workload, series in _by_workload(result, expected):
        times, values = _samples(series.get("values"))
        positions = _positions(times, grid)
        row = np.full(grid.count, np.nan)
        row[positions] = values
        row[~np.isfinite(row) | (row < 0)] = np.nan
        rows[workload] = row
    return rows


def _positions(times: Values, grid: Grid) -> NDArray[np.int64]:
    """Return where on the grid these Unix times are, shape (n,); refuse any that is not there, or there twice."""
    exact = (times - grid.first.timestamp()) / grid.step.total_seconds()
    positions = np.rint(np.clip(exact, -1, grid.count)).astype(np.int64)
    inside = ((positions >= 0) & (positions < grid.count)).all()
    off = np.abs(exact - positions).max(initial=0) * grid.step.total_seconds()
    if not inside or off > _CLOCK_ROUNDING or len(np.unique(positions)) != len(positions):
        raise AnswerRefused("answered for times that were not asked for")
    return positions


def _by_workload(result: list[Any], expected: Expected) -> Iterator[tuple[Workload, dict[str, Any]]]:
    """Yield each series with its workload; what shares names with others without being asked for is left out."""
    namespaces = {workload.namespace for workload in expected.workloads}
    wanted, seen = frozenset(expected.workloads), set()
    for series in result:
        labels = series.get("metric") if isinstance(series, dict) else None
        if not isinstance(labels, dict):
            raise AnswerRefused("answered with something that is not a series")
        namespace, name = labels.get(NAMESPACE), labels.get(expected.label)
        if namespace not in namespaces or not isinstance(name, str):
            raise AnswerRefused("answered with a series of a namespace or workload that was not asked for")
        workload = Workload(str(namespace), name)
        if workload in seen:
            raise AnswerRefused("answered twice for the same workload")
        seen.add(workload)
        if workload in wanted:
            yield workload, series


def _samples(pairs: Any) -> tuple[Values, Values]:  # noqa: ANN401  whatever the server sent
    """Return the times in Unix seconds and the values of `[time, "value"]` pairs, each of shape (n,)."""
    try:
        times, texts = zip(*pairs, strict=True) if pairs else ((), ())
        if not all(isinstance(text, str) for text in texts):
            raise AnswerRefused("answered with samples that are not numbers in quotes")
        seconds, values = np.array(times, dtype=np.float64), np.array([float(text) for text in texts])
    except (TypeError, ValueError, OverflowError) as error:
        raise AnswerRefused("answered with samples that are not pairs of time and number") from error
    if seconds.ndim != 1 or not np.isfinite(seconds).all():
        raise AnswerRefused("answered with samples that are not pairs of time and number")
    return seconds, values


def _spoken(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return "no time at all"
