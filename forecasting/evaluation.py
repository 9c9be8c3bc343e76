"""Evaluation: what a backtest says about a series: who counts how much, bounds, accuracy and the gate.

Everything a score rests on was learned elsewhere: weights on the other folds, bounds on the folds of the other half.
How forecasts were made at the origins is backtest.py's business; the measures themselves are in accuracy.py.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import EllipsisType
from typing import NamedTuple

import numpy as np

from forecasting.accuracy import (
    ALIKE,
    Accuracy,
    Score,
    absolute_errors,
    coverage,
    mase,
    mean_known,
    pinball_loss,
    ratio,
    seasonal_scale,
    wape,
)
from forecasting.backtest import Backtest
from forecasting.combination import combine
from forecasting.correction import Correction, no_correction
from forecasting.gate import HURDLES, Gate, Losses, history_too_short, judge
from forecasting.intervals import Bounds, bounds_from, bounds_from_spread, from_roots, quantiles, roots_of
from forecasting.panel import Panel
from forecasting.selection import Mix, Weight, equal_mix, weights_of
from forecasting.series import Values
from forecasting.standing import NO_LIMITS, Limits, learn_limits

COMBINATION = "combination"
LAST_VALUE = "last_value"
FULL_HORIZON = timedelta(days=1)
ALL_FOLDS = slice(None)
MOST_JUDGED = 0.95  # further out the origins of a backtest hold so few misses that chance would judge


@dataclass(frozen=True, slots=True)
class Planning:
    """What the forecast will be used for: a quantile of demand, over the time capacity takes to arrive."""

    level: float
    lead_time: timedelta

    @property
    def lead_hours(self) -> float:
        """The lead time in hours."""
        return self.lead_time / timedelta(hours=1)

    @property
    def judged(self) -> "Planning":
        """The use at which the gate judges."""
        return replace(self, level=min(self.level, MOST_JUDGED))


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What is known about how well one series is forecast, and for what use (`planning`) it was judged.

    `burst` is how far above its forecast, in log space, a newest sample is a burst.
    """

    planning: Planning
    weights: tuple[Weight, ...]
    mix: Mix
    correction: Correction
    bounds: Bounds
    limits: Limits
    burst: float
    accuracy: Accuracy
    gate: Gate


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """One forecaster's record: points and planned quantiles, (series, folds, origins, leads)."""

    points: Values
    planned: Values


class _Part(NamedTuple):
    """Some of (series, folds, origins, leads), and how much each lead counts there."""

    taken: tuple[EllipsisType | slice | int, ...]
    weights: Values


