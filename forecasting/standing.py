"""Standing apart: what is made of newest samples that are far from what was expected, while nobody knows what they are.

A sample's deviation d from the combined pattern, in log space, is usual unless it lies beyond what a backtest saw:

    beyond all single samples                    an outage or a spike until proven otherwise: it is passed over, neither
                                                 carried forward nor learned
    above nearly all hours, for an hour or more  a new level: the mean of d since it began lifts all that is expected,
                                                 and what is left of d is usual
    below, or more than doubled, for as long     a long outage or a crowd: d is heard as far as anything was ever seen,
                                                 and what is beyond lifts the next hours, half as much in each

So a rise that stands is followed within the hour, also tomorrow; what was over after half an hour leaves no trace; a
fall or a crowd is followed for hours only. A fit a day or two later finds a level in its history (levels.py).
"""

import math
from dataclasses import dataclass

import numpy as np

from forecasting.seasons import HOUR
from forecasting.series import Values
from forecasting.surprises import CARRIED

STANDS = HOUR  # seconds
FEWEST_SAMPLES = 4  # on coarse grids an hour is a sample or two, and those may be a spike
HALF_LIFE = 1.0  # hours
HIGHEST_LEVEL = math.log(2.0)  # what more than doubles within an hour is a crowd, and crowds leave
MARGIN = 1.25  # times more than was seen
USUAL_HOURS = 0.95  # the share of hours that a new level must exceed
SMALLEST = math.log(1.1)  # what deviates by less is usual, even on a load that hardly ever does


@dataclass(frozen=True, slots=True)
class Limits:
    """Deviations in log space beyond which a single `sample`, or the mean of an `hour`, stands apart."""

    sample: float
    hour: float


NO_LIMITS = Limits(math.inf, math.inf)  # while it is not known what is usual


@dataclass(frozen=True, slots=True)
class Standing:
    """For how many samples deviations have stood apart on one side (negative: below), their mean and the newest."""

    samples: int
    mean: float
    newest: float

    def after(self, deviation: float, limits: Limits) -> "Standing":
        """Return the standing after one more sample; NaN, an unknown one, changes nothing."""
        if math.isnan(deviation):
            return self
        if abs(deviation) <= limits.hour:
            return NOTHING_APART
        side = 1 if deviation > 0 else -1
        if self.samples * side <= 0:
            return Standing(side, deviation, deviation)
        count = abs(self.samples) + 1
        return Standing(count * side, self.mean + (deviation - self.mean) / count, deviation)

    def lasts(self, step_seconds: float) -> bool:
        """Return whether it is too long to be an outage or a spike."""
        return abs(self.samples) >= max(FEWEST_SAMPLES, STANDS / step_seconds)

    def level(self, step_seconds: float) -> float:
        """Return how far a new level lies above the old one in log space; 0 where there is none."""
        return self.mean if self.lasts(step_seconds) and 0 < self.mean <= HIGHEST_LEVEL else 0.0

    def lifts(self, leads: Values, limits: Limits, step_seconds: float) -> Values:
        """Return by how much what is expected at leads of so many hours is lifted, (leads,)."""
        level = self.level(step_seconds)
        if level or not self.lasts(step_seconds) or abs(self.newest) <= limits.sample:
            return np.full(len(leads), level)
        beyond = self.newest - math.copysign(limits.sample, self.newest)
        lifts: Values = beyond * 0.5 ** (leads / HALF_LIFE)
        return lifts


NOTHING_APART = Standing(0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was made of samples (n,): log values to add before they are learned or carried forward, and what stands now.

    What is added is NaN where a sample is passed over.
    """

    added: Values
    standing: Standing


def learn_limits(surprises: Values) -> tuple[Limits, ...]:
    """Return each series' limits from the combination's surprises (series, folds, origins, memories) in a backtest.

    The newest fold is left out where there are others: its day is what is judged.
    """
    seen = np.abs(surprises[:, : max(1, surprises.shape[1] - 1)]).reshape(len(surprises), -1, surprises.shape[-1])
    samples = MARGIN * seen[:, :, 0].max(axis=1)
    hours = MARGIN * np.quantile(seen[:, :, CARRIED], USUAL_HOURS, axis=1)
    return tuple(
        Limits(max(sample, 2 * SMALLEST), max(hour, SMALLEST))
        for sample, hour in zip(samples.tolist(), hours.tolist(), strict=True)
    )


def hear(standing: Standing, deviations: Values, limits: Limits, step_seconds: float) -> Heard:
    """Return what is made of deviations (n,), oldest first, that follow a standing; NaN is an unknown one."""
    added = np.zeros(len(deviations))
    if not (np.abs(deviations) > min(limits.hour, limits.sample)).any():  # as nearly always
        return Heard(added, standing if np.isnan(deviations).all() else NOTHING_APART)
    for i, deviation in enumerate(deviations.tolist()):
        standing = standing.after(deviation, limits)
        level = standing.level(step_seconds)
        if level:
            added[i] = -level
        elif abs(deviation) > limits.sample:
            heard = math.copysign(limits.sample, deviation) if standing.lasts(step_seconds) else math.nan
            added[i] = heard - deviation
    return Heard(added, standing)
