"""What is made of newest samples that are far from what was expected."""

import math

import numpy as np
import pytest

from forecasting.standing import NO_LIMITS, NOTHING_APART, Limits, Standing, belief_in_level, hear, learn_limits
from forecasting.surprises import CARRIED, MEMORIES, renewed

LIMITS = Limits(sample=0.4, hour=0.2)
FIVE_MINUTES, HALF_AN_HOUR = 300.0, 1800.0
HOUR = 12  # samples


def added(deviations: list[float], standing: Standing = NOTHING_APART, seconds: float = FIVE_MINUTES) -> list[float]:
    return list(map(float, hear(standing, np.array(deviations), LIMITS, seconds).added))


def after(deviations: list[float]) -> Standing:
    return hear(NOTHING_APART, np.array(deviations), LIMITS, FIVE_MINUTES).standing


@pytest.mark.parametrize("deviation", [0.0, 0.1, -0.1, 0.3, -0.39])
def test_a_usual_deviation_is_heard_as_it_is(deviation: float) -> None:
    assert added([deviation] * 6) == [0.0] * 6


@pytest.mark.parametrize("deviation", [0.5, -0.5, -7.0, 12.0])
def test_what_is_far_off_for_less_than_an_hour_is_passed_over(deviation: float) -> None:
    assert added([0.1, *[deviation] * 11, 0.1]) == pytest.approx([0.0, *[math.nan] * 11, 0.0], nan_ok=True)


def test_a_rise_that_stands_for_an_hour_is_a_level() -> None:
    heard = hear(NOTHING_APART, np.array([0.3] * HOUR + [0.36]), LIMITS, FIVE_MINUTES)

    assert heard.added.tolist() == [0.0] * (HOUR + 1)
    assert heard.levels.tolist() == pytest.approx([0.0] * (HOUR - 1) + [0.3, (12 * 0.3 + 0.36) / 13])
    assert heard.standing.level(FIVE_MINUTES) == pytest.approx((12 * 0.3 + 0.36) / 13)


def test_a_level_counts_half_as_much_five_hours_ahead_and_hardly_beyond() -> None:
    assert belief_in_level(np.array([0.0, 5.0, 10.0])).tolist() == pytest.approx([1.0, 0.5, 0.0625])


@pytest.mark.parametrize("deviation", [-0.9, 1.5], ids=["a long outage", "a crowd"])
def test_a_fall_or_a_crowd_is_heard_up_to_the_limit_and_lifts_the_next_hours(deviation: float) -> None:
    side = math.copysign(1, deviation)

    standing = after([deviation] * HOUR)

    assert added([deviation] * HOUR)[-1] == pytest.approx(side * 0.4 - deviation)
    beyond = deviation - side * 0.4
    lifts = standing.lifts(np.array([0.0, 1.0, 24.0]), LIMITS, FIVE_MINUTES)
    assert lifts.tolist() == pytest.approx([beyond, beyond / 2, beyond / 2**24])


@pytest.mark.parametrize("deviation", [0.3, -0.9, 1.5])
def test_what_stood_apart_leaves_nothing_once_it_is_over(deviation: float) -> None:
    standing = after([*[deviation] * 2 * HOUR, 0.1])

    assert standing == NOTHING_APART
    assert standing.lifts(np.arange(3.0), LIMITS, FIVE_MINUTES).tolist() == [0.0] * 3


def test_a_change_of_side_begins_anew() -> None:
    assert after([0.5] * 5 + [-0.5] * 3) == Standing(-3, 3, -0.5, -0.5)


def test_unknown_samples_neither_break_nor_prolong() -> None:
    assert after([0.3, math.nan, math.nan, 0.3]).samples == 2
    assert after([math.nan]) == NOTHING_APART


def test_on_coarse_grids_an_hour_is_not_enough() -> None:
    deviations = [0.5] * 4

    assert added(deviations, seconds=HALF_AN_HOUR) == pytest.approx([math.nan] * 3 + [0.0], nan_ok=True)


@pytest.mark.parametrize("deviation", [0.3, 0.5], ids=["heard from the first sample on", "passed over for an hour"])
def test_what_surprises_heard_of_a_level_is_told(deviation: float) -> None:
    samples = 2 * HOUR
    heard = hear(NOTHING_APART, np.full(samples, deviation), LIMITS, FIVE_MINUTES)
    surprises = renewed(np.zeros((1, len(MEMORIES))), (deviation + heard.added)[None], FIVE_MINUTES)

    assert heard.standing.told(FIVE_MINUTES) == pytest.approx(surprises[0])


def test_what_is_no_level_leaves_surprises_as_they_are() -> None:
    assert after([0.3] * (HOUR - 1)).told(FIVE_MINUTES).tolist() == [0.0] * len(MEMORIES)
    assert after([-0.9] * HOUR).told(FIVE_MINUTES).tolist() == [0.0] * len(MEMORIES)


def test_one_by_one_is_the_same_as_all_at_once() -> None:
    deviations = np.random.default_rng(0).choice(
        [0.0, 0.3, 0.5, -0.5, 2.0, np.nan], 400, p=[0.1, 0.5, 0.2, 0.05, 0.1, 0.05]
    )

    standing = NOTHING_APART
    one_by_one: list[float] = []
    levels: list[float] = []
    for deviation in deviations:
        heard = hear(standing, np.array([deviation]), LIMITS, FIVE_MINUTES)
        standing = heard.standing
        one_by_one += heard.added.tolist()
        levels += [] if np.isnan(deviation) else heard.levels.tolist()

    at_once = hear(NOTHING_APART, deviations, LIMITS, FIVE_MINUTES)
    known = ~np.isnan(deviations)
    np.testing.assert_array_equal(np.array(one_by_one)[known], at_once.added[known])
    assert levels == at_once.levels[known].tolist()
    assert standing == at_once.standing


def test_without_limits_nothing_stands_apart() -> None:
    heard = hear(NOTHING_APART, np.array([50.0] * 20), NO_LIMITS, FIVE_MINUTES)

    assert heard.added.tolist() == [0.0] * 20
    assert heard.standing == NOTHING_APART


def test_limits_lie_a_margin_beyond_what_a_backtest_saw() -> None:
    surprises = np.zeros((2, 5, 20, len(MEMORIES)))
    surprises[0, 2, 3, 0] = -0.8
    surprises[0, :, :10, CARRIED] = 0.4

    noisy, quiet = learn_limits(surprises)

    assert noisy.sample == pytest.approx(1.0)
    assert noisy.hour == pytest.approx(0.5)
    assert 0 < quiet.hour < quiet.sample < 0.2


def test_the_newest_fold_sets_no_limits_as_it_is_judged_by_them() -> None:
    surprises = np.zeros((1, 3, 24, len(MEMORIES)))
    surprises[0, 2] = 3.0

    (limits,) = learn_limits(surprises)

    assert limits.sample < 0.2
