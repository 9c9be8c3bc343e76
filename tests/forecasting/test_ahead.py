"""What an evaluation says of the steps ahead: the same as each of its parts, asked for once."""

import numpy as np

from forecasting import fit
from forecasting.ahead import ahead_of
from tests.forecasting.loads import a_series, noisy_week

EVALUATION = fit(a_series(noisy_week(14))).evaluation
COUNT, SECONDS, LEVELS = 30, 300.0, (0.5, 0.98)


def test_steps_ahead_are_those_of_the_evaluations_parts() -> None:
    ahead = ahead_of(EVALUATION, COUNT, SECONDS, LEVELS)
    leads = np.arange(COUNT) * SECONDS / 3600
    np.testing.assert_allclose(ahead.leads, leads)
    np.testing.assert_allclose(ahead.centres, leads + 1 / 24)
    np.testing.assert_allclose(ahead.shares, EVALUATION.mix.at(leads)[0])
    np.testing.assert_allclose(ahead.shares.sum(axis=0), 1.0)
    hours = np.full(COUNT, 7)
    offsets = EVALUATION.bounds.at(leads, np.array(LEVELS), hours)[0]
    np.testing.assert_allclose(ahead.offsets * EVALUATION.bounds.width[0, hours], offsets)


def test_a_correction_ahead_adds_what_the_evaluations_adds() -> None:
    surprises = np.linspace(-0.2, 0.3, EVALUATION.correction.coefficients.shape[1])
    ahead = ahead_of(EVALUATION, COUNT, SECONDS, LEVELS)
    added = (surprises @ ahead.correction)[0]
    np.testing.assert_allclose(added, EVALUATION.correction.at(ahead.leads, surprises[None])[0])


def test_nearer_steps_are_the_same_however_many_follow() -> None:
    few, many = (ahead_of(EVALUATION, count, SECONDS, LEVELS) for count in (COUNT, 2 * COUNT))
    np.testing.assert_array_equal(few.shares, many.shares[:, :COUNT])
    np.testing.assert_array_equal(few.offsets, many.offsets[:, :COUNT])
