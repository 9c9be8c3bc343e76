"""What members that learn from hourly means share: the hours they see, and the path of hours they leave behind.

They see means over hours of the local clock, counted back from an origin, so that a season is 24 or 168 hours even
where the clock changes. On finer grids a line is drawn from the middle of each hour to that of the next, and the usual
deviation from that line in the last week, by slot of the day, is put back. How the hours to come follow from those seen
is each member's own business.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np

from forecasting.panel import Panel
from forecasting.seasons import Steps, Ticks, hourly
from forecasting.series import Values

HOURS_OF_DAY, HOURS_OF_WEEK = 24, 168
DAYS_OF_SHAPE = 7
FEWEST_TO_TRIM = 3  # days: of two the extremes are all there is
KEPT_PLACES = 16  # those of the steps that are asked for again with every sample


class LearnedPath(NamedTuple):
    """What hourly means teach: log values `hours` (series, 24 + 168), and the `persistence` (series,) of deviations.

    The hours are the day before the origin, as it was to be expected, and the week from the origin on.
    """

    hours: Values
    persistence: Values


class _Places(NamedTuple):
    """Where steps lie on the line through a path's hours: between which two, and how far from the first, (n,)."""

    low: Ticks
    high: Ticks
    share: Values


# From hourly means (series, hours) and rising counts of hours: what the first so many teach, for each count.
LearnHours = Callable[[Values, Sequence[int]], Iterable[LearnedPath]]


@dataclass(frozen=True, slots=True, eq=False)
class HourlyPath:
    """A path of log values around an origin, and the shape within its hours.

    `origin` is the tick from which on `hours` (series, 24 + 168) tells the week to come, which then repeats; before it
    stands the day before. `within` (series, slots of a day) is added to every step, by its slot.
    """

    origin: int
    hours: Values
    within: Values
    persistence: Values

    @property
    def layout(self) -> tuple[int, ...]:
        """The tick its path begins at, and its slots."""
        return self.origin, self.within.shape[1]

    def pattern(self, steps: Steps) -> Values:
        """Return the line through the path's hours and the shape around it; before the path its first hour is held."""
        at = _places(self.origin, steps)
        low, high = self.hours[:, at.low], self.hours[:, at.high]
        return low + at.share * (high - low) + self.within[:, steps.slots_of_day]

    def absorb(self, fresh: Panel) -> Self:
        """Return itself: until the next fit newer samples count by how they surprise."""
        del fresh
        return self

    def select(self, row: int) -> Self:
        """Return one of the series."""
        one = slice(row, row + 1)
        return type(self)(self.origin, self.hours[one].copy(), self.within[one].copy(), self.persistence[one].copy())


@lru_cache(maxsize=KEPT_PLACES)
def _places(origin: int, steps: Steps) -> _Places:
    """Return where steps lie on a path from an origin, a tick: the same for all members, series and samples."""
    since = _hours_since(steps.ticks - origin, steps.per_hour)
    before = np.floor(since).astype(np.int64)
    hours = np.array([before, before + 1])
    low, high = HOURS_OF_DAY + np.where(hours < 0, np.maximum(hours, -HOURS_OF_DAY), hours % HOURS_OF_WEEK)
    return _Places(low, high, since - before)


def fit_hours(panel: Panel, positions: Sequence[int], learn: LearnHours) -> tuple[HourlyPath, ...]:
    """Return the path at each rising position of a gapless panel; what lies whole hours apart is learned together."""
    clock, known = on_clock(panel, positions)
    per_hour = clock.steps.per_hour
    fitted: dict[int, HourlyPath] = {}
    for phase in sorted({position % per_hour for position in known}):
        together = sorted({position for position in known if position % per_hour == phase})
        means = hourly(clock.logs[:, : together[-1]], per_hour)
        paths = learn(means, [position // per_hour for position in together])
        for position, path in zip(together, paths, strict=True):
            origin = int(clock.steps.ticks[0]) + position
            fitted[position] = HourlyPath(origin, path.hours, within_hour(clock.before(position)), path.persistence)
    return tuple(fitted[position] for position in known)


def on_clock(panel: Panel, positions: Sequence[int]) -> tuple[Panel, list[int]]:
    """Return the panel with every tick of the local clock once, and where its positions are then.

    Of ticks that the clock showed twice the first counts, and ticks that it skipped hold the sample before them: so
    nothing that came at or after a position moves before it.
    """
    ticks = panel.steps.ticks
    if (np.diff(ticks) == 1).all():
        return panel, list(positions)
    reached = np.maximum.accumulate(ticks) - ticks[0]
    source = np.zeros(reached[-1] + 1, dtype=np.int64)
    source[(ticks - ticks[0])[::-1]] = np.arange(len(ticks))[::-1]  # of repeated indices the last assignment stays
    source = np.maximum.accumulate(source)
    steps = Steps(panel.steps.begin, panel.steps.seconds, ticks[0] + np.arange(len(source)))
    return Panel(steps, panel.logs[:, source]), [int(reached[position - 1]) + 1 for position in positions]


def within_hour(past: Panel) -> Values:
    """Return the deviation from the line through the hours by slot of the day, (series, slots), over the last week.

    Of each slot the highest and the lowest day are left out of the mean: one odd day leaves no trace.
    """
    per_hour, per_day = past.steps.per_hour, past.steps.per_day
    # An hour more on both sides, for the line.
    days = min(DAYS_OF_SHAPE, (len(past) - 2 * per_hour) // per_day)
    if per_hour == 1 or days < 1:
        return np.zeros((len(past.logs), per_day))
    recent = past.last(days * per_day + 2 * per_hour)
    inner = slice(per_hour, -per_hour)
    since = _hours_since(np.arange(len(recent))[inner], per_hour)
    means, before = hourly(recent.logs, per_hour), np.floor(since).astype(np.int64)
    line = means[:, before] + (since - before) * (means[:, before + 1] - means[:, before])
    shape = _trimmed_mean((recent.logs[:, inner] - line).reshape(len(recent.logs), days, per_day))
    return np.roll(shape, int(recent.steps.ticks[per_hour]) % per_day, axis=1)


def _hours_since(steps: Ticks, per_hour: int) -> Values:
    """Return how many hours the middle of each step is after the middle of the hour that begins with step 0."""
    hours: Values = (steps + 0.5) / per_hour - 0.5
    return hours


def _trimmed_mean(days: Values) -> Values:
    """Return the mean over the middle axis, without its extremes where there are enough."""
    if days.shape[1] < FEWEST_TO_TRIM:
        return np.asarray(days.mean(axis=1))
    return np.asarray((days.sum(axis=1) - days.max(axis=1) - days.min(axis=1)) / (days.shape[1] - 2))


def last_day_repeated(means: Values) -> LearnedPath:
    """Return the last day of hourly means (series, hours) as the day before and every day to come.

    A day on which the clock showed an hour twice is an hour short: then its first hour counts for two.
    """
    last_day = means[:, np.maximum(np.arange(-HOURS_OF_DAY, 0), -means.shape[1])]
    return LearnedPath(np.tile(last_day, 1 + HOURS_OF_WEEK // HOURS_OF_DAY), np.zeros(len(means)))
