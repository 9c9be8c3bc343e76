"""The outlook: daily peaks of the next three months with bounds, and what they rest on.

On logarithms a peak is a level that weekly_path.py leads on, what its weekday adds, and noise. The bounds are quantiles
of noise and drift together: the deviations of the last NOISE_DAYS days as they were, each with a normal drift on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np

from forecasting.daily_peaks import DAY, DailyPeaks
from forecasting.errors import SeriesRefused
from forecasting.robust import quantile_of_known
from forecasting.series import Values
from forecasting.weekly_path import WEEK, WeeklyPath, week_medians, weekly_path

HORIZON_DAYS = 90
LEVELS = (0.05, 0.2, 0.5, 0.8, 0.95)
FEWEST_DAYS = 28  # known ones: four weeks tell a weekday from noise, and the level from its drift
LONGEST_DAYS = 65 * WEEK  # a year, and a season before it
MONTH = 30  # days

NOISE_DAYS = 56  # a season's noise, and eight of each weekday
WEEKDAY_DOUBT = 2  # days of a weekday count as much as the belief that it is like the others
SMALLEST = 0.01  # of the mean peak: differences below it are noise, whatever they are on logarithms
_POINTS = 19  # of the normal distribution: enough for a 95 % bound
_NORMAL = np.array([NormalDist().inv_cdf((each + 0.5) / _POINTS) for each in range(_POINTS)])
_BOUND = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Growth:
    """The change of the level over the next 30 days, in percent, and its bounds of 5 and 95 %."""

    percent: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, eq=False)
class PeakOutlook:
    """Quantiles of each day's peak, (levels, days), from the local day `first` on, and what they rest on.

    A quantile is one day's own: that some day of many exceeds its 95 % bound is likely.
    """

    first: date
    levels: tuple[float, ...]
    quantiles: Values
    history_days: int
    growth: Growth

    @property
    def days(self) -> int:
        """How many days it reaches ahead."""
        return int(self.quantiles.shape[1])

    def quantile(self, level: float) -> Values:
        """Return one quantile by day, (days,). Raises ValueError on a level the outlook was not made for."""
        by_day: Values = self.quantiles[self.levels.index(level)]
        return by_day

    def day(self, number: int) -> date:
        """Return the date of a column."""
        return self.first + number * DAY


def peak_outlook(peaks: DailyPeaks, *, days: int = HORIZON_DAYS, levels: Sequence[float] = LEVELS) -> PeakOutlook:
    """Return the outlook from the day after the last peak on.

    Raises SeriesRefused where fewer than 28 days are known, with a sentence that says how many are.
    """
    values = peaks.values[-LONGEST_DAYS:]
    known = int(np.sum(~np.isnan(values)))
    if known < FEWEST_DAYS:
        raise SeriesRefused(f"an outlook needs {FEWEST_DAYS} days of known peaks, there are {known}")
    unit = float(np.nanmean(values)) or 1.0
    logs = np.log(values / unit + SMALLEST)
    weekdays = _weekdays(logs)
    flat = logs - weekdays[np.arange(len(logs)) % WEEK]
    path = weekly_path(flat, max(days, MONTH))
    ahead = np.arange(days)
    expected = path.level[:days] + weekdays[(len(logs) + ahead) % WEEK]
    spread = _spread(_noise(flat), path.drift[:days], levels)
    return PeakOutlook(
        first=peaks.end,
        levels=tuple(levels),
        quantiles=np.maximum(np.exp(expected + spread) - SMALLEST, 0.0) * unit,
        history_days=known,
        growth=_growth(path),
    )


def _weekdays(logs: Values) -> Values:
    """Return what each weekday adds, (7,), by its place after the first day; nothing where it was never seen."""
    around = np.pad(logs, WEEK // 2, constant_values=np.nan)
    weeks = np.lib.stride_tricks.sliding_window_view(around, WEEK)
    counts = np.sum(~np.isnan(weeks), axis=1)
    deviations = logs - np.nansum(weeks, axis=1) / np.maximum(counts, 1)
    recent, places = deviations[-NOISE_DAYS:], np.arange(len(logs))[-NOISE_DAYS:] % WEEK
    seen = [recent[(places == place) & ~np.isnan(recent)] for place in range(WEEK)]
    added = np.array([np.median(each) * len(each) / (len(each) + WEEKDAY_DOUBT) if len(each) else 0.0 for each in seen])
    centred: Values = added - added.mean()
    return centred


def _noise(flat: Values) -> Values:
    """Return how the last days that are known lay about the medians of their weeks."""
    weeks = week_medians(flat)
    known = ~np.isnan(weeks)
    middles = len(flat) - WEEK * np.arange(len(weeks), 0, -1) + WEEK // 2
    deviations = (flat - np.interp(np.arange(len(flat)), middles[known], weeks[known]))[-NOISE_DAYS:]
    noise: Values = deviations[~np.isnan(deviations)]
    return noise


def _spread(noise: Values, drift: Values, levels: Sequence[float]) -> Values:
    """Return the quantiles of noise and drift together, (levels, days)."""
    together = (noise[:, None] + drift[:, None, None] * _NORMAL).reshape(len(drift), -1)
    quantiles: Values = np.array([quantile_of_known(together, level) for level in levels])
    return quantiles


def _growth(path: WeeklyPath) -> Growth:
    change, strayed = path.level[MONTH - 1] - path.level[0], _BOUND * path.drift[MONTH - 1]
    percent, lower, upper = (100 * float(np.expm1(each)) for each in (change, change - strayed, change + strayed))
    return Growth(percent, lower, upper)
