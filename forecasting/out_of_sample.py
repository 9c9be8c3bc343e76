"""Out of sample: how good forecasts were, measured from the outside, on what came after their origins.

Nothing of the inner backtest is used. Fits are made elsewhere, each on what was known at its origin; here they are
asked, and what they say is held against what came, beside textbook naive forecasts of the samples as they are. Source:
Tashman, Out-of-sample tests of forecasting accuracy, 2000.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from forecasting.accuracy import Score, coverage, mase, pinball_loss, ratio, seasonal_scale, wape
from forecasting.batch import LONGEST_HISTORY
from forecasting.errors import ForecastingError
from forecasting.evaluation import COMBINATION
from forecasting.fitted import FittedForecast
from forecasting.series import Flags, Series, Values

JUDGED_PART = 0.4  # the newest part of a trace: whatever the origin, there is more before it than after
FEWEST_ORIGINS = 2  # the quantiles of all but the combination come from their errors at the other origins
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What was forecast from one origin, and what came: arrays of shape (steps,), NaN in `truth` where none is known.

    `points` are the forecasts by name: the combination's, each member's and the two naive ones; `planned` is the
    combination's quantile at `level`. `scale` is the day naive's mean error within the history, the unit of MASE.
    """

    fitted: FittedForecast
    level: float
    truth: Values
    points: Mapping[str, Values]
    planned: Values
    scale: float


@dataclass(frozen=True, slots=True)
class Record:
    """How one forecaster did over the first hour and the full horizon, as a mean over so many origins.

    `weight` is its share in the newest combination; None for who has none.
    """

    name: str
    weight: float | None
    origins: int
    first_hour: Score
    full_horizon: Score


def rolling_origins(trace: Series, count: int, horizon: timedelta) -> tuple[datetime, ...]:
    """Return at most `count` origins, oldest first, over the newest 40 % of a trace and over the hours of the day.

    After the last one a whole horizon is left. Raises ForecastingError where there is no room for two.
    """
    last = trace.end - -(-horizon // trace.step) * trace.step
    hours = (last - trace.end + JUDGED_PART * (trace.end - trace.start)) // HOUR
    if count < FEWEST_ORIGINS or hours < FEWEST_ORIGINS - 1:
        needed = (horizon + HOUR) / JUDGED_PART / HOUR
        raise ForecastingError(
            f"a horizon of {horizon / HOUR:g} h cannot be judged from {FEWEST_ORIGINS} origins in the newest "
            f"{JUDGED_PART:.0%} of the trace: bring {needed:.0f} h of samples or more, or shorten the horizon"
        )
    count = min(count, hours + 1)
    spacing = hours // (count - 1)
    while math.gcd(spacing, DAY // HOUR) > 1:  # with such a spacing the same hours would come back too early
        spacing -= 1
    return tuple(last - back * spacing * HOUR // trace.step * trace.step for back in reversed(range(count)))


def attempt(trace: Series, fitted: FittedForecast, *, horizon: timedelta, level: float) -> Attempt:
    """Return what a forecaster says from its origin on, beside what came there in the trace that it was fitted on."""
    history = trace.between(fitted.origin - LONGEST_HISTORY, fitted.origin).values
    truth = trace.between(fitted.origin, fitted.origin + horizon).values
    day, week = DAY // trace.step, WEEK // trace.step
    forecast = fitted.forecast(horizon, levels=(level,))
    members = {name: path.values for name, path in fitted.member_points(horizon).items()}
    naive = {
        "day_naive": seasonal_naive(history, day, len(truth)),
        "week_naive": seasonal_naive(history, week if len(history) >= week else day, len(truth)),
    }
    return Attempt(
        fitted=fitted,
        level=level,
        truth=truth,
        points={COMBINATION: forecast.point.values, **members, **naive},
        planned=forecast.quantile(level).values,
        scale=float(seasonal_scale(history[None, :], day)[0]),
    )


def seasonal_naive(history: Values, season: int, ahead: int) -> Values:
    """Return the last season of samples repeated, shape (ahead,): y[T + h] = y[T + h - m * ceil(h / m)].

    A slot whose last sample is missing takes an older one, and the newest sample of all where there is none.
    """
    whole = len(history) // season * season
    newest = np.full(season, history[~np.isnan(history)][-1])
    for samples in history[len(history) - whole :].reshape(-1, season):
        newest = np.where(np.isnan(samples), newest, samples)
    return newest[np.arange(ahead) % season]


def records_of(attempts: Sequence[Attempt]) -> tuple[Record, ...]:
    """Return one record for each forecaster: the combination, the naive ones, then the members from the heaviest on.

    The combination is held to its own quantile, which knew nothing of the future; every other one to the conformal
    quantile of its own log errors at all other origins, later ones too: that favours them, not us.
    """
    weights = {each.name: each.weight for each in attempts[-1].fitted.weights}
    first = (COMBINATION, "day_naive", "week_naive")
    members = {name for each in attempts for name in each.points}.difference(first)
    heaviest_first = sorted(members, key=lambda name: (-weights.get(name, 0.0), name))
    return tuple(_record(name, weights.get(name), attempts) for name in (*first, *heaviest_first))


def _record(name: str, weight: float | None, attempts: Sequence[Attempt]) -> Record:
    tried = [each for each in attempts if name in each.points]  # a member may need more history than early origins had
    near = np.arange(len(tried[0].truth)) * (tried[0].fitted.step / HOUR) < 1
    trial = _Trial(
        level=tried[0].level,
        truth=np.stack([each.truth for each in tried]),
        point=np.stack([each.points[name] for each in tried]),
        scale=np.array([each.scale for each in tried]),
    )
    planned = np.stack([each.planned for each in tried]) if name == COMBINATION else trial.planned(near)
    return Record(name, weight, len(tried), trial.score(planned, near), trial.score(planned, np.ones_like(near)))


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """One forecaster's points beside the truth, (origins, steps), with each origin's scale (origins,)."""

    level: float
    truth: Values
    point: Values
    scale: Values

    def planned(self, near: Flags) -> Values:
        """Return its points moved by a quantile of its errors at the other origins, the near leads apart."""
        errors = np.log1p(self.truth) - np.log1p(self.point)
        planned = np.empty_like(self.point)
        for origin in range(len(errors)):
            others = np.delete(errors, origin, axis=0)
            for leads in (near, ~near):
                offset = conformal_quantile(others[:, leads], self.level)
                planned[origin, leads] = np.expm1(np.maximum(np.log1p(self.point[origin, leads]) + offset, 0.0))
        return planned

    def score(self, planned: Values, leads: Flags) -> Score:
        """Return the score over some leads: scaled measures are means over origins, shares are pooled."""
        truth, point, planned = self.truth[:, leads], self.point[:, leads], planned[:, leads]
        bounded = np.where(np.isnan(planned), np.nan, truth)
        return Score(
            mase=_mean(mase(truth, point, self.scale)),
            wape=float(wape(truth.reshape(1, -1), point.reshape(1, -1))[0]),
            quantile_loss=_mean(ratio(pinball_loss(truth, planned, self.level), self.scale)),
            coverage=float(coverage(bounded.reshape(1, -1), planned.reshape(1, -1))[0]),
        )


def conformal_quantile(errors: Values, level: float) -> float:
    """Return the ceil(level * (n + 1))-th smallest of n known errors, at most the largest; NaN where n is 0."""
    known = np.sort(errors[~np.isnan(errors)])
    if not known.size:
        return math.nan
    return float(known[min(known.size, math.ceil(level * (known.size + 1))) - 1])


def _mean(values: Values) -> float:
    """Return the mean of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan
