"""Masks: which samples a fit does not learn from, and why. Who decides is anomalies.py, what stands in is gaps.py."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from forecasting.series import Flags


class Reason(StrEnum):
    """Why samples teach nothing."""

    GAP = "gap"  # nothing was measured, or the calendar calls it unusual
    OUTAGE = "outage"  # a drop that the season does not explain
    SPIKE = "spike"  # a burst that came once
    GLITCH = "glitch"  # a sample or two that no demand explains: a counter's mistake


@dataclass(frozen=True, slots=True)
class Masked:
    """The steps [first, last) of a panel, and why nothing is learned from them."""

    first: int
    last: int
    reason: Reason


Masks = tuple[Masked, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a history in [start, end) was not learned, and why."""

    start: datetime
    end: datetime
    reason: Reason


def in_order(*masks: Masks) -> Masks:
    """Return masks of one row as one, oldest first."""
    return tuple(sorted(itertools.chain(*masks), key=lambda mask: mask.first))


def flags_of(masks: Sequence[Sequence[Masked]], count: int) -> Flags:
    """Return which of `count` steps each row masks, (rows, count)."""
    flags = np.zeros((len(masks), count), dtype=bool)
    for row, of_row in enumerate(masks):
        for mask in of_row:
            flags[row, mask.first : mask.last] = True
    return flags


def masks_of(flags: Flags, reason: Reason) -> tuple[Masks, ...]:
    """Return the runs of flagged steps in each row (rows, n) as masks."""
    found: list[list[Masked]] = [[] for _ in flags]
    for row in np.flatnonzero(flags.any(axis=1)):
        found[row] = [Masked(first, last, reason) for first, last in runs_of(flags[row])]
    return tuple(map(tuple, found))


def runs_of(flags: Flags) -> list[tuple[int, int]]:
    """Return where runs of flagged steps (n,) begin and end: [first, last), in order."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
