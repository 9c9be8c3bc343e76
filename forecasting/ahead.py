"""Ahead: what an evaluation and members say of the steps to come, whatever the step in progress brings.

A forecaster is asked anew with every sample, and each time for the same leads: what is interpolated between windows of
lead is worked out once for as long as its evaluation stands, and what members expect once a step. What follows from
samples is fitted.py's business.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from forecasting.evaluation import Evaluation
from forecasting.models import FittedModel
from forecasting.models.persistence import fading
from forecasting.seasons import HOUR, Steps
from forecasting.series import Values
from forecasting.surprises import CARRIED

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


class MembersAhead(NamedTuple):
    """What members expect of steps when nothing is unusual, and what is `left` of a surprise then, (members, n)."""

    patterns: Values
    left: Values

    def lifted(self, by: Values | float) -> "MembersAhead":
        """Return them where what is usual lies so much higher, in log space."""
        return MembersAhead(self.patterns + by, self.left)

    def after(self, surprises: Values) -> Values:
        """Return what each member expects after surprises (members, memories), log values (members, n)."""
        expected: Values = self.patterns + surprises[:, CARRIED, None] * self.left
        return expected


@lru_cache(maxsize=KEPT)
def members_ahead(members: tuple[FittedModel, ...], steps: Steps) -> MembersAhead:
    """Return what members of one series expect of steps from its origin on; nobody may write into its arrays."""
    centres = np.arange(len(steps)) * (steps.seconds / HOUR) + 0.5 * steps.seconds / HOUR
    return MembersAhead(
        patterns=np.concatenate([member.pattern(steps) for member in members]),
        left=fading(np.concatenate([member.persistence for member in members]), centres),
    )
