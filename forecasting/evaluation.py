"""Evaluation: what a backtest says about each series of a panel: weights, bounds, accuracy and the gate.

Everything a score rests on was learned elsewhere: weights on the other folds, bounds on the folds of the other half.
How forecasts were made at the origins is backtest.py's business; the measures themselves are in accuracy.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from forecasting.accuracy import (
    Accuracy,
    Score,
    absolute_errors,
    coverage,
    mase,
    pinball_loss,
    ratio,
    seasonal_scale,
    wape,
)
from forecasting.backtest import Backtest, Trial
from forecasting.combination import combine
from forecasting.correction import Correction, no_correction
from forecasting.gate import EQUAL_LOSS, Gate, Losses, history_too_short, judge
from forecasting.intervals import Bounds, Errors, bounds_from, bounds_from_spread, quantiles
from forecasting.panel import Panel
from forecasting.selection import Weight
from forecasting.series import Flags, Values

COMBINATION = "combination"
LAST_VALUE = "last_value"
FULL_HORIZON = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Planning:
    """What the forecast will be used for: a quantile of demand, over the time capacity takes to arrive."""

    level: float
    lead_time: timedelta

    @property
    def lead_hours(self) -> float:
        """The lead time in hours."""
        return self.lead_time / timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What is known about how well each series of a panel is forecast; every tuple has one item a series."""

    weights: tuple[tuple[Weight, ...], ...]
    correction: Correction
    bounds: Bounds
    accuracies: tuple[Accuracy, ...]
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """One forecaster's record: points and planned quantiles, (series, folds, origins, steps)."""

    near: Values
    far: Values
    near_planned: Values
    far_planned: Values


def evaluate(
    panel: Panel, backtest: Backtest, names: Sequence[str], *, spread: Values, planning: Planning
) -> Evaluation:
    """Return what the backtest of a panel's members says; `spread` (series, levels) helps out while errors are few."""
    combination = combine(backtest)
    forecasters = {name: (backtest.near.forecasts[i], backtest.far.forecasts[i]) for i, name in enumerate(names)}
    forecasters[COMBINATION] = (combination.near, combination.far)
    forecasters[LAST_VALUE] = _held(backtest)
    tracks = {name: _track(backtest, *points, spread, planning.level) for name, points in forecasters.items()}
    everything = np.ones(len(backtest.positions), dtype=bool)
    return Evaluation(
        weights=_weights(names, combination.weights, combination.errors),
        correction=combination.correction,
        bounds=_bounds(backtest, combination.near, combination.far, spread, everything),
        accuracies=_accuracies(panel, backtest, tracks, planning),
        gates=_gates(backtest, tracks, planning),
    )


def _weights(names: Sequence[str], weights: Values, errors: Values) -> tuple[tuple[Weight, ...], ...]:
    """Return each series' weights from shares and mean absolute errors, both (series, members)."""
    return tuple(
        tuple(Weight(name, float(share), float(error)) for name, share, error in zip(names, *row, strict=True))
        for row in zip(weights, errors, strict=True)
    )


def _held(backtest: Backtest) -> tuple[Values, Values]:
    """Return the last value held, as near and far forecasts."""
    near, far = backtest.near, backtest.far
    return (
        np.broadcast_to(near.held[..., None], near.truth.shape),
        np.broadcast_to(far.held[..., None], far.truth.shape),
    )


def _track(backtest: Backtest, near: Values, far: Values, spread: Values, level: float) -> _Track:
    """Return a forecaster's points with its planned quantiles, whose bounds come from the other half of the folds."""
    levels = np.array([level])
    near_planned, far_planned = np.empty_like(near), np.empty_like(far)
    for half in backtest.halves():
        bounds = _bounds(backtest, near, far, spread, ~half)
        near_planned[:, half] = _moved(near[:, half], bounds.at(backtest.near.leads, levels))
        far_planned[:, half] = _moved(far[:, half], bounds.at(backtest.far.leads, levels))
    return _Track(near, far, near_planned, far_planned)


def _moved(points: Values, offsets: Values) -> Values:
    """Return points (series, folds, origins, steps) moved by offsets (series, 1, steps) in log space."""
    return np.expm1(np.maximum(np.log1p(points) + offsets[:, None], 0.0))


