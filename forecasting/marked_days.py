"""Marked days: how a public holiday differs from the ordinary day it would have been.

occasions.py says which days are marked; that ordinary days do not learn from them is the business of whoever fits.

All in log space and by hour h of the local day. A marked day i of the past deviates by x[i, h] from the median of its
weekday over the four weeks before and after it, and g[i, h] is by how much a Sunday did. A marked day to come, on whose
weekday a Sunday differs by g[h], is expected to deviate by

    d = a * g + r + s
    a = (sum_i <g[i] * x[i]> + E / 2) / (sum_i <g[i] * g[i]> + E / 2)   how much of a Sunday marked days are
    r = p * sum_i (x[i] - a * g[i]) / n                                what all n of them have besides
    s = sum_j (x[j] - a * g[j] - r) / (m + 2)                          what the m days of its own name have besides

where <> is the mean over the hours within four of h, because a noon may be more like a Sunday's than a night is, and E
the mean of g ** 2 over the working week: without a past, it is a Sunday. a is a ridge towards 1 (Hoerl and Kennard,
Ridge Regression, 1970), s the shrunk mean of a random effect (Robinson, That BLUP Is a Good Thing, 1991), and p what is
left of a mean when what chance makes of so many days is taken away: 1 - its variance / its square, or nothing (James
and Stein, Estimation with Quadratic Loss, 1961). A single day proves nothing of all. In g[h], too, the weekdays
that a Sunday is compared with are drawn towards all of the working week by as much as chance may have put between them.
How unsure d is rests on what a and r left open in the past, and on g itself as if that had been left open once: that
it is a Sunday at all is a guess until marked days were seen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from statistics import NormalDist

import numpy as np

from forecasting.occasions import Calendar, MarkedDay
from forecasting.seasons import HOUR, Steps, Ticks, local_steps, median_season
from forecasting.series import Series, Values

HOURS = 24
DAYS_OF_WEEK, WORKING_DAYS, SUNDAY = 7, 5, 6
FIRST_MONDAY = date(1970, 1, 5)  # where local hours are counted from

WEEKS_AROUND = 4  # before and after: the median of eight days is what was usual then
HOURS_SMOOTHED = 3  # a single hour of a single day is noise
HOURS_ALIKE = 9  # in how much of a Sunday they are
FEWEST_HOURS = 20  # of a past day that must be known: half a day does not show the other half
FEWEST_TO_PROVE = 2  # days: a single one does not show how much is chance
MOST_REMEMBERED = 40  # past marked days: some three years of them, 48 numbers each

# How many days' worth of doubt is in each part, chosen on the first 60 % of three traces.
DOUBT_OF_SUNDAY, DOUBT_OF_NAME = 0.5, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class PastDay:
    """A marked day that was seen: by how much it (24,), and by how much a Sunday (24,), deviated from its weekday."""

    day: MarkedDay
    deviation: Values
    sunday: Values


@dataclass(frozen=True, eq=False)
class MarkedDays:
    """What is known of a series' marked days, all in log space: small, picklable, never changed.

    `sundays` (7, 24) is by how much a Sunday differs from each weekday now; `past` holds marked days, oldest first.
    """

    sundays: Values
    past: tuple[PastDay, ...]

    def deviations(self, steps: Steps, calendar: Calendar) -> Values:
        """Return by how much each step is expected to deviate from an ordinary day's, shape (n,); 0 unless marked."""
        return _laid_out(self._expected, steps, calendar)

    def doubts(self, steps: Steps, calendar: Calendar) -> Values:
        """Return the standard deviation of what `deviations` says, shape (n,); 0 unless marked."""
        return _laid_out(self._doubt, steps, calendar)

    def _expected(self, day: MarkedDay) -> Values:
        same = [_left(each, self._share, self._besides) for each in self.past if each.day.name == day.name]
        own = sum(same, np.zeros(HOURS)) / (len(same) + DOUBT_OF_NAME)
        expected: Values = self._share * self.sundays[day.date.weekday()] + self._besides + own
        return expected

    def _doubt(self, day: MarkedDay) -> Values:
        left = [_left(each, self._share, self._besides) for each in self.past]
        doubt: Values = np.sqrt(np.mean(np.square([self.sundays[day.date.weekday()], *left]), axis=0))
        return doubt

    @cached_property
    def _share(self) -> Values:
        """How much of a Sunday marked days are, (24,)."""
        doubt = DOUBT_OF_SUNDAY * np.mean(self.sundays[:WORKING_DAYS] ** 2)
        alike = _around(sum((each.sunday * each.deviation for each in self.past), np.zeros(HOURS))) + doubt
        squares = _around(sum((each.sunday**2 for each in self.past), np.zeros(HOURS))) + doubt
        return np.divide(alike, squares, out=np.ones(HOURS), where=squares > 0)

    @cached_property
    def _besides(self) -> Values:
        """What all marked days have besides, (24,)."""
        if len(self.past) < FEWEST_TO_PROVE:
            return np.zeros(HOURS)
        left = np.stack([_left(each, self._share, np.zeros(HOURS)) for each in self.past])
        mean: Values = left.mean(axis=0)
        return _proven(np.mean(mean**2), _variance_of_mean(left, mean)) * mean


