"""Decomposition of a series into trend, day, week and remainder: what a report shows. Forecasts do not rest on it.

Source: Cleveland et al., STL (Journal of Official Statistics, 1990) and Bandara et al., MSTL, 2021, as statsmodels has
them, on hourly means of log(1 + y), so that components multiply. What a season explains is a share of all variation but
the trend's, so that the shares of day, week and remainder add up to one:

    share = var(component) / (var(daily) + var(weekly) + var(remainder))

The strength of Wang, Smith and Hyndman (2006) compares a season with the remainder alone: beside a strong day it would
call a week strong that hardly moves anything.

statsmodels is imported only when a decomposition is asked for: nothing else here needs it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import numpy as np
from numpy.typing import NDArray

from forecasting.errors import SeriesRefused
from forecasting.gaps import fill_gaps
from forecasting.occasions import Calendar
from forecasting.panel import panel_of
from forecasting.seasons import check_step
from forecasting.series import Series, Values

HOUR = timedelta(hours=1)
HOURS_OF_DAY, HOURS_OF_WEEK = 24, 168
SHORTEST_DAYS, SHORTEST_WEEKS = 2, 2  # a season is seen once it was seen twice
ROUNDING = 1e-20  # variance of logarithms that is no variance


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Hourly components: (1 + trend) * daily * weekly * remainder is 1 + demand; `weekly` is None below two weeks.

    `trend` is in demand's unit, the others are factors around 1. Shares are from 0 (none) to 1 (all there is).
    `trend_percent_per_week` is the growth of the trend as a straight line through its logarithm says it, None below two
    weeks, when a weekend still looks like a trend.
    """

    trend: Series
    daily: Series
    weekly: Series | None
    remainder: Series
    daily_share: float
    weekly_share: float
    trend_percent_per_week: float | None


def decompose(series: Series, time_zone: str = "UTC") -> Decomposition:
    """Return the decomposition of a series' hourly means, its gaps filled from the local season.

    Raises SeriesRefused for less than two days of history or a step that does not divide an hour.
    """
    check_step(series.step)
    hourly = series.at_step(HOUR)
    known = np.flatnonzero(~np.isnan(hourly.values))
    days = len(hourly) / HOURS_OF_DAY
    if days < SHORTEST_DAYS or not known.size:
        raise SeriesRefused(f"a decomposition needs {SHORTEST_DAYS} days of history, got {days:.1f}")
    logs = fill_gaps(panel_of([hourly], Calendar(time_zone))).logs[0]
    trend, seasons, remainder = _components(logs)
    daily, weekly = seasons[0], seasons[1] if len(seasons) > 1 else None

    def on_grid(values: Values) -> Series:
        return Series(hourly.start, HOUR, values)

    return Decomposition(
        trend=on_grid(np.maximum(np.expm1(trend), 0.0)),
        daily=on_grid(np.exp(daily)),
        weekly=None if weekly is None else on_grid(np.exp(weekly)),
        remainder=on_grid(np.exp(remainder)),
        daily_share=share(daily, *seasons, remainder),
        weekly_share=0.0 if weekly is None else share(weekly, *seasons, remainder),
        trend_percent_per_week=_percent_per_week(trend) if _shows_weeks(logs) else None,
    )


def share(component: Values, *components: Values) -> float:
    """Return how much of the variance of all components is one's, 0 to 1; rounding counts as nothing."""
    together = float(sum(np.var(each) for each in components))
    return float(np.var(component)) / together if together > ROUNDING else 0.0


def _shows_weeks(logs: Values) -> bool:
    return len(logs) > SHORTEST_WEEKS * HOURS_OF_WEEK


def _components(logs: Values) -> tuple[Values, list[Values], Values]:
    """Return trend, seasons (day, and week from two weeks on) and remainder of gapless hourly log values."""
    # Late, because statsmodels and pandas cost 80 MB and most processes never draw a report.
    from statsmodels.tsa.seasonal import MSTL, STL  # noqa: PLC0415 -- see above

    if not _shows_weeks(logs):
        result = STL(logs, period=HOURS_OF_DAY).fit()
        return result.trend, [result.seasonal], result.resid
    result = MSTL(logs, periods=(HOURS_OF_DAY, HOURS_OF_WEEK)).fit()
    seasons = cast("NDArray[np.float64]", result.seasonal)
    return result.trend, [seasons[:, 0], seasons[:, 1]], result.resid


def _percent_per_week(trend: Values) -> float:
    """Return the weekly growth of a log trend in percent, by a least-squares line through it."""
    slope = float(np.polynomial.polynomial.polyfit(np.arange(len(trend)) / HOURS_OF_WEEK, trend, 1)[1])
    return 100.0 * float(np.expm1(slope))
