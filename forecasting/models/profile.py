"""Profile: the usual week, slot by slot, plus the last hour's surprise.

Source: the cycle-subseries of Cleveland et al., STL (Journal of Official Statistics, 1990), with a median in the place
of loess, in log space:

    z[t] = log(1 + y[t])
    pattern[s] = running median over half an hour of median{z[t] : slot(t) = s}

over the last four weeks with slots of the week, or the last seven days with slots of the day while there are fewer
than two weeks. A running median keeps the edges of a scheduled spike, which a mean would wear off; one that is shorter
than half of its window is put back where it stands out on most days of the week. The AR(1) of persistence.py carries
deviations forward.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np

from forecasting.models.persistence import persistence_of
from forecasting.panel import Panel
from forecasting.seasons import HOUR, Steps, hourly, median_season, smooth
from forecasting.series import Values

SMOOTHING = HOUR / 2  # seconds; a slot of one week is noisy, its neighbours say nearly the same
OUTSTANDING = math.log(1.25)  # in log space: a job that adds less than a quarter is noise among neighbours
MOST_DAYS = 5 / 7  # a job of working days comes on five of seven
MOST_SLOTS = 15  # on grids below two minutes: enough against noise, and the cost grows with them


@dataclass(frozen=True, slots=True, eq=False)
class FittedProfile:
    """The usual season (series, slots), and how long a deviation from it lasts (series,)."""

    season: Values
    persistence: Values

    @property
    def layout(self) -> tuple[int, ...]:
        """Its slots."""
        return self.season.shape[1:]

    def pattern(self, steps: Steps) -> Values:
        """Return the usual value of each step's slot."""
        return self.season[:, steps.ticks % self.season.shape[1]]

    def absorb(self, fresh: Panel) -> Self:
        """Return itself: a few samples do not change what is usual."""
        del fresh
        return self

    def select(self, row: int) -> Self:
        """Return one of the series."""
        return type(self)(self.season[row : row + 1].copy(), self.persistence[row : row + 1].copy())


class Profile:
    """The usual week, or the usual day while there are fewer than two weeks."""

    name = "profile"
    needs = timedelta(days=1)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[FittedProfile, ...]:
        """Take the median of each slot, smooth it, and learn how long deviations last."""
        return tuple(_fit(panel.before(position)) for position in positions)


def _fit(past: Panel) -> FittedProfile:
    season = _usual_week(past) if len(past) >= 2 * past.steps.per_week else _usual_day(past)
    learned = past.last(2 * past.steps.per_week)
    expected = season[:, learned.steps.ticks % season.shape[1]]
    return FittedProfile(season, persistence_of(hourly(learned.logs - expected, past.steps.per_hour)))


def _usual_day(past: Panel) -> Values:
    recent = past.last(past.steps.per_week)
    day = median_season(recent.logs, recent.steps.ticks, past.steps.per_day)
    overall = np.median(recent.logs, axis=1, keepdims=True)
    return _smoothed(np.where(np.isnan(day), overall, day), past.steps)


def _usual_week(past: Panel) -> Values:
    recent = past.last(4 * past.steps.per_week)
    week = median_season(recent.logs, recent.steps.ticks, past.steps.per_week)
    gaps = np.isnan(week)
    if gaps.any():
        week = np.where(gaps, np.tile(_usual_day(past), 7), week)
    return _smoothed(week, past.steps)


def _smoothed(season: Values, steps: Steps) -> Values:
    """Return a season as its running median, and upon it what stands out of it day after day."""
    smoothed = smooth(season, _width(steps))
    days = (season - smoothed).reshape(len(season), -1, steps.per_day)
    enough = MOST_DAYS * days.shape[1]
    for outstanding in (days > OUTSTANDING, days < -OUTSTANDING):
        often = np.count_nonzero(outstanding, axis=1) >= enough
        smoothed += np.where(outstanding & often[:, None], days, 0.0).reshape(season.shape)
    return smoothed


def _width(steps: Steps) -> int:
    """Return how many slots half an hour smooths over, odd so that a peak stays where it is."""
    return min(MOST_SLOTS, int(SMOOTHING // steps.seconds) // 2 * 2 + 1)
