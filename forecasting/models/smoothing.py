"""Double-seasonal exponential smoothing: a level, a usual day and a usual week that follow what comes.

Source: Taylor, Short-term electricity demand forecasting using double seasonal exponential smoothing, Journal of the
Operational Research Society 54, 2003, in its additive form. On hourly means z of log(1 + y), with hour t in slot d of
the day and slot w of the week:

    left[t]     = z[t] - day[d] - week[w]
    surprise[t] = left[t] - level[t - 1]
    level[t]    = level[t - 1] + alpha * surprise[t]
    day[d]     += delta * surprise[t]
    week[w]    += omega * surprise[t]

All CONSTANTS run at once, each judged by its squared errors half a day ahead, older ones lighter:

    squares[t] = 0.5 ** (1 / half-life) * squares[t - 1] + (left[t] - level[t - 12]) ** 2

One counts by squares ** -16: nearly the best alone, without a jump between two that are as good. Taylor's AR(1) on
errors an hour ahead is replaced by that of persistence.py on errors a day ahead, as a pattern serves for a day. Below
two weeks of history there is no week.
"""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np

from forecasting.models.hourly_path import HOURS_OF_DAY, HOURS_OF_WEEK, HourlyPath, LearnedPath, fit_hours
from forecasting.models.persistence import LONGEST_PERSISTENCE
from forecasting.panel import Panel
from forecasting.series import Values

LEVEL_CONSTANTS = (0.003, 0.05, 0.3)
SEASON_CONSTANTS = ((0.03, 0.1), (0.05, 0.4), (0.2, 0.4), (0.4, 0.2))  # of the day and of the week
# How much of the first week's deviations from its usual day is believed: all of it, or what noise leaves.
FIRST_WEEKS = (1.0, 0.2)
CONSTANTS = np.array(
    [
        (level, *season, believed)
        for level, season, believed in itertools.product(LEVEL_CONSTANTS, SEASON_CONSTANTS, FIRST_WEEKS)
    ]
)
SHORTEST_WEEKLY = 2 * HOURS_OF_WEEK
JUDGED_LEAD = 12  # hours; an hour ahead the constants that follow every noise would win
HALF_LIFE = 7 * HOURS_OF_DAY  # hours, of the errors that judge
KEPT = 0.5 ** (1 / HALF_LIFE)
POWER = 16


class DoubleSeasonal:
    """A level with a day, and with a week from two weeks of history on."""

    name = "smoothing"
    needs = timedelta(days=1)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[HourlyPath, ...]:
        """Go through the hours once, and keep what is known at each position."""
        return fit_hours(panel, positions, _learn)


def _learn(means: Values, ends: Sequence[int]) -> Iterator[LearnedPath]:
    """Yield what the hours before each of the rising ends teach."""
    hours = np.ascontiguousarray(means.T)
    for weekly, group in itertools.groupby(ends, lambda end: end >= SHORTEST_WEEKLY):
        learned = HOURS_OF_WEEK if weekly else HOURS_OF_DAY
        recursion = _Recursion.after(hours[:learned])
        for end in group:
            recursion.take(hours[learned:end])
            learned = end
            yield recursion.path()


@dataclass(slots=True, eq=False)
class _Recursion:
    """The states of all constants and series after so many `hours`; a state is (constants, series).

    `seasons` are a day and perhaps a week of states. `levels` and `surprises` are those of the last day, oldest first.
    `squares` judge the constants; `day_squares` and `day_products` are of errors a day ahead, the newest `day_error`.
    """

    hours: int
    level: Values
    seasons: tuple[Values, ...]
    levels: deque[Values]
    surprises: deque[Values]
    squares: Values
    day_squares: Values
    day_products: Values
    day_error: Values

    @classmethod
    def after(cls, first: Values) -> Self:
        """Return the states after the first day or week of hours (hours, series)."""
        mean = first.mean(axis=0)
        days = (first - mean).reshape(-1, HOURS_OF_DAY, first.shape[1])
        day = days.mean(axis=0)
        level, usual_day = _for_each_constant(mean), _for_each_constant(day)
        seasons = [usual_day]
        if len(days) > 1:
            week = _for_each_constant((days - day).reshape(first.shape))
            seasons.append(week * CONSTANTS[:, 3:])
        zeros = (np.zeros_like(level) for _ in range(4))
        return cls(len(first), level, tuple(seasons), deque([level], HOURS_OF_DAY), deque(maxlen=HOURS_OF_DAY), *zeros)

    def take(self, hours: Values) -> None:
        """Take in the hours (hours, series) that come next."""
        alpha, *gains = CONSTANTS.T[:3, :, None]
        for hour in hours:
            left = hour
            for season in self.seasons:
                left = left - season[self.hours % len(season)]
            self._judge(left)
            surprise = left - self.level
            self.level = self.level + alpha * surprise
            for season, gain in zip(self.seasons, gains, strict=False):
                season[self.hours % len(season)] += gain * surprise
            self.levels.append(self.level)
            self.surprises.append(surprise)
            self.hours += 1

    def _judge(self, left: Values) -> None:
        """Note how far off earlier levels were."""
        if len(self.levels) >= JUDGED_LEAD:
            self.squares *= KEPT
            self.squares += (left - self.levels[-JUDGED_LEAD]) ** 2
        if len(self.levels) == HOURS_OF_DAY:
            error = left - self.levels[0]
            self.day_squares *= KEPT
            self.day_squares += error**2
            self.day_products *= KEPT
            self.day_products += error * self.day_error
            self.day_error = error

    def path(self) -> LearnedPath:
        """Return the last day as it was expected and the next week as it is, and how long errors last."""
        weights = self._weights()
        hours = np.arange(self.hours - HOURS_OF_DAY, self.hours + HOURS_OF_WEEK)
        path = np.sum(weights * self.level, axis=0)[:, None]
        for season in self.seasons:
            path = path + np.einsum("hks,ks->sh", season, weights)[:, hours % len(season)]
        gains = weights * CONSTANTS[:, 1 : 1 + len(self.seasons)].sum(axis=1, keepdims=True)
        for ago, surprise in enumerate(reversed(self.surprises), start=1):
            path[:, HOURS_OF_DAY - ago] -= np.sum(gains * surprise, axis=0)
        phi = self.day_products / np.where(self.day_squares > 0, self.day_squares, 1.0)
        return LearnedPath(path, np.sum(weights * np.clip(phi, 0.0, LONGEST_PERSISTENCE), axis=0))

    def _weights(self) -> Values:
        """Return the share of each constant, (constants, series); those that were never wrong share all."""
        wrong = self.squares > 0
        powers = np.where(wrong, self.squares.min(axis=0) / np.where(wrong, self.squares, 1.0), 1.0) ** POWER
        shares: Values = powers / powers.sum(axis=0)
        return shares


def _for_each_constant(states: Values) -> Values:
    """Return states (..., series) once for each constant, (..., constants, series)."""
    return np.repeat(states[..., None, :], len(CONSTANTS), axis=-2)