NO_MARKED_DAYS = MarkedDays(np.zeros((DAYS_OF_WEEK, HOURS)), ())


def learn_marked_days(history: Series, calendar: Calendar, remembered: MarkedDays = NO_MARKED_DAYS) -> MarkedDays:
    """Return what a history, however long, teaches about the calendar's marked days.

    What was `remembered` of them from longer ago than the history reaches stays known. They are compared with the
    ordinary days around them, events left out.
    """
    if not calendar.marked_days:
        return NO_MARKED_DAYS
    days = _days_of(history, calendar)
    past = {each.day: each for each in remembered.past if each.day in calendar.marked_days}
    past |= {day: seen for day in calendar.marked_days if (seen := days.look_at(day)) is not None}
    newest = sorted(past.values(), key=lambda each: each.day)[-MOST_REMEMBERED:]
    return MarkedDays(days.sundays(), tuple(newest))


@dataclass(frozen=True, slots=True, eq=False)
class _Days:
    """Hourly mean log values by local day (days, 24), NaN where unknown: all of them, and those of ordinary days."""

    first: date
    all: Values
    ordinary: Values

    def look_at(self, day: MarkedDay) -> PastDay | None:
        """Return how a marked day deviated; None where too little is known of it or of the days around it."""
        row = (day.date - self.first).days
        if not 0 <= row < len(self.all):
            return None
        usual = self._usual(row)
        deviation = self.all[row] - usual
        known = ~np.isnan(deviation)
        if known.sum() < FEWEST_HOURS:
            return None
        # A clock that springs forward leaves an hour out, and samples may be missing.
        filled = np.interp(np.arange(HOURS), np.flatnonzero(known), deviation[known])
        sunday = self._usual(row + SUNDAY - day.date.weekday()) - usual
        return PastDay(day, _smooth(filled), _smooth(np.nan_to_num(sunday)))

    def sundays(self) -> Values:
        """Return by how much a Sunday differs from each weekday over the last weeks, (7, 24); 0 where unknown."""
        end = self.first + timedelta(days=len(self.all))
        ahead = [(weekday - end.weekday()) % DAYS_OF_WEEK for weekday in range(DAYS_OF_WEEK)]
        days = [self._alike(len(self.all) + each) for each in ahead]
        week = np.stack([_median(each) for each in days])
        week[:WORKING_DAYS] = _pooled(week[:WORKING_DAYS], days[:WORKING_DAYS])
        return _smooth(np.nan_to_num(week[SUNDAY] - week))

    def _usual(self, row: int) -> Values:
        """Return the median of the ordinary days whole weeks away from a row, (24,); NaN where there are none."""
        return _median(self._alike(row))

    def _alike(self, row: int) -> Values:
        """Return the days whole weeks away from a row, (days, 24), NaN where they are not ordinary."""
        rows = row + DAYS_OF_WEEK * np.arange(-WEEKS_AROUND, WEEKS_AROUND + 1)
        return self.ordinary[rows[(rows >= 0) & (rows < len(self.ordinary))]]


def _days_of(history: Series, calendar: Calendar) -> _Days:
    """Return the hourly means of a history's local days."""
    seconds = history.step.total_seconds()
    steps = local_steps(history.start.timestamp(), seconds, len(history), calendar.zone)
    logs = np.where(calendar.touched(steps.begins, seconds), np.nan, np.log1p(history.values))
    hours = np.floor_divide(steps.ticks * seconds, HOUR).astype(np.int64)
    first = int(hours[0]) // HOURS
    days = int(hours[-1]) // HOURS - first + 1
    marked = calendar.marked(steps.begins, seconds) >= 0
    return _Days(
        first=FIRST_MONDAY + timedelta(days=first),
        all=_means(logs, hours - first * HOURS, days),
        ordinary=_means(np.where(marked, np.nan, logs), hours - first * HOURS, days),
    )