def _bounds(backtest: Backtest, near: Values, far: Values, spread: Values, folds: Flags) -> Bounds:
    """Return bounds from a forecaster's errors at some of the folds."""
    return bounds_from(_log_errors(backtest.near, near, folds), _log_errors(backtest.far, far, folds), spread)


def _log_errors(trial: Trial, forecast: Values, folds: Flags) -> Errors:
    errors = np.log1p(trial.truth[:, folds]) - np.log1p(forecast[:, folds])
    return Errors(trial.leads, trial.step, errors.reshape(len(errors), -1, errors.shape[-1]))


def _accuracies(
    panel: Panel, backtest: Backtest, tracks: Mapping[str, _Track], planning: Planning
) -> tuple[Accuracy, ...]:
    scale = seasonal_scale(np.expm1(panel.logs), panel.steps.per_day)
    hour = backtest.near.leads < 1.0
    first = {
        name: _scores(
            backtest.near.truth[..., hour], track.near[..., hour], track.near_planned[..., hour], scale, planning
        )
        for name, track in tracks.items()
    }
    full = {
        name: _scores(backtest.far.truth, track.far, track.far_planned, scale, planning)
        for name, track in tracks.items()
    }
    return tuple(
        Accuracy(
            origins=len(backtest.positions),
            planning_level=planning.level,
            horizon=FULL_HORIZON,
            first_hour={name: scores[row] for name, scores in first.items()},
            full_horizon={name: scores[row] for name, scores in full.items()},
        )
        for row in range(len(scale))
    )


def _scores(truth: Values, point: Values, planned: Values, scale: Values, planning: Planning) -> list[Score]:
    """Return one score for each series."""
    columns = (
        mase(truth, point, scale),
        wape(truth, point),
        ratio(pinball_loss(truth, planned, planning.level), scale),
        coverage(truth, planned),
    )
    return [Score(*map(float, row)) for row in zip(*columns, strict=True)]


def _gates(backtest: Backtest, tracks: Mapping[str, _Track], planning: Planning) -> tuple[Gate, ...]:
    """Return the verdict for each series over the lead time from the near origins."""
    lead = backtest.near.leads < max(planning.lead_hours, backtest.near.step)
    truth = backtest.near.truth[..., lead]
    losses = {
        name: pinball_loss(truth, track.near_planned[..., lead], planning.level) for name, track in tracks.items()
    }
    losses["constant"] = pinball_loss(truth, _constant(backtest, planning.level), planning.level)
    demand = absolute_errors(truth, np.zeros(1))
    origins = np.sum(~np.isnan(truth).all(axis=-1), axis=(1, 2))
    return tuple(
        judge(
            Losses(
                origins=int(origins[row]),
                mine=float(losses[COMBINATION][row]),
                rivals={name: float(loss[row]) for name, loss in losses.items() if name != COMBINATION},
                tie=EQUAL_LOSS * float(demand[row]),
            )
        )
        for row in range(len(origins))
    )


def _constant(backtest: Backtest, level: float) -> Values:
    """Return the empirical planning quantile of the week before each fold, (series, folds, 1, 1)."""
    weeks = backtest.week_before
    flat = weeks.reshape(-1, weeks.shape[-1])
    return quantiles(flat, np.array([level])).reshape(*weeks.shape[:2], 1, 1)


def unproven(names: Sequence[str], spread: Values, planning: Planning) -> Evaluation:
    """Return what can be said of series too short for a backtest: equal weights, bounds from the spread alone."""
    series = len(spread)
    accuracy = Accuracy(origins=0, planning_level=planning.level, horizon=FULL_HORIZON, first_hour={}, full_horizon={})
    unmeasured = np.full((series, len(names)), np.nan)
    equal = np.full((series, len(names)), 1.0 / len(names))
    return Evaluation(
        weights=_weights(names, equal, unmeasured),
        correction=no_correction(series),
        bounds=bounds_from_spread(spread),
        accuracies=(accuracy,) * series,
        gates=(history_too_short(timedelta(0)),) * series,
    )
