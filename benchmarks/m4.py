"""M4's own arithmetic: Naive2, sMAPE, MASE and their overall weighted average (OWA).

Source: Makridakis, Spiliotis and Assimakopoulos, The M4 Competition: 100,000 time series and 61 forecasting methods,
2020, and the organisers' R code (Mcompetitions/M4-methods, Benchmarks and Evaluation.R). With m = 24 hours in a season,
n hours to learn from and h to forecast:

    sMAPE = 100 / h * sum_t 2 * |y[t] - f[t]| / (|y[t]| + |f[t]|)
    MASE  = mean_t |y[t] - f[t]| / mean_t |y[t] - y[t - m]|, the latter over all that may be learned from
    OWA   = (mean sMAPE / mean sMAPE of Naive2 + mean MASE / mean MASE of Naive2) / 2, means over all series
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.traces import Competition
from forecasting.series import Values

SEASON = 24  # hours
FEWEST_SEASONS = 3  # below which M4 looks for no season
CRITICAL = 1.645  # of the standard normal, for a test at 90 %


@dataclass(frozen=True, slots=True)
class Standing:
    """How a forecaster did over all series of M4; Naive2 has an OWA of 1."""

    smape: float
    mase: float
    owa: float


def standing(forecasts: Sequence[Values], series: Sequence[Competition]) -> Standing:
    """Return how the forecasts of all series did."""
    yardsticks = [naive2(each.past, len(each.truth)) for each in series]
    smape, mase = _means(forecasts, series)
    smape_of_naive2, mase_of_naive2 = _means(yardsticks, series)
    return Standing(smape, mase, (smape / smape_of_naive2 + mase / mase_of_naive2) / 2)


def naive2(past: Values, ahead: int) -> Values:
    """Return the last seasonally adjusted value held, with the season put back where there is one."""
    season = seasonal_indices(past) if is_seasonal(past) else np.ones(SEASON)
    level = past[-1] / season[(len(past) - 1) % SEASON]
    held: Values = level * season[(len(past) + np.arange(ahead)) % SEASON]
    return held


def is_seasonal(past: Values) -> bool:
    """Return whether the autocorrelation at a season's lag passes a 90 % test."""
    if len(past) < FEWEST_SEASONS * SEASON:
        return False
    centred = past - past.mean()
    lags = np.array([centred[lag:] @ centred[: len(past) - lag] for lag in range(SEASON + 1)]) / (centred @ centred)
    limit = CRITICAL * np.sqrt((1 + 2 * np.sum(lags[1:SEASON] ** 2)) / len(past))
    return bool(abs(lags[SEASON]) > limit)


def seasonal_indices(past: Values) -> Values:
    """Return the factors of a classical multiplicative decomposition, by position in the past modulo a season."""
    weights = np.concatenate([[0.5], np.ones(SEASON - 1), [0.5]]) / SEASON
    trend = np.convolve(past, weights, mode="valid")
    positions = SEASON // 2 + np.arange(len(trend))
    ratios = past[positions] / trend
    means = np.array([ratios[positions % SEASON == slot].mean() for slot in range(SEASON)])
    return np.asarray(means / means.mean())


def smape(truth: Values, forecast: Values) -> float:
    """Return the symmetric mean absolute percentage error, 0 to 200."""
    return float(np.mean(200 * np.abs(truth - forecast) / (np.abs(truth) + np.abs(forecast))))


def mase(truth: Values, forecast: Values, past: Values) -> float:
    """Return the mean absolute error in units of the day naive's within the past."""
    return float(np.mean(np.abs(truth - forecast)) / np.mean(np.abs(past[SEASON:] - past[:-SEASON])))


def _means(forecasts: Sequence[Values], series: Sequence[Competition]) -> tuple[float, float]:
    pairs = list(zip(forecasts, series, strict=True))
    smapes = [smape(each.truth, forecast) for forecast, each in pairs]
    mases = [mase(each.truth, forecast, each.past) for forecast, each in pairs]
    return float(np.mean(smapes)), float(np.mean(mases))