def evaluate(
    panel: Panel, backtest: Backtest, names: Sequence[str], *, spread: Values, planning: Planning
) -> tuple[Evaluation, ...]:
    """Return what the backtest of a panel's members says of each series.

    `spread` (series, levels) helps out while errors are few.
    """
    combination = combine(backtest)
    forecasters = dict(zip(names, backtest.trial.forecasts, strict=True))
    forecasters[COMBINATION] = combination.forecasts
    forecasters[LAST_VALUE] = np.broadcast_to(backtest.trial.held[..., None], backtest.trial.truth.shape)
    trials = _Trials(backtest, roots_of(backtest.trial.truth), spread)
    tracks, judged = trials.tracks(forecasters, planning.level), planning.judged
    bounds = trials.bounds(roots_of(combination.forecasts))
    said = zip(
        learn_limits(combination.surprises),
        weights_of(names, combination.mix, combination.errors, backtest.leads),
        _accuracies(panel, backtest, tracks, planning),
        _gates(trials, tracks if judged == planning else trials.tracks(forecasters, judged.level), judged),
        strict=True,
    )
    return tuple(
        Evaluation(
            planning=planning,
            weights=weights,
            mix=combination.mix.select(row),
            correction=combination.correction.select(row),
            bounds=bounds.select(row),
            limits=limits,
            burst=float(combination.bursts[row]),
            accuracy=accuracy,
            gate=gate,
        )
        for row, (limits, weights, accuracy, gate) in enumerate(said)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Trials:
    """What every forecaster of a backtest is held against: roots of the truth, and the spread that helps out."""

    backtest: Backtest
    truth: Values
    spread: Values

    def tracks(self, forecasters: Mapping[str, Values], level: float) -> dict[str, _Track]:
        """Return the record of every forecaster by name, its bounds planned at a level."""
        return {name: self.track(points, level) for name, points in forecasters.items()}

    def track(self, points: Values, level: float) -> _Track:
        """Return a forecaster's points with its planned quantiles, whose bounds come from the other half of folds."""
        roots, planned = roots_of(points), np.empty_like(self.truth)
        halves = self.backtest.halves()
        for half, other in zip(halves, reversed(halves), strict=True):
            bounds = self.bounds(roots, other)
            offsets = bounds.at(self.backtest.leads.hours, np.array([level]), self.backtest.hours[half])[:, 0]
            planned[:, half] = from_roots(roots[:, half] + offsets)
        return _Track(points, planned)

    def bounds(self, roots: Values, folds: slice = ALL_FOLDS) -> Bounds:
        """Return bounds from the errors that a forecaster's roots make at some of the folds."""
        errors = self.truth[:, folds] - roots[:, folds]
        return bounds_from(errors, self.backtest.leads, self.backtest.hours[folds], self.spread)


def _accuracies(
    panel: Panel, backtest: Backtest, tracks: Mapping[str, _Track], planning: Planning
) -> tuple[Accuracy, ...]:
    scale = seasonal_scale(np.expm1(panel.logs), panel.steps.per_day)
    hour = np.count_nonzero(backtest.leads.hours < 1.0)
    # The whole day is seen from the folds' first origins; there a lead counts for all steps it stands for.
    near, far = _Part(np.s_[..., :hour], ALIKE), _Part(np.s_[:, :, 0], np.round(backtest.leads.share))
    first, full = (
        {name: _scores(backtest.trial.truth, track, part, scale, planning) for name, track in tracks.items()}
        for part in (near, far)
    )
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


def _scores(truth: Values, track: _Track, part: _Part, scale: Values, planning: Planning) -> list[Score]:
    """Return one score for each series over a part of the leads and origins."""
    truth, point, planned = (each[part.taken] for each in (truth, track.points, track.planned))
    columns = (
        mase(truth, point, scale, weights=part.weights),
        wape(truth, point, weights=part.weights),
        ratio(pinball_loss(truth, planned, planning.level, weights=part.weights), scale),
        coverage(truth, planned, weights=part.weights),
    )
    return [Score(*map(float, row)) for row in zip(*columns, strict=True)]


def _gates(trials: _Trials, tracks: Mapping[str, _Track], planning: Planning) -> tuple[Gate, ...]:
    """Return the verdict for each series over the lead time, with the step that begins as it ends."""
    backtest = trials.backtest
    lead = backtest.leads.hours <= planning.lead_hours
    truth = backtest.trial.truth[..., lead]
    losses = {
        name: _by_origin(truth, tracks[name].planned[..., lead], planning.level)
        for name in (COMBINATION, *(hurdle.rival for hurdle in HURDLES))
        if name in tracks
    }
    losses["constant"] = _better(
        *(_by_origin(truth, planned[..., lead], planning.level) for planned in _constants(trials, planning))
    )
    mine = losses.pop(COMBINATION)
    means = {name: mean_known(loss, axis=(1, 2)) for name, loss in losses.items()}
    different = backtest.distinct / mine[0].size  # the others were seen from more than one fold
    doubts = {name: _standard_error(mine - loss, different) for name, loss in losses.items()}
    origins = np.round(np.sum(~np.isnan(mine), axis=(1, 2)) * different)
    demand = absolute_errors(truth, np.zeros(1))
    return tuple(
        judge(
            Losses(
                origins=int(origins[row]),
                mine=float(mean),
                rivals={name: float(of_rival[row]) for name, of_rival in means.items()},
                doubts={name: float(doubt[row]) for name, doubt in doubts.items()},
                demand=float(demand[row]),
            )
        )
        for row, mean in enumerate(mean_known(mine, axis=(1, 2)))
    )


def _by_origin(truth: Values, planned: Values, level: float) -> Values:
    """Return the mean pinball loss from each origin, (series, folds, origins), NaN where no truth is known."""
    leads = truth.shape[-1]
    return pinball_loss(truth.reshape(-1, leads), planned.reshape(-1, leads), level).reshape(truth.shape[:-1])


def _standard_error(differences: Values, different: float) -> Values:
    """Return the standard error of the mean of differences (series, folds, origins), (series,).

    Origins of a fold share its fits and err alike, so that a fold counts as one; such a share of them is `different`.
    """
    of_folds = mean_known(differences)
    folds = np.sum(~np.isnan(of_folds), axis=1)
    variance = mean_known((of_folds - mean_known(of_folds)[:, None]) ** 2) * folds / np.maximum(folds - 1, 1)
    error: Values = np.sqrt(variance / np.maximum(folds * different, 1.0))
    return error


def _constants(trials: _Trials, planning: Planning) -> tuple[Values, Values]:
    """Return two ways to plan with a constant, (series, folds, origins, leads), from the week before each fold.

    One is its planning quantile, the other its median with bounds from its own errors, as all others have them. Without
    that a forecast beats it by how bounds are learned, in one of twenty cases on noise.
    """
    weeks = trials.backtest.week_before
    flat = quantiles(weeks.reshape(-1, weeks.shape[-1]), np.array([planning.level, 0.5]))
    quantile, median = (np.broadcast_to(each.reshape(*weeks.shape[:2], 1, 1), trials.truth.shape) for each in flat.T)
    return quantile, trials.track(median, planning.level).planned


def _better(one: Values, other: Values) -> Values:
    """Return the losses (series, folds, origins) of whichever has lost less in each series."""
    first = mean_known(one, axis=(1, 2)) <= mean_known(other, axis=(1, 2))
    return np.where(first[:, None, None], one, other)


def unproven(names: Sequence[str], spread: Values, planning: Planning, history: timedelta) -> tuple[Evaluation, ...]:
    """Return what can be said of series too short for a backtest: equal weights, bounds from the spread alone."""
    nothing = Accuracy(origins=0, planning_level=planning.level, horizon=FULL_HORIZON, first_hour={}, full_horizon={})
    bounds = bounds_from_spread(spread)
    return tuple(
        Evaluation(
            planning=planning,
            weights=tuple(Weight(name, 1.0 / len(names), math.nan) for name in names),
            mix=equal_mix(len(names)),
            correction=no_correction(),
            bounds=bounds.select(row),
            limits=NO_LIMITS,
            burst=math.inf,
            accuracy=nothing,
            gate=history_too_short(history),
        )
        for row in range(len(spread))
    )
