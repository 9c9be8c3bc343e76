"""Rolling origins over one trace, and what a forecaster scored there. Forecasters are forecasters.py's business.

Twelve origins within the last 40 % of the series, each at another hour of the day; at most 28 days before each may be
learned from, the 24 h after it are to be forecast on the trace's own step. Source: Tashman, Out-of-sample tests of
forecasting accuracy, 2000.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from forecasting import Series
from forecasting.accuracy import absolute_errors, coverage, pinball_loss, seasonal_scale
from forecasting.series import Values

ORIGINS = 12
FIRST_ORIGIN = 0.6  # of the series
HOURS_A_DAY = 24
HOURS_BETWEEN = 7  # from the hour of one origin to that of the next: shares no factor with 24, so all hours differ
LONGEST_HISTORY = timedelta(days=28)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Rolling:
    """One trace cut at its origins: `pasts` (origins), and `truth` (origins, steps of a day) with NaN where unknown."""

    name: str
    pasts: tuple[Series, ...]
    truth: Values

    @property
    def step(self) -> timedelta:
        """The trace's step."""
        return self.pasts[0].step

    @property
    def scale(self) -> Values:
        """What MASE divides by: the day naive's mean absolute error within each history, (origins,)."""
        return np.concatenate([seasonal_scale(past.values[None, :], DAY // self.step) for past in self.pasts])


@dataclass(frozen=True, eq=False)
class Forecasts:
    """What a forecaster said at each origin: points and, where it has one, the 95 % bound, (origins, steps) each.

    `seconds` is CPU time of a fit and its forecast.
    """

    points: Values
    bounds: Values | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Scores:
    """What the forecasts were worth at each origin, (origins,) each; what concerns a bound is NaN where there is none.

    MASE over 24 h and over the first hour, quantile loss of the bound in the same unit, share of samples that it
    covers. `headroom` is bound / point - 1 of each step, (origins, steps).
    """

    mase: Values
    first_hour: Values
    loss: Values
    coverage: Values
    headroom: Values
    seconds: float


def roll(name: str, series: Series) -> Rolling:
    """Return a trace cut at its origins."""
    positions = origins(len(series), DAY // series.step)
    truth = [series.values[position : position + DAY // series.step] for position in positions]
    return Rolling(name, tuple(_past(series, position) for position in positions), np.stack(truth))


def origins(length: int, day: int) -> list[int]:
    """Return where forecasts begin: evenly within the last 40 %, each moved to an hour of its own."""
    first, last = int(np.ceil(FIRST_ORIGIN * length)), length - day
    even = np.linspace(first, last, ORIGINS)
    hours = np.arange(ORIGINS) * HOURS_BETWEEN % HOURS_A_DAY * (day // HOURS_A_DAY)
    nearest = hours + np.round((even - hours) / day) * day
    inside = nearest + day * (nearest < first) - day * (nearest > last)
    return sorted(int(position) for position in inside)


def score(rolling: Rolling, forecasts: Forecasts) -> Scores:
    """Return what forecasts at the origins of a trace were worth."""
    hour = max(1, HOUR // rolling.step)
    points, bounds = forecasts.points, forecasts.bounds
    unknown = np.full(len(points), np.nan)
    return Scores(
        mase=absolute_errors(rolling.truth, points) / rolling.scale,
        first_hour=absolute_errors(rolling.truth[:, :hour], points[:, :hour]) / rolling.scale,
        loss=unknown if bounds is None else pinball_loss(rolling.truth, bounds, LEVEL) / rolling.scale,
        coverage=unknown if bounds is None else coverage(rolling.truth, bounds),
        headroom=np.full_like(points, np.nan) if bounds is None else _headroom(points, bounds),
        seconds=forecasts.seconds,
    )


def relative(scores: Values, naive: Values) -> float:
    """Return a mean score over the origins that have one, as a ratio to the day naive's there; NaN where none has."""
    known = ~np.isnan(scores) & ~np.isnan(naive)
    return float(scores[known].mean() / naive[known].mean()) if known.any() else np.nan


def geometric_mean(ratios: Values) -> float:
    """Return the geometric mean of what is known, which weighs a halved and a doubled score alike."""
    return float(np.exp(mean_known(np.log(ratios))))


def mean_known(values: Values) -> float:
    """Return the mean of what is not NaN; NaN where all is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _past(series: Series, position: int) -> Series:
    known = Series(series.start, series.step, series.values[:position])
    return known.between(known.end - LONGEST_HISTORY, known.end)


def _headroom(points: Values, bounds: Values) -> Values:
    return np.divide(bounds, points, out=np.full_like(points, np.nan), where=points > 0) - 1
