"""Panel: many series on one grid, in log space. Members learn from panels; one series is a panel of one row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.occasions import Calendar
from forecasting.seasons import Steps, local_steps
from forecasting.series import Series, Values

HIGHEST_GROWTH = 3.0  # exp() makes nonsense of a bad extrapolation; more than this has to be measured first


@dataclass(frozen=True, slots=True)
class Panel:
    """Samples z = log(1 + y) of many series on one grid, shape (series, n); NaN is a missing sample."""

    steps: Steps
    logs: Values

    def __len__(self) -> int:
        return len(self.steps)

    def rows(self, chosen: Sequence[int]) -> "Panel":
        """Return some of the series."""
        return self if len(chosen) == len(self.logs) else Panel(self.steps, self.logs[chosen])

    def before(self, position: int) -> "Panel":
        """Return what was known when the step at `position` began."""
        return Panel(self.steps.part(0, position), self.logs[:, :position])

    def last(self, count: int) -> "Panel":
        """Return the newest `count` steps, or all where there are fewer."""
        first = max(0, len(self) - count)
        return Panel(self.steps.part(first, len(self)), self.logs[:, first:])


def panel_of(series: Sequence[Series], calendar: Calendar) -> Panel:
    """Return series that share start, step and length as a panel, with what its calendar calls unusual taken out."""
    begin, seconds = series[0].start.timestamp(), series[0].step.total_seconds()
    steps = local_steps(begin, seconds, len(series[0]), calendar.zone)
    logs = np.log1p(np.stack([each.values for each in series]))
    logs[:, calendar.unusual(steps.begins, seconds)] = np.nan
    return Panel(steps, logs)


def ceiling_of(panel: Panel) -> Values:
    """Return the largest log value (series, 1) a forecast may take: no forecast exceeds 3 times the largest sample."""
    ceiling: Values = np.log1p(HIGHEST_GROWTH * np.expm1(np.nanmax(panel.logs, axis=1, keepdims=True)))
    return ceiling


def demand_of(logs: Values, ceiling: Values) -> Values:
    """Return log values as demand, at least 0 and capped; `ceiling` broadcasts against `logs`."""
    demand: Values = np.expm1(np.minimum(np.maximum(logs, 0.0), ceiling))  # twice as fast as clip on short arrays
    return demand
