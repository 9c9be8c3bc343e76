"""Made history: weeks of samples as functions of time, written as OpenMetrics text for promtool to backfill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
"""Unix seconds, rising."""
Values = NDArray[np.float64]

DAY = timedelta(days=1)


@dataclass(frozen=True)
class SampledSeries:
    """One series of Prometheus: a metric name, labels, and a value at each time."""

    name: str
    labels: Mapping[str, str]
    times: Times
    values: Values


def sample_times(end: datetime, span: timedelta, step: timedelta) -> Times:
    """Return times `step` apart over `(end - span, end]`, the last at `end`."""
    last, count = int(end.timestamp()), int(span / step)
    return last - np.arange(count, dtype=np.int64)[::-1] * int(step.total_seconds())


def counter(name: str, labels: Mapping[str, str], times: Times, rates: Values) -> SampledSeries:
    """Return a counter that starts at 0 and rises by these rates (per second), each up to its own time."""
    rises = np.diff(times).astype(np.float64) * rates[1:]
    return SampledSeries(name, labels, times, np.concatenate([[0.0], np.cumsum(rises)]))


def gauge(name: str, labels: Mapping[str, str], times: Times, values: Values) -> SampledSeries:
    """Return a gauge with these values."""
    return SampledSeries(name, labels, times, values)


def daily_spike(times: Times, *, base: float, peak: float, begins: datetime, lasts: timedelta) -> Values:
    """Return `base` at all times but `lasts` from the time of day at which `begins` is: there it is `peak`."""
    since = (times - int(begins.timestamp())) % int(DAY.total_seconds())
    return np.where(since < lasts.total_seconds(), peak, base)


def write_openmetrics(path: Path, series: Sequence[SampledSeries]) -> None:
    """Write series as OpenMetrics text, those of one name together, as the format asks."""
    with path.open("w", encoding="utf-8") as text:
        for one in sorted(series, key=lambda one: one.name):
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in one.labels.items())
            head = f"{one.name}{{{labels}}}"
            samples = zip(one.values.tolist(), one.times.tolist(), strict=True)
            text.writelines(f"{head} {value!r} {time}\n" for value, time in samples)
        text.write("# EOF\n")


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
