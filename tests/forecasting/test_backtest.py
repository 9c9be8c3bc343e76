from datetime import timedelta

import numpy as np
import pytest

from forecasting.backtest import Backtest, fold_positions, run_backtest
from forecasting.models import MEMBERS
from forecasting.panel import Panel
from tests.forecasting.loads import FIVE_MINUTES, HOUR, a_panel, noisy_week, usual_week

DAY = 288


def backtest_of(panel: Panel) -> Backtest:
    return run_backtest(panel, MEMBERS, near_hours=1.0)


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

    np.testing.assert_array_equal(before.far.forecasts[:, :, :2], after.far.forecasts[:, :, :2])
    np.testing.assert_array_equal(before.near.forecasts[:, :, :2, :1], after.near.forecasts[:, :, :2, :1])
    np.testing.assert_array_equal(before.near.held[:, :2, :1], after.near.held[:, :2, :1])
    np.testing.assert_array_equal(before.week_before[:, :2], after.week_before[:, :2])
    assert not np.array_equal(before.far.forecasts[:, :, 2:], after.far.forecasts[:, :, 2:])


def test_near_origins_know_only_what_came_before_them() -> None:
    values = noisy_week(6)
    fold = fold_positions(a_panel(values).steps)[-1]
    origin = fold + 3 * 12
    changed = values.copy()
    changed[origin:] *= 5

    before, after = backtest_of(a_panel(values)).near, backtest_of(a_panel(changed)).near

    np.testing.assert_array_equal(before.forecasts[:, :, -1, :4], after.forecasts[:, :, -1, :4])
    np.testing.assert_array_equal(before.held[:, -1, :4], after.held[:, -1, :4])
    np.testing.assert_array_equal(before.recent[:, -1, :4], after.recent[:, -1, :4])
    assert not np.array_equal(before.forecasts[:, :, -1, 4:], after.forecasts[:, :, -1, 4:])


def test_no_sample_is_looked_at_from_two_folds() -> None:
    panel = a_panel(usual_week(5))

    backtest = backtest_of(panel)

    begins = backtest.near.truth.shape[2] * panel.steps.per_hour
    assert (np.diff(backtest.positions) >= begins).all()


def test_the_truth_is_what_came() -> None:
    values = noisy_week(6)

    backtest = backtest_of(a_panel(values))

    for fold, position in enumerate(backtest.positions):
        np.testing.assert_allclose(backtest.far.truth[0, fold, 0], values[position : position + DAY])
        np.testing.assert_allclose(backtest.near.truth[0, fold, 2], values[position + 24 : position + 24 + 48])
        np.testing.assert_allclose(backtest.near.held[0, fold, 2], values[position + 23])


def test_a_missing_last_value_is_held_from_before() -> None:
    values = noisy_week(6)
    fold = fold_positions(a_panel(values).steps)[0]
    values[fold + 10 : fold + 12] = np.nan

    backtest = backtest_of(a_panel(values))

    assert backtest.near.held[0, 0, 1] == pytest.approx(values[fold + 9])


def test_near_origins_look_as_far_as_the_lead_time() -> None:
    panel = a_panel(usual_week(6))

    assert run_backtest(panel, MEMBERS, near_hours=8.0).near.leads[-1] == pytest.approx(8 - 1 / 12)
    assert run_backtest(panel, MEMBERS, near_hours=100.0).near.leads[-1] < 24
