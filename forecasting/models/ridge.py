"""Direct ridge: each hour of the next day as a linear function of the hours that say most about it.

Source: Hoerl and Kennard, Ridge Regression, 1970, with the penalty from generalized cross-validation, the form of
leave-one-out that does not depend on the axes (Golub, Heath and Wahba, 1979); direct forecasts as in Ben Taieb et al.,
A review and comparison of strategies for multi-step ahead time series forecasting, 2012. On hourly means z of
log(1 + y), every hour t that a known day follows gives one equation for each hour h of that day:

    z[t + h] = naive[t, h] + x[t]' b[h] + e[t, h],     b = argmin sum e ** 2 + penalty * sum b ** 2

    naive[t, h]  the mean of z[t + h - 24] and z[t + h - 168]: what day naive and week naive say
    x[t]         the last day and last week's copy of the day to come, by three hours, less the last day's mean

What the equations do not show stays at the naive forecasts. Below two weeks of history all that is weekly falls away.
The days after the first follow from the forecast itself.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from forecasting.models.hourly_path import (
    HOURS_OF_DAY,
    HOURS_OF_WEEK,
    HourlyPath,
    LearnedPath,
    fit_hours,
    last_day_repeated,
)
from forecasting.models.persistence import LONGEST_PERSISTENCE
from forecasting.panel import HIGHEST_GROWTH, Panel
from forecasting.series import Values

Counts = NDArray[np.int64]

SHORTEST_DAILY = 5 * HOURS_OF_DAY  # with equations from less than three days the last day itself forecasts better
SHORTEST_WEEKLY = 2 * HOURS_OF_WEEK
LAGS_OF_WEEK = HOURS_OF_WEEK + HOURS_OF_DAY  # how far equations look back once there are weeks
MARGIN = 6  # hours before and after the day to come that are looked at in last week's copy
PENALTIES = np.array([1e-4, 1e-2, 1.0])  # in units of the equations' mean eigenvalue


class Ridge:
    """Linear in the last day and in last week's copy of the next; in the last day alone below two weeks."""

    name = "ridge"
    needs = timedelta(hours=SHORTEST_DAILY)

    def fit_at(self, panel: Panel, positions: Sequence[int]) -> tuple[HourlyPath, ...]:
        """Solve what equations are known at each position; later ones add theirs to the sums of earlier ones."""
        return fit_hours(panel, positions, _learn)


def _learn(means: Values, ends: Sequence[int]) -> Iterator[LearnedPath]:
    """Yield what the hours before each of the rising ends teach."""
    for lags, group in itertools.groupby(ends, _lags):
        if lags:
            yield from _solve_at(means, list(group), lags)
        else:
            yield from (last_day_repeated(means[:, :end]) for end in group)


def _lags(hours: int) -> int:
    """Return how far back equations look with so many hours of history; 0 where there are too few of them."""
    if hours < SHORTEST_DAILY:
        return 0
    return LAGS_OF_WEEK if hours >= SHORTEST_WEEKLY else HOURS_OF_DAY


def _solve_at(means: Values, ends: Sequence[int], lags: int) -> Iterator[LearnedPath]:
    """Yield the path of the ridge at each of the rising ends, from equations that look back so many hours."""
    coefficients, persistence = _solve(_sums_at(means, np.array(ends), lags))
    past = np.stack([means[:, end - lags - HOURS_OF_DAY : end] for end in ends])
    return map(LearnedPath, _path(past, np.swapaxes(coefficients, -1, -2)), persistence)


def _inputs(seen: Values) -> tuple[Values, Values]:
    """Return features x (..., features, n) and the naive day (..., 24, n) from the hours looked at (..., lags, n)."""
    last_day = seen[..., -HOURS_OF_DAY:, :]
    if seen.shape[-2] < LAGS_OF_WEEK:
        looked_at, naive = _threes(last_day), last_day
    else:
        copy = seen[..., HOURS_OF_DAY - MARGIN : 2 * HOURS_OF_DAY + MARGIN, :]
        looked_at = np.concatenate([_threes(last_day), _threes(copy)], axis=-2)
        naive = (last_day + copy[..., MARGIN:-MARGIN, :]) / 2
    return looked_at - last_day.mean(axis=-2, keepdims=True), naive


