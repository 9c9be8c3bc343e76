"""Level shifts in a history: found where a load has lasted at a new level, and older samples brought to it.

On hourly means z of log(1 + y), a shift at s stands out in D[t] = z[t] - z[t - week] as a step that lasts for a week.
A day is outside where the median of its hours lies beyond the same hours of all of the last three weeks; s is where D
changes most around the first of such days. Up, a day at the new level is enough to believe it; down, two are asked
for: a drop is an outage until proven otherwise. What came before is multiplied, so that its shape goes on teaching:

    y'[t] = y[t] * exp(median of D over the week after s),  t < s
"""

import math
from dataclasses import dataclass

import numpy as np

from forecasting.panel import Panel
from forecasting.robust import median_of_known
from forecasting.seasons import DAY, HOUR, WEEK
from forecasting.series import Values

A_DAY, A_WEEK = round(DAY / HOUR), round(WEEK / HOUR)  # hours
WEEKS = 3
STANDS_UP, STANDS_DOWN = A_DAY, 2 * A_DAY  # hours that a level must have lasted
SMALLEST = math.log(1.16)  # members follow smaller ones in time
NOISES = 4.0  # standard deviations of how much days differ from the week before
NORMAL_MAD = 0.6745  # the normal law: half of all samples stay below so many standard deviations
FEWEST_DAYS = 3  # to know how much days differ
STEADY = 0.4  # of its size: what may be there before a shift, lack at its begin or end, or be taken back after its week


@dataclass(frozen=True, slots=True)
class Shift:
    """A lasting change of level at a panel's step `position`: demand is `factor` times what it was before."""

    position: int
    factor: float


def find_shifts(panel: Panel) -> tuple[Shift | None, ...]:
    """Return the newest shift of each row, if there is one; nine days of history are needed for any."""
    hours = _hourly_means(panel)
    if hours.shape[1] < A_WEEK + 2 * A_DAY:
        return (None,) * len(hours)
    differences = np.full_like(hours, np.nan)
    differences[:, A_WEEK:] = hours[:, A_WEEK:] - hours[:, :-A_WEEK]
    outside = _median_of_days(_beyond_the_weeks_before(hours))
    differ = _median_of_days(differences)
    shifts: list[Shift | None] = [None] * len(hours)
    for row in np.flatnonzero((np.abs(outside) > SMALLEST).any(axis=1)):
        hour, size = _newest_step(differences[row], outside[row], differ[row])
        if size:
            first = len(panel) - hours.shape[1] * panel.steps.per_hour
            shifts[row] = Shift(first + hour * panel.steps.per_hour, math.exp(size))
    return tuple(shifts)


def at_the_newest_level(panel: Panel, shifts: tuple[Shift | None, ...]) -> Panel:
    """Return a panel whose samples before a shift are multiplied by its factor."""
    if not any(shifts):
        return panel
    logs = panel.logs.copy()
    for row, shift in enumerate(shifts):
        if shift:
            logs[row, : shift.position] = np.log1p(np.expm1(logs[row, : shift.position]) * shift.factor)
    return Panel(panel.steps, logs)


def _hourly_means(panel: Panel) -> Values:
    """Return the means of what is known of each hour counted back from the end, (series, hours); NaN of nothing."""
    per_hour = panel.steps.per_hour
    count = len(panel) // per_hour
    hours = panel.logs[:, len(panel) - count * per_hour :].reshape(len(panel.logs), count, per_hour)
    known = ~np.isnan(hours)
    if known.all():
        return np.asarray(hours.mean(axis=2))
    counts = known.sum(axis=2)
    means: Values = np.where(known, hours, 0.0).sum(axis=2) / np.where(counts > 0, counts, np.nan)
    return means


def _beyond_the_weeks_before(hours: Values) -> Values:
    """Return how far each hour lies outside the same hours of the weeks before; NaN where there are none."""
    low, high = np.full_like(hours, np.nan), np.full_like(hours, np.nan)
    for lag in range(A_WEEK, min(WEEKS * A_WEEK + 1, hours.shape[1]), A_WEEK):
        low[:, lag:] = np.fmin(low[:, lag:], hours[:, :-lag])
        high[:, lag:] = np.fmax(high[:, lag:], hours[:, :-lag])
    return hours - np.clip(hours, low, high)


def _median_of_days(hours: Values) -> Values:
    """Return the median of each day counted back from the end, (series, days)."""
    days = hours.shape[1] // A_DAY
    return median_of_known(hours[:, hours.shape[1] - days * A_DAY :].reshape(len(hours), days, A_DAY))


def _newest_step(differences: Values, outside: Values, differ: Values) -> tuple[int, float]:
    """Return the hour and the size of a row's newest shift; a size of 0 is none.

    `differences` (hours,) are those from the week before, `differ` (days,) their medians; `outside` (days,) says how
    far days lie outside of the weeks before.
    """
    odd = np.where(np.abs(outside) > SMALLEST, np.sign(outside), 0.0)
    usual = differ[(odd == 0) & ~np.isnan(differ)]
    if len(usual) >= FEWEST_DAYS:
        smallest = max(SMALLEST, NOISES * float(np.median(np.abs(usual))) / NORMAL_MAD)
        begins = (odd != 0) & (odd != np.concatenate([[0.0], odd[:-1]]))
        begins &= np.maximum(np.abs(differ), np.abs(np.append(differ[1:], 0.0))) > smallest
        for day in np.flatnonzero(begins)[::-1].tolist():
            around = len(differences) - (len(odd) - day) * A_DAY
            hour = _greatest_rise(differences * odd[day], around)
            size = _size(differences, hour) if hour else 0.0
            if abs(size) > smallest:
                return hour, size
    return 0, 0.0


def _greatest_rise(differences: Values, around: int) -> int:
    """Return the hour within a day of `around` where the day after exceeds the day before most; 0 if none can be."""
    first, last = max(A_WEEK + A_DAY, around - A_DAY), min(len(differences) - STANDS_UP, around + A_DAY)
    if first > last:
        return 0
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(differences))])
    hours = np.arange(first, last + 1)
    rise = sums[hours + A_DAY] - 2 * sums[hours] + sums[hours - A_DAY]
    return int(hours[np.argmax(rise)])


def _size(differences: Values, hour: int) -> float:
    """Return the size of a shift at an hour in log space; 0 where it did not last long enough or is not steady."""
    after = differences[hour : hour + A_WEEK]
    size = float(median_of_known(after))
    stands = STANDS_UP if size > 0 else STANDS_DOWN
    others = (
        float(median_of_known(differences[hour - A_DAY : hour])),
        float(median_of_known(after[: A_DAY // 4])) - size,
        float(median_of_known(after[-A_DAY:])) - size,
        float(median_of_known(differences[hour + A_WEEK : hour + A_WEEK + STANDS_DOWN])),
    )
    steady = all(math.isnan(each) or abs(each) <= STEADY * abs(size) for each in others)
    return size if steady and len(after) >= stands and not math.isnan(size) else 0.0
