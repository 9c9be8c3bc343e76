"""Standing apart: what is made of newest samples that are far from what was expected, while nobody knows what they are.

A sample's deviation d from the combined pattern, in log space, is usual unless it lies beyond what a backtest saw:

    beyond all single samples                    an outage or a spike until proven otherwise: it is passed over, neither
                                                 carried forward nor learned
    above nearly all hours, for an hour or more  a new level: the mean of d since it began lifts what is expected, and
                                                 only what is left of d counts as a surprise
    below, or more than doubled, for as long     a long outage or a crowd: d is heard as far as anything was ever seen,
                                                 and what is beyond lifts the next hours, half as much in each

So a rise that stands is followed within the hour; what was over after half an hour leaves no trace; a fall or a crowd
is followed less far. A level, too, is hardly believed in beyond the next hours: measured, most are odd evenings and end
with them. One that stays is found in its history by a fit a day or two later (levels.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.seasons import HOUR
from forecasting.series import Values
from forecasting.surprises import CARRIED, kept

STANDS = HOUR  # seconds
FEWEST_SAMPLES = 4  # on coarse grids an hour is a sample or two, and those may be a spike
HALF_LIFE = 1.0  # hours
HALF_BELIEVED = 5.0  # hours ahead
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
    """For how many samples deviations have stood apart on one side (negative: below), their mean and the newest.

    `passed_over` of the samples were not heard, for it was not known yet that they would last.
    """

    samples: int
    passed_over: int
    mean: float
    newest: float

    def after(self, deviation: float, limits: Limits, step_seconds: float) -> "Standing":
        """Return the standing after one more sample."""
        if abs(deviation) <= limits.hour:
            return NOTHING_APART
        side = 1 if deviation > 0 else -1
        before = self if self.samples * side > 0 else NOTHING_APART
        count = abs(before.samples) + 1
        mean = before.mean + (deviation - before.mean) / count
        longer = Standing(count * side, before.passed_over, mean, deviation)
        if abs(deviation) > limits.sample and not longer.lasts(step_seconds):
            return replace(longer, passed_over=longer.passed_over + 1)
        return longer

    def lasts(self, step_seconds: float) -> bool:
        """Return whether it is too long to be an outage or a spike."""
        return abs(self.samples) >= max(FEWEST_SAMPLES, STANDS / step_seconds)

    def level(self, step_seconds: float) -> float:
        """Return how far a new level lies above the old one in log space; 0 where there is none."""
        return self.mean if self.lasts(step_seconds) and 0 < self.mean <= HIGHEST_LEVEL else 0.0

    def lifts(self, leads: Values, limits: Limits, step_seconds: float) -> Values:
        """Return by how much a fall or a crowd lifts what is expected at leads of so many hours, (leads,)."""
        if self.level(step_seconds) or not self.lasts(step_seconds) or abs(self.newest) <= limits.sample:
            return np.zeros(len(leads))
        beyond = self.newest - math.copysign(limits.sample, self.newest)
        lifts: Values = beyond * 0.5 ** (leads / HALF_LIFE)
        return lifts

    def told(self, step_seconds: float) -> Values:
        """Return how much of a new level surprises have heard, (memories,)."""
        heard = abs(self.samples) - self.passed_over
        share: Values = 1 - kept(step_seconds) ** heard
        return self.level(step_seconds) * share


def belief_in_level(leads: Values) -> Values:
    """Return how much a new level counts at leads of so many hours, from 1 down, (leads,)."""
    belief: Values = 0.5 ** ((leads / HALF_BELIEVED) ** 2)
    return belief


NOTHING_APART = Standing(0, 0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was made of samples (n,), in log values, and what stands now.

    `added` makes of a sample what is carried forward: NaN where it is passed over. `levels` is by how much a new level
    lies above what members know, who are not to learn it.
    """

    added: Values
    levels: Values
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
    added, levels = np.zeros((2, len(deviations)))
    usual = np.abs(deviations) <= min(limits.hour, limits.sample)
    if usual.all():
        return Heard(added, levels, NOTHING_APART if len(usual) else standing)
    # Nearly all are usual: only what stands apart is looked at one by one, and whether a usual one came in between.
    usual_so_far = np.cumsum(usual)
    seen = 0
    for i in np.flatnonzero(~usual & ~np.isnan(deviations)).tolist():
        deviation = float(deviations[i])
        standing = (standing if usual_so_far[i] == seen else NOTHING_APART).after(deviation, limits, step_seconds)
        seen = usual_so_far[i]
        levels[i] = standing.level(step_seconds)
        if not levels[i] and abs(deviation) > limits.sample:
            heard = math.copysign(limits.sample, deviation) if standing.lasts(step_seconds) else math.nan
            added[i] = heard - deviation
    return Heard(added, levels, standing if np.count_nonzero(usual) == seen else NOTHING_APART)


def hear_rows(
    standings: Sequence[Standing], deviations: Values, limits: Sequence[Limits], step_seconds: float
) -> tuple[Values, Values, list[Standing]]:
    """Return what is made of the deviations (rows, n) of many series: `added`, `levels` and each row's standing."""
    added, levels = np.zeros((2, *deviations.shape))
    after = [NOTHING_APART] * len(limits)
    usual = np.array([min(each.hour, each.sample) for each in limits])
    # Nearly all rows of an update are usual throughout.
    for row in np.flatnonzero(~(np.abs(deviations) <= usual[:, None]).all(axis=1)).tolist():
        heard = hear(standings[row], deviations[row], limits[row], step_seconds)
        added[row], levels[row], after[row] = heard.added, heard.levels, heard.standing
    return added, levels, after
