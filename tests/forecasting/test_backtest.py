from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasting.backtest import Backtest, fold_positions, run_backtest
from forecasting.models import MEMBERS
from forecasting.panel import Panel
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_panel, noisy_week, usual_week

DAY = 288


def backtest_of(panel: Panel) -> Backtest:
    return run_backtest(panel, MEMBERS)


@pytest.mark.parametrize(
    ("days", "step", "folds"),
    [(1, FIVE_MINUTES, 0), (2, FIVE_MINUTES, 1), (3, FIVE_MINUTES, 3), (28, FIVE_MINUTES, 12), (28, HOUR, 12)],
)
def test_the_number_of_folds_follows_the_history(days: int, step: timedelta, folds: int) -> None:
    panel = a_panel(usual_week(days, step), step)

    assert len(fold_positions(panel.steps)) == folds


def test_folds_stand_at_mixed_hours_of_the_newer_half() -> None:
    panel = a_panel(usual_week(28))

    positions = fold_positions(panel.steps)

    assert positions[0] == 14 * DAY
    assert positions[-1] == 27 * DAY
    assert len({position % DAY // 12 for position in positions}) >= 6


@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "with gaps across origins"])
def test_nothing_after_an_origin_reaches_its_forecast(*, gaps: bool) -> None:
    values = noisy_week(6)
    position = fold_positions(a_panel(values).steps)[1]
    if gaps:
        values[position - 3 : position + 3] = np.nan
        values[position - 400 : position - 300] = np.nan
    changed = values.copy()
    changed[position:] *= np.random.default_rng(0).uniform(0.1, 9, len(values) - position)

    before, after = backtest_of(a_panel(values)), backtest_of(a_panel(changed))

    # The fold before looks at hours that were changed, but from origins before them.
    np.testing.assert_array_equal(before.trial.forecasts[:, :, 0, :5], after.trial.forecasts[:, :, 0, :5])
    np.testing.assert_array_equal(before.trial.forecasts[:, :, 1, :1], after.trial.forecasts[:, :, 1, :1])
    np.testing.assert_array_equal(before.trial.held[:, 1, :1], after.trial.held[:, 1, :1])
    np.testing.assert_array_equal(before.trial.surprises[:, :, 1, :1], after.trial.surprises[:, :, 1, :1])
    np.testing.assert_array_equal(before.week_before[:, :2], after.week_before[:, :2])
    assert not np.array_equal(before.trial.forecasts[:, :, 2:], after.trial.forecasts[:, :, 2:])


def test_origins_within_a_day_know_only_what_came_before_them() -> None:
    values = noisy_week(6)
    fold = fold_positions(a_panel(values).steps)[-1]
    origin = fold + 3 * 12
    changed = values.copy()
    changed[origin:] *= 5

    before, after = backtest_of(a_panel(values)).trial, backtest_of(a_panel(changed)).trial

    np.testing.assert_array_equal(before.forecasts[:, :, -1, :4], after.forecasts[:, :, -1, :4])
    np.testing.assert_array_equal(before.held[:, -1, :4], after.held[:, -1, :4])
    np.testing.assert_array_equal(before.surprises[:, :, -1, :4], after.surprises[:, :, -1, :4])
    np.testing.assert_array_equal(before.recalled[:, :, -1, :4], after.recalled[:, :, -1, :4])
    assert not np.array_equal(before.forecasts[:, :, -1, 4:], after.forecasts[:, :, -1, 4:])


def test_no_sample_teaches_one_half_of_the_folds_and_tests_the_other() -> None:
    panel = a_panel(noisy_week(5))

    backtest = backtest_of(panel)

    targets = np.array(backtest.positions)[:, None, None] + 12 * np.arange(24)[:, None] + backtest.leads.steps
    later, earlier = backtest.halves()
    seen = ~np.isnan(backtest.trial.truth[0])
    assert targets[earlier][seen[earlier]].max() < targets[later].min()


def test_origins_that_several_folds_share_count_once() -> None:
    assert backtest_of(a_panel(noisy_week(4))).distinct == 2 * 24
    assert backtest_of(a_panel(usual_week(28))).distinct == 12 * 24


def test_the_truth_is_what_came_within_the_day_of_a_fold() -> None:
    values = noisy_week(28)

    backtest = backtest_of(a_panel(values))

    ahead = backtest.leads.steps
    inside = ahead < DAY - 24
    for fold, position in enumerate(backtest.positions):
        np.testing.assert_allclose(backtest.trial.truth[0, fold, 0], values[position + ahead])
        np.testing.assert_allclose(backtest.trial.truth[0, fold, 2, inside], values[position + 24 + ahead[inside]])
        assert np.isnan(backtest.trial.truth[0, fold, 2, ~inside]).all()
        np.testing.assert_allclose(backtest.trial.held[0, fold, 2], values[position + 23])


def test_hours_are_those_of_the_local_clock() -> None:
    panel = a_panel(noisy_week(6), zone=ZoneInfo("Asia/Kolkata"))

    backtest = backtest_of(panel)

    begin = MONDAY + backtest.positions[0] * FIVE_MINUTES
    local = begin.astimezone(ZoneInfo("Asia/Kolkata"))
    assert backtest.hours[0, 0, 0] == local.hour
    assert backtest.hours[0, 5, 0] == (local.hour + 5) % 24


def test_later_folds_are_scored_by_earlier_ones_and_the_other_way_round() -> None:
    later, earlier = backtest_of(a_panel(usual_week(28))).halves()

    folds = list(range(12))
    assert (folds[earlier], folds[later]) == (folds[:6], folds[6:])


def test_a_missing_last_value_is_held_from_before() -> None:
    values = noisy_week(6)
    fold = fold_positions(a_panel(values).steps)[0]
    values[fold + 10 : fold + 12] = np.nan

    backtest = backtest_of(a_panel(values))

    assert backtest.trial.held[0, 0, 1] == pytest.approx(values[fold + 9])
