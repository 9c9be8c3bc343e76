"""The unexplained: how far samples lie beyond what the season explains. What that makes of them is in anomalies.py.

A sample is compared with the same slot of the last three days and of the last three weeks. What lies between the least,
lo, and the greatest, hi, of those neighbours is explained: so what stands in two of the last four seasons, day or week,
is demand. In log space

    excess[t] = (z[t] - clip(z[t], lo[t], hi[t])) / limit[t]
    limit[t]  = max(4 * noise in that hour of the day, log 1.25)

Noise is a standard deviation under the normal law, from the quantile below which three quarters of the differences from
the season before stay, and at least that of the hours beside it.

With hindsight, a day with no week before it is compared with the days and weeks after it; where there is no week at
all, limits are three times as wide. Without it, a sample is compared with what was known when it came, and explained
as long as there is no week to compare with.
"""

import math
from dataclasses import dataclass

import numpy as np

from forecasting.local_days import DAYS_OF_A_WEEK, HOURS_OF_A_DAY, LocalDays
from forecasting.robust import quantile_of_known
from forecasting.seasons import Ticks
from forecasting.series import Values

NEIGHBOURS = np.array([1, 2, 3, 7, 14, 21])  # days away: with the sample itself four seasons of each kind
NOISES = 4.0  # what is farther from all neighbours than so many standard deviations is no noise
SMALLEST = math.log(1.25)  # what moves demand by less than a quarter spoils no forecast
DOUBT = 3.0  # limits where there is no week to compare with: after a Friday a Saturday looks like an outage
QUIET_SHARE, QUIET_QUANTILE = 0.75, 1.15035  # the normal law: three quarters stay below 1.15 standard deviations
LOOKS_AN_HOUR = 4  # samples of each hour that noise is learned from


@dataclass(frozen=True, slots=True, eq=False)
class Unexplained:
    """Days laid end to end and how many limits each sample lies above its neighbours (below: negative).

    `values` and `excess` are (series, places), 0 and not NaN where nothing is known. The limit at a place is that of
    its slot (series, slots) times that of its day (days,).
    """

    values: Values
    excess: Values
    of_slot: Values
    of_day: Values

    @property
    def slots(self) -> int:
        """Places in a day."""
        return int(self.of_slot.shape[1])

    @property
    def days(self) -> int:
        """How many days there are."""
        return len(self.of_day)

    def limits(self, rows: Ticks | int, places: Ticks) -> Values:
        """Return the limits at places of rows, which broadcast against each other."""
        limits: Values = self.of_slot[rows, places % self.slots] * self.of_day[places // self.slots]
        return limits


def find_unexplained(days: LocalDays, *, hindsight: bool) -> Unexplained:
    """Return what the season does not explain in a panel's days.

    Without `hindsight`, what is said of a sample in the newer half depends on nothing after it.
    """
    # Without hindsight noise is learned from the older half: no forecast made in the newer one may know more.
    known = days.count if hindsight else max(2, len(days.places) // 2 // days.slots)
    of_slot = np.maximum(NOISES * _noise(days.values[:, :known]), SMALLEST)
    of_day = _doubts(days.count, hindsight=hindsight)
    excess = _beyond_neighbours(days.values, hindsight=hindsight)
    excess /= of_slot[:, None, :]
    excess /= of_day[:, None]
    values = days.end_to_end()
    return Unexplained(values, excess.reshape(values.shape), of_slot, of_day)


def _noise(values: Values) -> Values:
    """Return the noise of each slot (series, slots) of values (series, days, slots)."""
    series, days, slots = values.shape
    hours = math.gcd(slots, HOURS_OF_A_DAY)  # steps of 45 minutes make eighths of a day
    looks = values.reshape(series, days, hours, -1)
    looks = looks[..., :: max(1, looks.shape[3] // LOOKS_AN_HOUR)]
    by_lag = []
    for lag in (lag for lag in (1, DAYS_OF_A_WEEK) if lag < days):
        differences = np.moveaxis(np.abs(looks[:, lag:] - looks[:, :-lag]), 2, 1).reshape(series, hours, -1)
        by_lag.append(quantile_of_known(differences, QUIET_SHARE) / (QUIET_QUANTILE * math.sqrt(2)))
    noise = np.nan_to_num(np.fmin.reduce(by_lag)) if by_lag else np.zeros((series, hours))
    wide = np.maximum(noise, np.maximum(np.roll(noise, 1, axis=1), np.roll(noise, -1, axis=1)))
    return np.repeat(wide, slots // hours, axis=1)


def _doubts(days: int, *, hindsight: bool) -> Values:
    """Return the factor of the limits on each of so many days, (days,)."""
    day = np.arange(days)
    has_week = (day >= DAYS_OF_A_WEEK) | (hindsight & (day < _first_week(days)))
    return np.where(has_week, 1.0, DOUBT if hindsight else np.inf)


def _first_week(days: int) -> int:
    """Return how many days have no week before them, but one after."""
    return max(0, min(DAYS_OF_A_WEEK, days - DAYS_OF_A_WEEK))


def _beyond_neighbours(values: Values, *, hindsight: bool) -> Values:
    """Return how far each of values (series, days, slots) lies outside its neighbours; 0 where it has none."""
    days = values.shape[1]
    after = _first_week(days) if hindsight else 0
    beyond = np.empty_like(values)
    for first, last, lags in ((0, after, -NEIGHBOURS), (after, days, NEIGHBOURS)):
        samples = values[:, first:last]
        low, high = np.full_like(samples, np.inf), np.full_like(samples, -np.inf)
        for lag in lags.tolist():
            begin, end = max(first, lag), min(last, days + lag)
            if begin < end:
                there, here = values[:, begin - lag : end - lag], np.s_[:, begin - first : end - first]
                np.fmin(low[here], there, out=low[here])
                np.fmax(high[here], there, out=high[here])
        # Without neighbours this is infinitely far from nothing.
        np.subtract(samples, np.clip(samples, low, high, out=low), out=beyond[:, first:last])
    return np.nan_to_num(beyond, copy=False, posinf=0.0, neginf=0.0)
