"""Decomposition and exponential smoothing: seasons by loess, what is left by a level with a damped trend.

Source: Cleveland et al., STL (Journal of Official Statistics, 1990); Bandara et al., MSTL, 2021; Gardner and McKenzie,
Forecasting trends in time series, 1985, as the model ETS(A,Ad,N) of Hyndman et al., 2002; all as statsmodels has them.
On hourly means z of log(1 + y), with a the hours less their seasons:

    z[t]     = a[t] + day[t] (STL), or a[t] + day[t] + week[t] (MSTL)
    a[T + h] = level[T] + trend[T] * (phi + phi ** 2 + ... + phi ** h)

and seasons go on as they were in their last copy.

These are for who asks for them: a fit takes 0.03 s (STL) or 0.1 s (MSTL) for each series, and a backtest fits at a
dozen origins, so that a workload costs half a second or one and a half, hundreds of times what MEMBERS cost together.
statsmodels is imported when the first fit is made.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from forecasting.errors import ForecastingError
from forecasting.models.hourly_path import (
    HOURS_OF_DAY,
    HOURS_OF_WEEK,
    HourlyPath,
    LearnedPath,
    fit_hours,
    last_day_repeated,
)
from forecasting.models.persistence import persistence_of
from forecasting.panel import Panel
from forecasting.series import Values

SHORTEST_STL = 2 * HOURS_OF_DAY
SHORTEST_MSTL = 2 * HOURS_OF_WEEK + 1  # statsmodels leaves out a period that is half of what there is
ROUNDING = 1e-9  # a logarithm that moves by less does not move


@dataclass(frozen=True, slots=True)
class Decomposed:
    """STL or, with `weeks`, MSTL, and a damped trend for what the seasons leave.

    A fit raises ForecastingError where statsmodels does not come to finite numbers.
    """

    name: str
    weeks: bool

    @property
    def needs(self) -> timedelta:
        """Each season twice."""
        return timedelta(hours=SHORTEST_MSTL if self.weeks else SHORTEST_STL)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[HourlyPath, ...]:
        """Fit each series at each position by itself: nothing is shared."""
        return fit_hours(panel, positions, self._learn)

    def _learn(self, means: Values, ends: Sequence[int]) -> Iterator[LearnedPath]:
        """Yield the path at each end: while that is too early for two days, the last one."""
        for end in ends:
            if end < SHORTEST_STL:
                yield last_day_repeated(means[:, :end])
                continue
            paths = [_path(row[:end], weeks=self.weeks) for row in means]
            learned = LearnedPath(*(np.concatenate(each) for each in zip(*paths, strict=True)))
            if not np.isfinite(learned.hours).all():
                raise ForecastingError(
                    f"{self.name} found no finite forecast: fit without it, or look for samples that are no numbers"
                )
            yield learned


@dataclass(frozen=True, slots=True, eq=False)
class _DampedTrend:
    """ETS(A,Ad,N): level and trend after each hour, (hours,) both, and the share of the trend left an hour later."""

    level: Values
    trend: Values
    damping: float

    def until(self, hours: int) -> Values:
        """Return how many times its trend a level has moved after 1, 2, ... hours."""
        moved: Values = np.cumsum(self.damping ** np.arange(1, hours + 1))
        return moved

    def after(self, known: int, hours: int) -> Values:
        """Return the hours that were to be expected when so many were known."""
        expected: Values = self.level[known - 1] + self.trend[known - 1] * self.until(hours)
        return expected

    def day_errors(self, left: Values) -> Values:
        """Return by how much hours (hours,) differ from what was expected of them a day before."""
        moved = self.trend[:-HOURS_OF_DAY] * self.until(HOURS_OF_DAY)[-1]
        errors: Values = left[HOURS_OF_DAY:] - self.level[:-HOURS_OF_DAY] - moved
        return errors


def _path(logs: Values, *, weeks: bool) -> LearnedPath:
    """Return the path of one series of hours (hours,)."""
    seasons = _seasons(logs, weeks=weeks)
    left = logs - sum(seasons.values())
    trend = _damped_trend(left)
    path = np.concatenate([trend.after(len(left) - HOURS_OF_DAY, HOURS_OF_DAY), trend.after(len(left), HOURS_OF_WEEK)])
    for length, season in seasons.items():
        path += season[-length:][np.arange(-HOURS_OF_DAY, HOURS_OF_WEEK) % length]
    return LearnedPath(path[None, :], persistence_of(trend.day_errors(left)[None, :]))


def _seasons(logs: Values, *, weeks: bool) -> dict[int, Values]:
    """Return the seasonal components (hours,) by their length in hours."""
    # Late, because statsmodels and pandas cost 80 MB that nobody else here needs.
    from statsmodels.tsa.seasonal import MSTL, STL  # noqa: PLC0415 -- see above

    if not weeks or len(logs) < SHORTEST_MSTL:
        return {HOURS_OF_DAY: STL(logs, period=HOURS_OF_DAY).fit().seasonal}
    both = MSTL(logs, periods=(HOURS_OF_DAY, HOURS_OF_WEEK)).fit().seasonal
    return {HOURS_OF_DAY: both[:, 0], HOURS_OF_WEEK: both[:, 1]}


def _damped_trend(left: Values) -> _DampedTrend:
    """Return the most likely damped trend of hours without their seasons, (hours,)."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # noqa: PLC0415 -- as above

    middle, scale = left.mean(), left.std()
    if scale < ROUNDING:
        return _DampedTrend(left, np.zeros_like(left), 1.0)
    model = ETSModel((left - middle) / scale, trend="add", damped_trend=True, initialization_method="heuristic")
    with warnings.catch_warnings():
        # Where the optimiser stops short of the very best constants, it still has good ones; what is not finite is
        # found in the path.
        warnings.simplefilter("ignore")
        fitted = model.fit(disp=False)
    return _DampedTrend(middle + scale * fitted.level, scale * fitted.slope, fitted.damping_trend)


STL_ETS = Decomposed("stl_ets", weeks=False)
MSTL_ETS = Decomposed("mstl_ets", weeks=True)
