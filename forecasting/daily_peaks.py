"""Daily peaks: the highest demand of each local day, which is what capacity must be there for. Pure arithmetic.

What is to be made of them is outlook.py's business.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Self

import numpy as np

from forecasting.errors import SeriesRefused
from forecasting.occasions import Calendar
from forecasting.series import Series, Values

DAY = timedelta(days=1)
KNOWN_SHARE = 0.75  # of a day's samples: with fewer, its peak may well lie in what is missing
FEWEST_IN_COMMON = 7  # days: each weekday once


@dataclass(frozen=True, eq=False)
class DailyPeaks:
    """The peak of each local day from `first` on, shape (days,); NaN where it is not known.

    Raises SeriesRefused on any other value that is not at least 0 and finite.
    """

    first: date
    values: Values

    def __post_init__(self) -> None:
        if (np.isinf(self.values) | (self.values < 0)).any():
            raise SeriesRefused("daily peaks must be finite and at least 0; NaN where a day is not known")

    @classmethod
    def of(cls, series: Series, calendar: Calendar | None = None) -> Self:
        """Return the peaks of the local days that lie within a series of steps up to a day.

        A day is not known where a quarter of its samples is missing, or where an event or a marked day of the calendar
        touches it: what is ordinary is not learned from it. Raises SeriesRefused on a step above a day.
        """
        if series.step > DAY:
            raise SeriesRefused(f"daily peaks need samples of a day or less, got one every {series.step}")
        calendar = calendar or Calendar()
        first = _first_midnight(series, calendar)
        midnights = [
            _midnight(first + number * DAY, calendar) for number in range((series.end - series.start) // DAY + 2)
        ]
        # Where the step is longer than the clock's shift of the time zone, a day begins with the step that touches it.
        edges = [-((series.start - each) // series.step) for each in midnights if each <= series.end]
        ordinary = np.where(calendar.unusual(series.seconds, series.step.total_seconds()), np.nan, series.values)
        peaks = [_peak(series.values[begin:end], ordinary[begin:end]) for begin, end in pairwise(edges)]
        return cls(first, np.array(peaks, dtype=np.float64))

    def raised_to(self, finer: Self) -> Self:
        """Return these peaks times what the peaks of finer samples of the same days typically are of them.

        A mean over an hour hides what happens within it; weeks of finer samples tell by how much. Without a week of
        days in common nothing is raised.
        """
        begin, end = max(self.first, finer.first), min(self.end, finer.end)
        ours, theirs = (
            peaks.values[max(0, (begin - peaks.first).days) : max(0, (end - peaks.first).days)]
            for peaks in (self, finer)
        )
        known = ~np.isnan(ours) & ~np.isnan(theirs) & (ours > 0)
        if known.sum() < FEWEST_IN_COMMON:
            return self
        return replace(self, values=self.values * max(1.0, float(np.median(theirs[known] / ours[known]))))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.first + len(self) * DAY


def _peak(values: Values, ordinary: Values) -> float:
    known = ~np.isnan(values)
    if not len(values) or known.mean() < KNOWN_SHARE or np.isnan(ordinary[known]).any():
        return np.nan
    return float(values[known].max())


def _first_midnight(series: Series, calendar: Calendar) -> date:
    """Return the first local day that does not begin before the series does."""
    day = series.start.astimezone(calendar.zone).date()
    return day if _midnight(day, calendar) >= series.start else day + DAY


def _midnight(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time(), calendar.zone)