def _threes(hours: Values) -> Values:
    """Return means of three hours each, (..., hours / 3, n): nearly as good as single hours, at a tenth of the cost."""
    means: Values = (hours[..., 0::3, :] + hours[..., 1::3, :] + hours[..., 2::3, :]) / 3
    return means


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums over the equations known at each position, of y = z - naive and the features x, (positions, series, ...).

    `gram` is sum x x', `cross` sum x y', `squares` sum |y| ** 2, `products` sum y[h] y[h + 1]; `equations` counts them.
    """

    equations: Counts
    gram: Values
    cross: Values
    squares: Values
    products: Values


def _sums_at(means: Values, ends: Counts, lags: int) -> _Sums:
    equations = ends - lags - HOURS_OF_DAY + 1
    windows = np.lib.stride_tricks.sliding_window_view(means[:, : ends[-1]], int(equations[-1]), axis=1)
    features, naive = _inputs(windows[:, :lags])
    targets = windows[:, lags:] - naive
    return _Sums(
        equations=equations,
        gram=_running(features, features, equations),
        cross=_running(features, targets, equations),
        squares=_total(targets * targets, equations),
        products=_total(targets[:, 1:] * targets[:, :-1], equations),
    )


def _running(left: Values, right: Values, counts: Counts) -> Values:
    """Return left right' summed over the first `counts` equations, (counts, series, i, j); both are (series, ., n)."""
    parts = (
        left[..., first:last] @ np.swapaxes(right[..., first:last], -1, -2)
        for first, last in itertools.pairwise([0, *counts])
    )
    return np.stack(list(itertools.accumulate(parts)))


def _total(values: Values, counts: Counts) -> Values:
    """Return the sum over the first `counts` equations of values (series, hours, n), (counts, series)."""
    return np.cumsum(values.sum(axis=1), axis=1)[:, counts - 1].T


def _solve(sums: _Sums) -> tuple[Values, Values]:
    """Return the coefficients (positions, series, features, 24) and how long their errors last (positions, series)."""
    eigenvalues, axes = np.linalg.eigh(sums.gram)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    turned = np.swapaxes(axes, -1, -2) @ sums.cross
    energy = np.sum(turned**2, axis=-1)
    inverse = _inverse(sums, eigenvalues, energy)
    explained = _explained(eigenvalues, inverse)
    squares = sums.squares - np.sum(explained * energy, axis=-1)
    products = sums.products - np.sum(explained * np.sum(turned[..., 1:] * turned[..., :-1], axis=-1), axis=-1)
    phi = np.clip(products / np.where(squares > 0, squares, 1.0), 0.0, LONGEST_PERSISTENCE)
    return axes @ (turned * inverse[..., None]), phi


def _inverse(sums: _Sums, eigenvalues: Values, energy: Values) -> Values:
    """Return 1 / (eigenvalue + penalty), with the penalty of the least generalized cross-validation error.

    Along an eigenvector of the gram a penalty acts by itself, so that all of them are tried at the cost of one.
    `energy` is the squared length of the cross sums along each; all are (positions, series, features).
    """
    mean = eigenvalues.mean(axis=-1, keepdims=True)
    penalties = np.where(mean > 0, mean, 1.0)[..., None] * PENALTIES[:, None]
    inverses = 1 / (eigenvalues[..., None, :] + penalties)  # (positions, series, penalties, features)
    explained = _explained(eigenvalues[..., None, :], inverses) * energy[..., None, :]
    left = np.maximum(sums.squares[..., None] - explained.sum(axis=-1), 0.0)
    freedom = sums.equations[:, None, None] - np.sum(eigenvalues[..., None, :] * inverses, axis=-1)
    best = np.argmin(left / freedom**2, axis=-1)
    return np.take_along_axis(inverses, best[..., None, None], axis=-2)[..., 0, :]


def _explained(eigenvalues: Values, inverse: Values) -> Values:
    """Return what share of the squares along an eigenvector a penalized fit takes away, per unit of eigenvalue."""
    return inverse * (2 - eigenvalues * inverse)


def _path(past: Values, coefficients: Values) -> Values:
    """Return the last day as it was forecast a day before, and the week to come, (positions, series, 24 + 168).

    `past` (positions, series, lags + 24) ends with the last day, `coefficients` are (positions, series, 24, features).
    """
    lags = past.shape[-1] - HOURS_OF_DAY
    # Days that follow from forecast ones may grow without end.
    highest = past.max(axis=-1, keepdims=True) + math.log(HIGHEST_GROWTH)
    days = [_next_day(past[..., :lags], coefficients, highest)]
    for _ in range(HOURS_OF_WEEK // HOURS_OF_DAY):
        days.append(_next_day(past[..., HOURS_OF_DAY:], coefficients, highest))
        past = np.concatenate([past[..., HOURS_OF_DAY:], days[-1]], axis=-1)
    return np.concatenate(days, axis=-1)


def _next_day(hours: Values, coefficients: Values, highest: Values) -> Values:
    """Return the day after hours (..., lags), no farther from 0 than `highest` (..., 1)."""
    features, naive = _inputs(hours[..., None])
    return np.clip((coefficients @ features + naive)[..., 0], -highest, highest)
