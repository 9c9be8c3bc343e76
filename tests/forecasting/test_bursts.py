"""While the newest sample lies far above its forecast, the next minutes are expected to lie as far above theirs."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forecasting import FittedForecast, fit
from forecasting.backtest import fold_positions, run_backtest
from forecasting.bursts import burst_limits, with_bursts
from forecasting.combination import combine
from forecasting.models import MEMBERS
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, MONDAY, a_panel, a_series, noisy_week

DAY = 288  # samples
ORIGIN = 21 * DAY + 120
HOURS = np.array([0.0, 0.25, 0.5, 1.0])
MINUTE = timedelta(minutes=1)


def carried(gap: float, left: float = math.nan) -> list[float]:
    """What becomes of an expected 1.0 in log space after a newest sample so far above its forecast."""
    return list(map(float, with_bursts(np.full((1, 4), 1.0), np.array([[gap]]), 0.3, HOURS, left=left)[0]))


def next_hour(fitted: FittedForecast) -> Values:
    return fitted.forecast(timedelta(hours=1), levels=()).point.values


def without_bursts(fitted: FittedForecast) -> FittedForecast:
    return replace(fitted, evaluation=replace(fitted.evaluation, burst=math.inf))


def updated(values: Values, fitted_at: int) -> FittedForecast:
    """A forecaster fitted on so many samples that was told the others since."""
    return fit(a_series(values[:fitted_at])).update(
        a_series(values[fitted_at:], start=MONDAY + fitted_at * FIVE_MINUTES)
    )


def with_a_burst(factor: float, first: int, last: int) -> Values:
    values = noisy_week(22)[:ORIGIN]
    values[first:last] *= factor
    return values


def test_a_burst_counts_half_as_much_a_quarter_of_an_hour_ahead_and_hardly_beyond_the_hour() -> None:
    assert carried(1.0) == pytest.approx([2.0, 1.5, 1.0 + 0.5**4, 1.0 + 0.5**16])


@pytest.mark.parametrize(
    "gap",
    [0.0, 0.29, -1.0, math.log(11), math.nan],
    ids=["as expected", "usual", "a fall", "a counter's mistake", "unknown"],
)
def test_what_is_no_burst_changes_nothing(gap: float) -> None:
    assert carried(gap) == [1.0] * 4


@pytest.mark.parametrize(
    ("gap", "left", "first"),
    [(1.0, 0.4, 1.4), (1.0, 1.2, 2.2), (1.0, -2.0, 1.0), (0.1, 2.0, 1.0)],
    ids=["going", "growing", "over", "none began"],
)
def test_a_step_in_progress_says_what_is_left_of_a_burst(gap: float, left: float, first: float) -> None:
    assert carried(gap, left)[0] == pytest.approx(first)


@pytest.mark.parametrize("bursts", [0, 40])
def test_a_burst_lies_beyond_the_noise_of_gaps_however_many_were_bursts(bursts: int) -> None:
    gaps = np.random.default_rng(3).normal(0, 0.1, (1, 12, 24))
    gaps.ravel()[:bursts] = 3.0

    assert float(burst_limits(gaps)[0]) == pytest.approx(0.45, abs=0.1)


def test_a_load_without_gaps_needs_a_quarter_more_to_burst() -> None:
    assert burst_limits(np.zeros((1, 5, 10))).tolist() == [math.log(1.25)]


@pytest.mark.parametrize("gaps", [np.zeros((2, 0, 24)), np.full((2, 3, 24), np.nan)], ids=["no folds", "all unknown"])
def test_while_no_gap_was_seen_nothing_is_a_burst(gaps: Values) -> None:
    assert burst_limits(gaps).tolist() == [math.inf] * 2


@pytest.mark.parametrize("fitted_at", [ORIGIN, ORIGIN - 12], ids=["fitted", "updated"])
@pytest.mark.parametrize("factor", [2.0, 4.0])
@pytest.mark.parametrize("samples", [1, 4])
def test_a_burst_that_nothing_foresaw_is_followed_at_once(factor: float, samples: int, fitted_at: int) -> None:
    values = with_a_burst(factor, ORIGIN - samples, ORIGIN)

    ahead = next_hour(updated(values, fitted_at))

    assert ahead[0] == pytest.approx(values[-1], rel=0.1)
    assert ahead[-1] == pytest.approx(noisy_week(22)[ORIGIN + 11], rel=0.25)


def test_a_step_in_progress_begins_no_burst_for_all_that_it_has_may_come_first() -> None:
    before = fit(a_series(noisy_week(22)[:ORIGIN]))
    usual = float(next_hour(before)[0])

    fitted = before.update(a_series([3 * usual], MINUTE, before.origin))

    np.testing.assert_array_equal(next_hour(fitted), next_hour(without_bursts(fitted)))


@pytest.mark.parametrize("samples", [1, 6])
def test_the_end_of_a_burst_is_followed_at_once_too(samples: int) -> None:
    values = with_a_burst(4.0, ORIGIN - samples - 1, ORIGIN - 1)

    ahead = next_hour(updated(values, ORIGIN - 12))

    assert ahead[0] == pytest.approx(values[-1], rel=0.1)


def test_the_end_of_a_burst_is_seen_within_the_step_in_progress() -> None:
    fitted = updated(with_a_burst(4.0, ORIGIN - 6, ORIGIN), ORIGIN - 12)
    usual = float(next_hour(without_bursts(fitted))[0])

    over = fitted.update(a_series([usual], MINUTE, fitted.origin))

    assert next_hour(fitted)[0] > 3 * usual
    assert next_hour(over)[0] == pytest.approx(usual, rel=0.1)


def test_the_end_of_a_spike_that_was_foreseen_is_not_held() -> None:
    values = noisy_week(22)
    daily = np.arange(len(values)) % DAY
    values[(daily >= 114) & (daily < 120)] *= 5

    fitted = updated(values[:ORIGIN], ORIGIN - 12)

    assert values[ORIGIN - 1] > 4 * values[ORIGIN]
    np.testing.assert_array_equal(next_hour(fitted), next_hour(without_bursts(fitted)))


def test_a_fall_is_not_followed() -> None:
    fitted = updated(with_a_burst(0.3, ORIGIN - 2, ORIGIN), ORIGIN - 12)

    np.testing.assert_array_equal(next_hour(fitted), next_hour(without_bursts(fitted)))


def test_a_load_that_is_back_at_once_after_an_outage_is_followed_as_soon() -> None:
    origin = 6 * DAY + 120
    values = noisy_week(7)
    back = values[origin]
    values[origin - 10 : origin - 2] *= 0.1
    values[origin - DAY - 90 : origin - DAY - 84] *= 0.1  # one that the backtest saw, so that falls are heard

    fitted = updated(values[:origin], origin - 36)

    assert next_hour(without_bursts(fitted))[0] < 0.5 * back
    assert next_hour(fitted)[0] == pytest.approx(back, rel=0.1)


def test_a_backtest_follows_bursts_as_well() -> None:
    values = noisy_week(28, scale=0.1)
    for day in range(15, 27, 3):
        first = day * DAY + day * 7 % 24 * 12 + 4
        values[first : first + 28] *= 3
    backtest = run_backtest(a_panel(values), MEMBERS)
    truth, held = backtest.trial.truth[0, ..., 0], backtest.trial.held[0]

    expected = combine(backtest).forecasts[0, ..., 0]

    within = (held > 450) & (truth > 450)  # more than was ever usual
    assert np.count_nonzero(within) == 8
    np.testing.assert_allclose(expected[within], truth[within], rtol=0.15)


def test_a_backtest_recalls_only_samples_that_are_known() -> None:
    values = noisy_week(6)
    origin = fold_positions(a_panel(values).steps)[-1] + 3 * 12
    values[origin - 1] = np.nan

    recalled = run_backtest(a_panel(values), MEMBERS).trial.recalled[:, 0, -1]

    assert np.flatnonzero(np.isnan(recalled).all(axis=0)).tolist() == [3]
    assert np.flatnonzero(np.isnan(recalled).any(axis=0)).tolist() == [3]
