import numpy as np
import pytest

from forecasting.correction import learn_correction, no_correction, surprises_of

RNG = np.random.default_rng(5)
LEADS = np.arange(48) / 12
SURPRISES = RNG.normal(size=(1, 500, 2))


def test_it_learns_how_the_error_follows_the_surprise() -> None:
    errors = (0.8 * SURPRISES[..., 0] - 0.2 * SURPRISES[..., 1])[..., None] * np.ones(48)

    correction = learn_correction(LEADS, errors, SURPRISES)

    added = correction.at(np.array([0.05]), np.array([[1.0, 1.0]]))
    assert added.item() == pytest.approx(0.6, abs=0.03)


def test_it_fades_to_nothing_at_the_end_of_its_windows() -> None:
    errors = SURPRISES[..., :1] * np.ones(48)

    correction = learn_correction(LEADS, errors, SURPRISES)

    added = correction.at(np.array([0.1, 3.0, 4.0, 24.0]), np.array([[1.0, 0.0]]))[0]
    assert added[0] > added[1] > added[2]
    assert added[2:].tolist() == [0.0, 0.0]


def test_errors_that_follow_nothing_correct_next_to_nothing() -> None:
    correction = learn_correction(LEADS, RNG.normal(size=(1, 500, 48)), SURPRISES)

    assert np.abs(correction.coefficients).max() < 0.1


def test_without_origins_nothing_is_corrected() -> None:
    unlearned = learn_correction(LEADS, np.empty((1, 0, 48)), np.empty((1, 0, 2)))

    for correction in (unlearned, no_correction(1)):
        assert not correction.at(LEADS, np.array([[5.0, 5.0]])).any()


def test_missing_truth_is_left_out() -> None:
    errors = SURPRISES[..., :1] * np.ones(48)
    errors[:, ::2, ::3] = np.nan

    correction = learn_correction(LEADS, errors, SURPRISES)

    assert np.isfinite(correction.coefficients).all()
    assert correction.coefficients[0, 0, 0] == pytest.approx(1.0, abs=0.05)


def test_the_step_in_progress_counts_for_the_newest_surprise() -> None:
    recent = np.array([*np.zeros(11), 1.0, 3.0])

    surprises = surprises_of(recent, np.zeros(13), steps_per_hour=12)

    assert surprises.tolist() == pytest.approx([2.0, 4.0 / 13])
