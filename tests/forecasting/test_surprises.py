import numpy as np
import pytest

from forecasting.series import Values
from forecasting.surprises import CARRIED, MEMORIES, renewed, surprises_at, surprises_of

FIVE_MINUTES = 300.0


def test_a_lasting_deviation_is_the_surprise_of_every_memory() -> None:
    assert surprises_of(np.full(288, 0.7), FIVE_MINUTES).tolist() == pytest.approx([0.7] * len(MEMORIES))


def test_a_short_memory_sees_a_jump_before_a_long_one() -> None:
    jump = np.array([0.0] * 276 + [1.0] * 12)

    surprises = surprises_of(jump, FIVE_MINUTES)

    assert (np.diff(surprises) < 0).all()
    assert surprises[0] > 0.99
    assert surprises[-1] < 0.15


def test_what_members_carry_forward_is_half_an_hour_old_on_average() -> None:
    ages = np.arange(288)[::-1] / 12

    assert surprises_of(ages, FIVE_MINUTES)[CARRIED] == pytest.approx(0.5, abs=0.05)


def test_unknown_deviations_do_not_count() -> None:
    deviations = np.array([[0.5] * 100, [0.5] * 50 + [np.nan] * 50, [np.nan] * 100])

    surprises = surprises_of(deviations, FIVE_MINUTES)

    np.testing.assert_allclose(surprises[:2], 0.5)
    assert not surprises[2].any()


def test_renewing_step_by_step_is_renewing_at_once() -> None:
    deviations = np.random.default_rng(1).normal(size=(3, 7))
    before: Values = np.ones((3, len(MEMORIES)))

    stepwise = before
    for step in range(7):
        stepwise = renewed(stepwise, deviations[:, step : step + 1], FIVE_MINUTES)

    np.testing.assert_allclose(renewed(before, deviations, FIVE_MINUTES), stepwise)


def test_renewing_for_long_forgets_what_was_before() -> None:
    deviations = np.random.default_rng(2).normal(size=(2, 2000))

    after = renewed(np.full((2, len(MEMORIES)), 99.0), deviations, FIVE_MINUTES)

    np.testing.assert_allclose(after, surprises_of(deviations, FIVE_MINUTES), atol=1e-3)


def test_an_unknown_step_is_passed_over() -> None:
    before = np.full((1, len(MEMORIES)), 0.3)

    assert renewed(before, np.array([[np.nan]]), FIVE_MINUTES).tolist() == before.tolist()


def test_surprises_at_many_ends_are_those_of_each_window_alone() -> None:
    deviations = np.random.default_rng(3).normal(size=(2, 60))
    deviations[1, 20:25] = np.nan

    at = surprises_at(deviations, np.array([30, 47, 60]), 30, FIVE_MINUTES)

    windows = [surprises_of(deviations[:, end - 30 : end], FIVE_MINUTES) for end in (30, 47, 60)]
    np.testing.assert_allclose(at, np.stack(windows, axis=1))
