"""Measures of a forecast, each one pure function, and the table they fill. Forecasts are made in backtest.py.

All take arrays that broadcast against each other, return one number a row (all but the first axis is pooled, where a
sample counts by its weight), and leave out samples whose truth is NaN. Sources: Hyndman and Koehler, Another look at
measures of forecast accuracy, 2006 (MASE); Koenker and Bassett, Regression Quantiles, 1978 (the pinball or quantile
loss).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from forecasting.series import Values

ROUNDING = 1e-9  # of demand: a forecast that is off by less is perfect
ALIKE = np.ones(1)


@dataclass(frozen=True, slots=True)
class Score:
    """How one forecaster did: lower is better, coverage is best at the planning level.

    `mase` and `quantile_loss` are in units of the day naive's error within the history, `wape` is a share of demand.
    Each is 0 for a perfect forecast and inf where the unit is 0 and the forecast is not perfect.
    """

    mase: float
    wape: float
    quantile_loss: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Rolling-origin scores by forecaster: each member, and "combination", over the first hour and the full horizon.

    Quantiles of every forecaster come from its own errors at other origins. Without enough history there are 0 origins
    and no scores.
    """

    origins: int
    planning_level: float
    horizon: timedelta
    first_hour: Mapping[str, Score]
    full_horizon: Mapping[str, Score]


def absolute_errors(truth: Values, forecast: Values, *, weights: Values = ALIKE) -> Values:
    """Return the mean absolute error of each row; NaN where no truth is known."""
    return _mean(np.abs(_excess(truth, forecast)), weights)


def wape(truth: Values, forecast: Values, *, weights: Values = ALIKE) -> Values:
    """Return the weighted absolute percentage error, sum |y - f| / sum |y|, as a share."""
    return ratio(_sum(np.abs(_excess(truth, forecast)), weights), _sum(np.abs(truth), weights))


def mase(truth: Values, forecast: Values, scale: Values, *, weights: Values = ALIKE) -> Values:
    """Return the mean absolute scaled error; `scale` (rows,) is the mean |y[t] - y[t - m]| of the history."""
    return ratio(absolute_errors(truth, forecast, weights=weights), scale)


def pinball_loss(truth: Values, quantile: Values, level: float, *, weights: Values = ALIKE) -> Values:
    """Return the mean of max(level * (y - q), (level - 1) * (y - q)), the loss a level's true quantile minimises."""
    excess = _excess(truth, quantile)
    return _mean(np.maximum(level * excess, (level - 1) * excess), weights)


def coverage(truth: Values, quantile: Values, *, weights: Values = ALIKE) -> Values:
    """Return the share of samples at or below the quantile; NaN where no truth is known."""
    return _mean(np.where(np.isnan(truth), np.nan, _excess(truth, quantile) <= 0), weights)


def ratio(errors: Values, unit: Values) -> Values:
    """Return errors / unit, where 0 / 0 is 0 (nothing wrong) and anything else over 0 is inf."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(errors == 0, 0.0, errors / unit)


def seasonal_scale(values: Values, season: int) -> Values:
    """Return the mean |y[t] - y[t - season]| of each row of values (rows, n), leaving NaN out."""
    return mean_known(np.abs(values[:, season:] - values[:, :-season]))


def mean_known(values: Values, axis: int | tuple[int, ...] = -1) -> Values:
    """Return means over axes, leaving NaN out; NaN where nothing is known."""
    known = ~np.isnan(values)
    counts = known.sum(axis=axis)
    means: Values = np.where(known, values, 0.0).sum(axis=axis) / np.where(counts > 0, counts, math.nan)
    return means


def _excess(truth: Values, forecast: Values) -> Values:
    """Return truth less forecast, 0 where that is no more than rounding."""
    excess = truth - forecast
    return np.where(np.abs(excess) <= ROUNDING * truth, 0.0, excess)


def _mean(values: Values, weights: Values) -> Values:
    """Return the weighted mean of what is known in each row; NaN where nothing is."""
    counts = (~np.isnan(values) * weights).reshape(len(values), -1).sum(axis=1)
    return _sum(values, weights) / np.where(counts > 0, counts, math.nan)


def _sum(values: Values, weights: Values) -> Values:
    """Return the weighted sum of what is known in each row."""
    known = np.where(np.isnan(values), 0.0, values)
    sums: Values = (known * weights).reshape(len(values), -1).sum(axis=1)
    return sums
