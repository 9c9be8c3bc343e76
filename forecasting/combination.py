"""Combination of the members at the origins of a backtest: weighted by their errors, corrected by its own newest ones.

At each origin both rest on other folds only: weights on all the others, the correction on the other half.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.accuracy import absolute_errors, mean_known
from forecasting.backtest import Backtest
from forecasting.bursts import burst_limits, with_bursts
from forecasting.correction import Correction, learn_correction
from forecasting.panel import demand_of
from forecasting.selection import Mix, mix_from
from forecasting.series import Values


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """The combined forecasts, (series, folds, origins, leads), and what all folds together teach for the time to come.

    `errors` is (series, members, windows); an error is NaN where no truth was known. `surprises` (series, folds,
    origins, memories) is how the newest samples deviated from the combined pattern. `bursts` (series,) is how far above
    its forecast, in log space, a newest sample is a burst.
    """

    forecasts: Values
    errors: Values
    mix: Mix
    correction: Correction
    surprises: Values
    bursts: Values


def combine(backtest: Backtest) -> Combination:
    """Return the combination at every origin of a backtest."""
    by_fold = _errors_by_fold(backtest)
    demand = np.nan_to_num(absolute_errors(backtest.trial.truth, np.zeros(1)))
    shares = _shares_without_own_fold(backtest, by_fold, demand)
    mixed = np.einsum("msfol,sfml->sfol", backtest.trial.forecasts, shares)
    surprises = np.einsum("msfok,sfm->sfok", backtest.trial.surprises, shares[..., 0])
    recalled = np.einsum("msfo,sfm->sfo", backtest.trial.recalled, shares[..., 0])
    logs, gaps = np.log1p(mixed), np.log1p(backtest.trial.held) - np.log1p(recalled)
    halves = backtest.halves()
    for half, other in zip(halves, reversed(halves), strict=True):
        added = _learn(backtest, mixed, surprises, other).at(backtest.leads.hours, surprises[:, half])
        logs[:, half] += added
        gaps[:, half] -= added[..., 0]
    for half, other in zip(halves, reversed(halves), strict=True):
        limits = burst_limits(gaps[:, other])[:, None, None, None]
        logs[:, half] = with_bursts(logs[:, half], gaps[:, half, :, None], limits, backtest.leads.centres)
    errors = mean_known(by_fold, axis=1)
    return Combination(
        forecasts=demand_of(logs, backtest.trial.ceiling[..., None]),
        errors=errors,
        mix=mix_from(errors, demand, backtest.leads),
        correction=_learn(backtest, mixed, surprises, slice(None)),
        surprises=surprises,
        bursts=burst_limits(gaps),
    )


def _errors_by_fold(backtest: Backtest) -> Values:
    """Return mean absolute errors (series, folds, members, windows), NaN where a fold has no known truth."""
    truth = backtest.trial.truth
    known = ~np.isnan(truth)
    misses = np.where(known, np.abs(backtest.trial.forecasts - truth), 0.0).sum(axis=-2) @ backtest.leads.membership
    counts = known.sum(axis=-2) @ backtest.leads.membership
    return np.moveaxis(misses / np.where(counts > 0, counts, np.nan), 0, 2)


def _shares_without_own_fold(backtest: Backtest, by_fold: Values, demand: Values) -> Values:
    """Return shares (series, folds, members, leads), each fold's from the errors of the others."""
    others = (mean_known(np.delete(by_fold, fold, axis=1), axis=1) for fold in range(by_fold.shape[1]))
    return np.stack([mix_from(each, demand, backtest.leads).at(backtest.leads.hours) for each in others], axis=1)


def _learn(backtest: Backtest, combined: Values, surprises: Values, folds: slice) -> Correction:
    """Return the correction that the origins of some folds teach."""
    errors = np.log1p(backtest.trial.truth[:, folds]) - np.log1p(combined[:, folds])
    rows = len(errors)
    return learn_correction(
        backtest.leads,
        errors.reshape(rows, -1, errors.shape[-1]),
        surprises[:, folds].reshape(rows, -1, surprises.shape[-1]),
    )
