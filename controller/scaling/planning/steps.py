"""Few steps: a staircase that is never below what is needed, with few changes and little to spare. Pure arithmetic.

Of all staircases with k steps the cheapest is found exactly, by dynamic programming over the runs of equal need
(segmentation as in Bellman, On the approximation of curves by line segments using dynamic programming, 1961). The
fewest steps are taken that cost little more than following every change.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPARE = 0.05  # of the replica-hours of following every change: what calm may cost
CHANGES_KEPT = 1 / 3  # of those of who follows every change, at most
CALM = 4  # changes that are never too many: up and down on each of two days
MOST_STEPS = 96  # that a ForecastReport holds

Whole = NDArray[np.int64]


class Step(NamedTuple):
    """From this slot on, so many replicas."""

    slot: int
    replicas: int


def few_steps(needs: Whole) -> tuple[Step, ...]:
    """Return the staircase for what each of some equal slots needs, (slots,), at least one of them."""
    begins = np.flatnonzero(np.diff(needs, prepend=needs[0] - 1))
    runs, lengths = needs[begins], np.diff(begins, append=len(needs))
    highest, costs = _highest(runs), _costs(runs, lengths)
    cuts = _cuts(costs, enough=(1 + SPARE) * float(runs @ lengths), most=_most_steps(len(runs) - 1))
    steps, end = [], len(runs) - 1
    for cut in reversed(cuts):
        begin = int(cut[end])
        steps.append(Step(int(begins[begin]), int(highest[begin, end])))
        end = begin - 1
    return _joined([Step(0, int(highest[0, end])), *reversed(steps)])


def _joined(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Join neighbours of one height: with too few steps allowed for the next spike, another cut saves nothing."""
    return (steps[0], *(step for before, step in pairwise(steps) if before.replicas != step.replicas))


def _most_steps(changes: int) -> int:
    return min(max(int(changes * CHANGES_KEPT), CALM) + 1, MOST_STEPS)


def _highest(runs: Whole) -> Whole:
    """Return the highest need of the runs i to j, (runs, runs); 0 where j is before i."""
    return np.maximum.accumulate(np.triu(np.broadcast_to(runs, (len(runs), len(runs)))), axis=1)


def _costs(runs: Whole, lengths: Whole) -> NDArray[np.float64]:
    """Return what one step over the runs i to j costs, (runs, runs); infinite where j is before i."""
    ends = np.cumsum(lengths)
    spans = ends - (ends - lengths)[:, None]
    return np.where(spans > 0, _highest(runs) * spans, np.inf)


def _cuts(costs: NDArray[np.float64], *, enough: float, most: int) -> list[Whole]:
    """Return for each further step, by the run it ends with, the run it begins with in the cheapest staircase."""
    cuts: list[Whole] = []
    cheapest = costs[0]
    while cheapest[-1] > enough and len(cuts) + 1 < most:
        totals = cheapest[:-1, None] + costs[1:]
        cuts.append(1 + totals.argmin(axis=0))
        cheapest = totals.min(axis=0)
    return cuts
