"""What an evaluation says of the steps ahead: the same as each of its parts, asked for once."""

import numpy as np

from forecasting import fit
from forecasting.ahead import ahead_of, members_ahead
from forecasting.seasons import local_steps
from forecasting.surprises import CARRIED, MEMORIES
from tests.forecasting.loads import a_series, noisy_week

FITTED = fit(a_series(noisy_week(14)))
EVALUATION = FITTED.evaluation
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


def test_members_ahead_expect_their_patterns_and_what_is_left_of_a_surprise() -> None:
    steps = local_steps(FITTED.origin.timestamp(), SECONDS, COUNT, FITTED.calendar.zone)
    ahead = members_ahead(FITTED.members, steps)
    surprises = np.zeros((len(FITTED.members), len(MEMORIES)))
    patterns = np.concatenate([member.pattern(steps) for member in FITTED.members])
    np.testing.assert_array_equal(ahead.after(surprises), patterns)
    surprises[:, CARRIED] = 0.1
    np.testing.assert_allclose(ahead.after(surprises), patterns + 0.1 * ahead.left)
    np.testing.assert_allclose(ahead.lifted(0.5).after(surprises), ahead.after(surprises) + 0.5)


def test_what_is_left_of_a_surprise_fades_with_the_lead() -> None:
    steps = local_steps(FITTED.origin.timestamp(), SECONDS, COUNT, FITTED.calendar.zone)
    left = members_ahead(FITTED.members, steps).left
    assert np.all(np.diff(left, axis=1) <= 0)
    assert left.max() <= 1
