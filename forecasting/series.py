"""Series: samples on a regular UTC grid. Every value says something about the step that begins at its time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecasting.errors import SeriesRefused

Values = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

LARGEST_SAMPLE = 1e100  # beyond it squares overflow, and no unit of demand gets there
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Series:
    """Samples on a regular grid: `values[i]` is the mean over `[start + i * step, start + (i + 1) * step)`.

    NaN is a missing sample: missing is not zero. Raises SeriesRefused on any other value that is not from 0 to 1e100,
    on a naive start and on a step that is not positive.
    """

    start: datetime
    step: timedelta
    values: Values

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise SeriesRefused("start must carry a time zone; write it like datetime(2026, 1, 1, tzinfo=UTC)")
        if self.step <= timedelta(0):
            raise SeriesRefused(f"step must be positive, got {self.step}")
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim != 1:
            raise SeriesRefused(f"values must be one-dimensional, got {values.ndim} dimensions")
        refused = (values < 0) | (values > LARGEST_SAMPLE)
        if refused.any():
            position = int(np.argmax(refused))
            raise SeriesRefused(f"sample {position} is {values[position]}; samples are from 0 to {LARGEST_SAMPLE:g}")
        values = values.copy()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "start", self.start.astimezone(UTC))

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Series):
            return NotImplemented
        same_grid = (self.start, self.step) == (other.start, other.step)
        return same_grid and np.array_equal(self.values, other.values, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # arrays do not hash

    @property
    def end(self) -> datetime:
        """Where the step of the next sample begins."""
        return self.start + len(self) * self.step

    @cached_property
    def seconds(self) -> Values:
        """Unix time of each step's begin, in seconds, shape (n,)."""
        return self.start.timestamp() + np.arange(len(self)) * self.step.total_seconds()

    def between(self, begin: datetime, end: datetime) -> Self:
        """Return the samples whose steps touch [begin, end); an empty series where none do."""
        first = max(0, (begin - self.start) // self.step)
        last = min(len(self), -((self.start - end) // self.step))
        if first == 0 and last == len(self):
            return self
        return type(self)(self.start + first * self.step, self.step, self.values[first : max(first, last)])

    def at_step(self, step: timedelta, *, anchor: datetime = EPOCH) -> Self:
        """Return means over a coarser step that is a multiple of this one, on the grid through `anchor`.

        The first and last bucket may rest on part of their samples; a bucket without samples is NaN. Raises
        SeriesRefused where `step` is not a multiple.
        """
        start, offset, ratio = self.coarser(step, anchor)
        if ratio == 1:
            return self if start == self.start else type(self)(start, step, self.values)
        return type(self)(start, step, bucket_means(self.values, offset, ratio))

    def coarser(self, step: timedelta, anchor: datetime) -> tuple[datetime, int, int]:
        """Return where a coarser grid begins, how many steps before the first sample, and how many make one of its.

        Raises SeriesRefused where `step` is not a multiple of this one.
        """
        ratio, rest = divmod(step, self.step)
        if rest or ratio < 1:
            raise SeriesRefused(f"cannot bring samples of {self.step} to a step of {step}: not a multiple")
        start = anchor + ((self.start - anchor) // step) * step
        return start, (self.start - start) // self.step, ratio


def bucket_means(values: Values, offset: int, ratio: int) -> Values:
    """Return the means of so many values each, (..., buckets), the first of which begins `offset` before (..., n).

    NaN is left out; a bucket of nothing else is NaN.
    """
    count = offset + values.shape[-1]
    padded = np.full((*values.shape[:-1], -(-count // ratio) * ratio), np.nan)
    padded[..., offset:count] = values
    table = padded.reshape(*values.shape[:-1], -1, ratio)
    known = ~np.isnan(table)
    counts = known.sum(axis=-1)
    return np.where(counts > 0, np.where(known, table, 0.0).sum(axis=-1) / np.maximum(counts, 1), np.nan)
