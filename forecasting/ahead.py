"""Ahead: what an evaluation says of the steps to come, whatever the newest samples are.

A forecaster is asked anew with every sample, and each time for the same leads: what is interpolated between windows of
lead is worked out once for as long as its evaluation stands. What follows from samples is fitted.py's business.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecasting.evaluation import Evaluation
from forecasting.seasons import HOUR
from forecasting.series import Values

# One workload asks for as many steps with every sample, or for one more; a fleet's forecasters pass through.
KEPT = 16


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """So many steps from an origin on: `leads` are the hours to their begins, `centres` to their middles, (n,).

    `shares` (members, n) and `correction` (1, memories, n) are the evaluation's at these leads; `offsets` (levels, n)
    those of its bounds, by rising level, for hours of the day as wide as the usual one.
    """

    leads: Values
    centres: Values
    shares: Values
    correction: Values
    offsets: Values


@lru_cache(maxsize=KEPT)
def ahead_of(evaluation: Evaluation, count: int, step_seconds: float, levels: tuple[float, ...]) -> Ahead:
    """Return what an evaluation says of so many steps and of rising levels; nobody may write into its arrays."""
    leads = np.arange(count) * (step_seconds / HOUR)
    return Ahead(
        leads=leads,
        centres=leads + 0.5 * step_seconds / HOUR,
        shares=evaluation.mix.at(leads)[0],
        correction=evaluation.correction.by_lead(leads),
        offsets=evaluation.bounds.rising_at(leads, np.array(levels))[0],
    )
