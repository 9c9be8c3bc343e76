"""Traces: recorded demand as a CSV file of `timestamp,value`. Anything odd is refused by line, never repaired.

What becomes of a trace in a replay (interpolation, noise, scale) lives in demand.py.
"""

import csv
import gzip
import math
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO, cast

import numpy as np

from controller.errors import InputRefused, unreadable
from forecasting.series import LARGEST_SAMPLE, Series

HEADER = ["timestamp", "value"]
SHORTEST_STEP = timedelta(seconds=15)  # the sweep's own rhythm: nothing finer reaches a decision
LONGEST_STEP = timedelta(hours=1)  # coarser samples hide every spike an autoscaler could meet
DAY = timedelta(days=1)
MAX_QUOTED = 60  # letters of a wrong header: enough to know it again
MAX_SAMPLES = 5_000_000  # two years of 15 s steps; a wrong file must not fill the memory


def read_trace(path: Path) -> Series:
    """Read a `timestamp,value` CSV (`.gz` where the name ends so): any regular step from 15 s to 1 h, gaps empty.

    Raises InputRefused, naming file and line, on anything irregular, unsorted, doubled, negative or not a number.
    """
    try:
        with _open(path) as lines:
            return _parse(lines, path)
    except UnicodeDecodeError as problem:
        raise InputRefused(f"{path} is not UTF-8 text: write it as CSV with the header timestamp,value") from problem
    except (OSError, EOFError, zlib.error, csv.Error) as problem:
        raise unreadable(path, problem) from problem


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _parse(lines: Iterable[str], path: Path) -> Series:
    rows = csv.reader(lines)
    header = next(rows, None)
    if header != HEADER:
        found = "the file is empty" if header is None else f"it is {','.join(header)[:MAX_QUOTED]!r}"
        raise InputRefused(f"{path}, line 1: the header must be timestamp,value; {found}")
    times: list[datetime] = []
    values: list[float] = []
    for row in rows:
        try:
            at, value = _sample(row)
            _check_order(at, times)
        except ValueError as problem:
            raise InputRefused(f"{path}, line {rows.line_num}: {problem}") from problem
        times.append(at)
        values.append(value)
    if len(times) < 2:  # noqa: PLR2004  two samples make a step
        raise InputRefused(f"{path} must have two samples at least, for its step; it has {len(times)}")
    return Series(times[0], times[1] - times[0], np.array(values))


def _sample(row: list[str]) -> tuple[datetime, float]:
    if len(row) != len(HEADER):
        raise ValueError(f"expected two fields, timestamp,value, got {len(row)}")
    return _time(row[0]), _value(row[1])


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        in_utc = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not an ISO 8601 time; write it like 2026-01-31T08:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it in UTC, like 2026-01-31T08:00:00Z")
    return in_utc


def _value(text: str) -> float:
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number; leave the field empty where a sample is missing") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not finite; leave the field empty where a sample is missing")
    if value < 0:
        raise ValueError(f"{text} is negative; demand is at least 0")
    if value > LARGEST_SAMPLE:
        raise ValueError(f"{text} is above {LARGEST_SAMPLE:g}, the largest that is taken")
    return value


def _check_order(at: datetime, times: list[datetime]) -> None:
    """Raise ValueError where `at` does not continue the grid that the first two times began."""
    if not times:
        return
    gap = at - times[-1]
    if gap <= timedelta(0):
        what = "repeats the time of" if not gap else "is earlier than"
        raise ValueError(f"{at:%Y-%m-%dT%H:%M:%SZ} {what} the line before; sort the rows and keep one a time")
    if len(times) == 1:
        _check_step(gap)
    elif gap != times[1] - times[0]:
        seconds, step = gap.total_seconds(), (times[1] - times[0]).total_seconds()
        raise ValueError(
            f"{seconds:g} s after the line before, where the step is {step:g} s; sort the rows, and write one for "
            "every step, its value empty where a sample is missing"
        )
    if len(times) == MAX_SAMPLES:
        raise ValueError(f"more than {MAX_SAMPLES} samples; cut the trace or take a coarser step")


def _check_step(step: timedelta) -> None:
    if not SHORTEST_STEP <= step <= LONGEST_STEP or DAY % step:
        raise ValueError(f"the step is {step.total_seconds():g} s; it must be from 15 s to 1 h and divide a day")