def _means(logs: Values, hours: Ticks, days: int) -> Values:
    """Return the mean of what is known in each hour, (days, 24); NaN where nothing is."""
    known = ~np.isnan(logs)
    counts = np.bincount(hours[known], minlength=days * HOURS)
    sums = np.bincount(hours[known], weights=logs[known], minlength=days * HOURS)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(days, HOURS)


def _left(seen: PastDay, share: Values, besides: Values) -> Values:
    """Return what a share of a Sunday, and what marked days have besides, leave open of a past day."""
    left: Values = seen.deviation - share * seen.sunday - besides
    return left


def _median(days: Values) -> Values:
    """Return the median of days (n, 24) by hour, (24,); NaN where nothing is known."""
    if not days.size:
        return np.full(HOURS, np.nan)
    median: Values = median_season(days.reshape(1, -1), np.arange(days.size), HOURS)[0]
    return median


def _pooled(usual: Values, days: Sequence[Values]) -> Values:
    """Return what is usual on weekdays (n, 24) drawn towards all of them by how much chance there is in their days."""
    if np.isnan(usual).any():  # a weekday that was hardly ever seen
        return usual
    chance = float(np.mean([_variance_of_mean(each, own) for each, own in zip(days, usual, strict=True)]))
    middle = usual.mean(axis=0)
    pooled: Values = middle + _proven(np.mean(np.var(usual, axis=0, ddof=1)), chance) * (usual - middle)
    return pooled


def _variance_of_mean(days: Values, mean: Values) -> float:
    """Return the variance of the mean of days (n, 24), averaged over its hours; 0 where a day stands alone."""
    left = days[~np.isnan(days).all(axis=1)] - mean
    freedom = np.count_nonzero(~np.isnan(left)) - HOURS
    return float(np.nansum(left**2) / freedom / len(left)) if freedom > 0 else 0.0


def _proven(square: float | np.floating, variance: float) -> float:
    """Return the share of an estimate, of such a mean square, that is left when its variance is taken away."""
    return max(0.0, 1.0 - variance / float(square)) if square > 0 else 0.0


def _around(hours: Values) -> Values:
    """Return the mean of the hours that are alike, around each hour of a day, (24,)."""
    window = np.ones(HOURS_ALIKE)
    mean: Values = np.convolve(hours, window, "same") / np.convolve(np.ones(HOURS), window, "same")
    return mean


def _smooth(hours: Values) -> Values:
    """Return the running mean of the hours of a day along the last axis, its ends held."""
    half = HOURS_SMOOTHED // 2
    edges = [(0, 0)] * (hours.ndim - 1) + [(half, half)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(hours, edges, mode="edge"), HOURS_SMOOTHED, axis=-1)
    smoothed: Values = windows.mean(axis=-1)
    return smoothed


def _laid_out(of_day: Callable[[MarkedDay], Values], steps: Steps, calendar: Calendar) -> Values:
    """Return what is known of each marked day's hours (24,) at its steps, 0 at the others, shape (n,)."""
    laid_out = np.zeros(len(steps))
    if not calendar.marked_days:
        return laid_out
    positions = calendar.marked(steps.begins, steps.seconds)
    middles = (steps.ticks % steps.per_day + 0.5) * (steps.seconds / HOUR)
    for position in np.unique(positions[positions >= 0]):
        inside = positions == position
        hours = of_day(calendar.marked_days[position])
        laid_out[inside] = np.interp(middles[inside], np.arange(HOURS) + 0.5, hours)
    return laid_out


def widened(offsets: Values, levels: Iterable[float], roots: Values, doubts: Values) -> Values:
    """Return bounds' offsets (levels, n) of square roots (n,) moved further out by doubts (n,) in log space.

    Standard deviations of independent errors add up as squares do: a level z standard deviations out moves to the
    hypotenuse of its offset and of what the doubt alone would move it by.
    """
    if not doubts.any():
        return offsets
    z = np.array([NormalDist().inv_cdf(level) for level in levels])[:, None]
    alone = roots * np.expm1(z * doubts / 2)  # half a logarithm's change is a square root's
    further: Values = np.sign(z) * (np.hypot(offsets, alone) - np.abs(offsets))
    return offsets + further
