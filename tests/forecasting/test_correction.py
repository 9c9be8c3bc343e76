import numpy as np
import pytest

from forecasting.correction import learn_correction, no_correction
from forecasting.leads import leads_of
from forecasting.surprises import MEMORIES
from tests.forecasting.loads import a_panel

RNG = np.random.default_rng(5)
LEADS = leads_of(a_panel(np.zeros(288)).steps)
AHEAD = len(LEADS.steps)
SURPRISES = RNG.normal(size=(1, 500, len(MEMORIES)))


def test_it_learns_how_the_error_follows_the_surprises() -> None:
    errors = (0.8 * SURPRISES[..., 0] - 0.2 * SURPRISES[..., 4])[..., None] * np.ones(AHEAD)

    correction = learn_correction(LEADS, errors, SURPRISES)

    added = correction.at(np.array([0.05]), np.array([[1.0, 0.0, 0.0, 0.0, 1.0]]))
    assert added.item() == pytest.approx(0.6, abs=0.03)


def test_each_window_of_lead_has_its_own_answer() -> None:
    errors = SURPRISES[..., :1] * (LEADS.hours < 1)

    correction = learn_correction(LEADS, errors, SURPRISES)

    added = correction.at(np.array([0.1, 0.5, 20.0]), np.eye(1, len(MEMORIES)))[0]
    assert added == pytest.approx([1.0, 1.0, 0.0], abs=0.05)


def test_errors_that_follow_nothing_correct_next_to_nothing() -> None:
    correction = learn_correction(LEADS, RNG.normal(size=(1, 500, AHEAD)), SURPRISES)

    assert np.abs(correction.coefficients).max() < 0.15


def test_without_origins_nothing_is_corrected() -> None:
    unlearned = learn_correction(LEADS, np.empty((1, 0, AHEAD)), np.empty((1, 0, len(MEMORIES))))

    for correction in (unlearned, no_correction()):
        assert not correction.at(LEADS.hours, np.full((1, len(MEMORIES)), 5.0)).any()


def test_a_window_with_some_truth_missing_rests_on_the_rest() -> None:
    errors = SURPRISES[..., :1] * np.ones(AHEAD)
    errors[:, :, ::2] = np.nan

    correction = learn_correction(LEADS, errors, SURPRISES)

    assert correction.coefficients[0, 0] == pytest.approx(np.ones(len(LEADS.windows)), abs=0.05)


def test_an_origin_without_truth_speaks_against_a_correction() -> None:
    errors = SURPRISES[..., :1] * np.ones(AHEAD)
    errors[:, ::2] = np.nan

    correction = learn_correction(LEADS, errors, SURPRISES)

    assert correction.coefficients[0, 0, 0] == pytest.approx(0.5, abs=0.1)


def test_surprises_of_many_origins_are_corrected_at_once() -> None:
    correction = learn_correction(LEADS, SURPRISES[..., :1] * np.ones(AHEAD), SURPRISES)

    together = correction.at(LEADS.hours, SURPRISES.reshape(1, 5, 100, -1))

    np.testing.assert_allclose(together[0, 3, 7], correction.at(LEADS.hours, SURPRISES[:, 307])[0])
