"""Combination of the members at the origins of a backtest: weighted by their errors, corrected by its own newest ones.

At each origin both rest on other folds only: weights on all the others, the correction on the other half.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.accuracy import absolute_errors
from forecasting.backtest import Backtest, Trial
from forecasting.correction import Correction, learn_correction, surprises_of
from forecasting.panel import demand_of
from forecasting.selection import weights_from
from forecasting.series import Flags, Values


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """The combined forecasts, (series, folds, origins, steps), and what all folds together teach for the time to come.

    `errors` and `weights` are (series, members); an error is NaN where no truth was known.
    """

    near: Values
    far: Values
    errors: Values
    weights: Values
    correction: Correction


def combine(backtest: Backtest) -> Combination:
    """Return the combination at every origin of a backtest."""
    by_fold = _errors_by_fold(backtest.far)
    demand = np.nan_to_num(absolute_errors(backtest.far.truth, np.zeros(1)))
    weights = _weights_without_own_fold(by_fold, demand)
    near, far = _mixed(backtest.near.forecasts, weights), _mixed(backtest.far.forecasts, weights)
    near_surprises, far_surprises = _surprises(backtest.near, weights), _surprises(backtest.far, weights)
    near_added, far_added = np.empty_like(near), np.empty_like(far)
    for half in backtest.halves():
        correction = _learn(backtest.near, near, near_surprises, ~half)
        near_added[:, half] = correction.at(backtest.near.leads, near_surprises[:, half])
        far_added[:, half] = correction.at(backtest.far.leads, far_surprises[:, half])
    errors = _mean_over_folds(by_fold)
    everything = np.ones(len(backtest.positions), dtype=bool)
    return Combination(
        near=demand_of(np.log1p(near) + near_added, backtest.near.ceiling),
        far=demand_of(np.log1p(far) + far_added, backtest.far.ceiling),
        errors=errors,
        weights=weights_from(errors, demand),
        correction=_learn(backtest.near, near, near_surprises, everything),
    )


def _errors_by_fold(far: Trial) -> Values:
    """Return mean absolute errors (series, folds, members), NaN where a fold has no known truth."""
    members, series, folds = far.forecasts.shape[:3]
    truth = np.broadcast_to(far.truth, far.forecasts.shape).reshape(members * series * folds, -1)
    errors = absolute_errors(truth, far.forecasts.reshape(truth.shape))
    return np.moveaxis(errors.reshape(members, series, folds), 0, 2)


def _mean_over_folds(by_fold: Values) -> Values:
    known = ~np.isnan(by_fold)
    counts = known.sum(axis=1)
    means: Values = np.where(known, by_fold, 0.0).sum(axis=1) / np.where(counts > 0, counts, np.nan)
    return means


def _weights_without_own_fold(by_fold: Values, demand: Values) -> Values:
    """Return weights (series, folds, members), each fold's from the errors of the others."""
    others = (_mean_over_folds(np.delete(by_fold, fold, axis=1)) for fold in range(by_fold.shape[1]))
    return np.stack([weights_from(each, demand) for each in others], axis=1)


def _mixed(forecasts: Values, weights: Values) -> Values:
    """Return forecasts (members, series, folds, origins, steps) mixed by weights (series, folds, members)."""
    mixed: Values = np.einsum("msfot,sfm->sfot", forecasts, weights)
    return mixed


def _surprises(trial: Trial, weights: Values) -> Values:
    """Return how the newest samples deviate from the combined pattern, (series, folds, origins, spans)."""
    return surprises_of(np.log1p(trial.recent), np.log1p(_mixed(trial.usual, weights)), trial.recent.shape[-1])


def _learn(near: Trial, combined: Values, surprises: Values, folds: Flags) -> Correction:
    """Return the correction that the near origins of some folds teach."""
    errors = np.log1p(near.truth[:, folds]) - np.log1p(combined[:, folds])
    learned = surprises[:, folds].reshape(len(errors), -1, surprises.shape[-1])
    return learn_correction(near.leads, errors.reshape(len(errors), -1, errors.shape[-1]), learned)
