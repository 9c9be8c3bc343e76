"""Sampling: fewer points that draw the same line. What is left out is smaller than a pixel at first sight."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.series import Values

Indices = NDArray[np.intp]


def outline(columns: Sequence[Values], *, at_most: int) -> Indices:
    """Return rising indices of samples that keep, bucket by bucket, each column's lowest and highest value.

    At most `at_most` and the two ends are kept, all of them where they are few enough. A bucket without a number keeps
    a NaN, so that a gap as wide as a bucket stays a gap. All columns have shape (n,).
    """
    size = len(columns[0])
    if size <= at_most:
        return np.arange(size)
    buckets = max(1, at_most // (2 * len(columns)))
    edges = np.linspace(0, size, buckets + 1).astype(np.intp)
    width = int(np.max(np.diff(edges)))
    members = np.minimum(edges[:-1, None] + np.arange(width), edges[1:, None] - 1)
    rows = np.arange(buckets)
    kept = [np.array([0, size - 1])]
    for column in columns:
        table = column[members]
        lowest = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
        highest = np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
        kept += [members[rows, lowest], members[rows, highest]]
    return np.unique(np.concatenate(kept))


def changes(columns: Sequence[Values]) -> Indices:
    """Return rising indices where any column changes, and both ends: all that a step line needs."""
    size = len(columns[0])
    changed = np.zeros(size, dtype=bool)
    changed[[0, -1]] = True
    for column in columns:
        same = (column[1:] == column[:-1]) | (np.isnan(column[1:]) & np.isnan(column[:-1]))
        changed[1:] |= ~same
    return np.flatnonzero(changed)


def spans(seconds: Values, holds: NDArray[np.bool_], *, joined_within: float) -> Values:
    """Return the windows in which `holds` is true, shape (k, 2), those at most `joined_within` seconds apart as one.

    A sample stands for the time up to the next one; the last for as long as the one before it.
    """
    if not holds.any():
        return np.empty((0, 2))
    ends = np.append(seconds[1:], seconds[-1] + (seconds[-1] - seconds[-2] if len(seconds) > 1 else 0.0))
    begins, ends = seconds[holds], ends[holds]
    first = np.append(True, begins[1:] - ends[:-1] > joined_within)
    last = np.append(first[1:], True)
    return np.column_stack([begins[first], ends[last]])
