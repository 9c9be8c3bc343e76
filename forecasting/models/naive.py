"""Naive forecasts: the newest value seen, and the newest season repeated. The yardsticks, and members themselves.

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 5.2. With m steps in a season

    last value      y[T + h] = y[T]
    seasonal naive  y[T + h] = y[T + h - m * ceil(h / m)]

Seasons are those of the local clock: a slot takes the newest sample seen at the same time of its day or week, so that a
clock change moves the pattern with the people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

import numpy as np

from forecasting.panel import Panel
from forecasting.seasons import Steps, newest
from forecasting.series import Values


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """The newest sample of each slot of a season, (series, slots), repeated for ever from the local tick `until` on.

    Of the day before it, `before` (series, steps) is what was expected of each step before it came.
    """

    table: Values
    until: int
    before: Values

    @property
    def persistence(self) -> Values:
        """Nothing is carried forward: naive forecasts know only what was."""
        return np.zeros(len(self.table))

    @property
    def layout(self) -> tuple[int, ...]:
        """Its slots, and the tick its past ends at."""
        return self.table.shape[1], self.until

    def pattern(self, steps: Steps) -> Values:
        """Return the newest sample of each step's slot, older ones for the day that the newest came from."""
        pattern = self.table[:, steps.ticks % self.table.shape[1]]
        if not self.before.shape[1]:
            return pattern
        ago = self.until - steps.ticks
        known = (ago > 0) & (ago <= self.before.shape[1])
        if known.any():
            pattern[:, known] = self.before[:, -ago[known]]
        return pattern

    def absorb(self, fresh: Panel) -> Self:
        """Return the season with newer samples in their slots."""
        table = self.table.copy()
        rows, steps = np.nonzero(~np.isnan(fresh.logs))
        # Of repeated indices numpy keeps the last assignment, which is the newest sample.
        table[rows, fresh.steps.ticks[steps] % table.shape[1]] = fresh.logs[rows, steps]
        return replace(self, table=table)

    def select(self, row: int) -> Self:
        """Return one of the series for steps to come: what was expected of past ones is left behind."""
        return type(self)(self.table[row : row + 1].copy(), self.until, self.before[:1, :0].copy())


class LastValue:
    """The newest value, held: all there is while the history is shorter than a day."""

    name = "last_value"
    needs = timedelta(0)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[Repeated, ...]:
        """Hold the newest sample."""
        pasts = [panel.before(position) for position in positions]
        return tuple(_repeated(past, past.logs[:, -1:]) for past in pasts)


class DayNaive:
    """The last day, repeated."""

    name = "day_naive"
    needs = timedelta(days=1)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[Repeated, ...]:
        """Keep the newest sample of each slot of the day; a slot the clock left out takes the newest sample of all."""
        pasts = [panel.before(position) for position in positions]
        return tuple(_repeated(past, _newest_day(past)) for past in pasts)


class WeekNaive:
    """The last week, repeated; slots of the week that were never seen take the last day's."""

    name = "week_naive"
    needs = timedelta(days=7)  # one copy of each weekday; from rolling origins its weight learns what it is worth

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[Repeated, ...]:
        """Keep the newest sample of each slot of the week."""
        pasts = [panel.before(position) for position in positions]
        return tuple(_repeated(past, _newest_week(past)) for past in pasts)


def _repeated(past: Panel, table: Values) -> Repeated:
    """Return a season's table with what was expected of the last day, if there is a season before it."""
    ticks, season = past.steps.ticks, table.shape[1]
    until = int(ticks[-1]) + 1
    last_day = np.arange(until - past.steps.per_day, until)
    before = past.logs[:, :0]
    if season > 1 and last_day[0] - season >= ticks[0]:
        before = past.logs[:, np.searchsorted(ticks, last_day - season)]
    return Repeated(table, until, before)


def _newest_day(past: Panel) -> Values:
    # A day of 25 hours and the slots that a day of 23 left out are covered by two days.
    recent = past.last(2 * past.steps.per_day)
    table = newest(recent.logs, recent.steps.ticks, past.steps.per_day)
    return np.where(np.isnan(table), past.logs[:, -1:], table)


def _newest_week(past: Panel) -> Values:
    recent = past.last(2 * past.steps.per_week)
    table = newest(recent.logs, recent.steps.ticks, past.steps.per_week)
    return np.where(np.isnan(table), np.tile(_newest_day(past), 7), table)
