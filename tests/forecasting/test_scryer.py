"""Scryer's two predictors: waves without noise, and lines through clusters."""

import numpy as np
import pytest

from forecasting.models import Model
from forecasting.models.hourly_path import HourlyPath
from forecasting.models.scryer import whole_seasons
from forecasting.models.scryer_fft import FASTEST_WAVE, ScryerFFT
from forecasting.models.scryer_regression import HALF_LIFE, RIDGE, ScryerRegression
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, noise, noisy_week, usual_week

BOTH = (ScryerFFT(), ScryerRegression())


def path_after(model: Model, values: Values) -> HourlyPath:
    """The path of one series of hourly values."""
    (path,) = model.fit_at(a_panel(values, HOUR), [len(values)])
    assert isinstance(path, HourlyPath)
    return path


def wave(hours: int, period: float) -> Values:
    return np.asarray(np.sin(2 * np.pi * np.arange(hours) / period))


@pytest.mark.parametrize(
    ("hours", "seasons", "length"),
    [(24, 1, 24), (30, 1, 24), (335, 13, 24), (336, 2, 168), (600, 3, 168), (672, 4, 168)],
)
def test_seasons_are_whole_weeks_from_two_of_them_on_and_days_before(hours: int, seasons: int, length: int) -> None:
    means = np.arange(float(hours))[None, :]

    laid = whole_seasons(means)

    assert laid.shape == (1, seasons, length)
    assert laid[0, -1, -1] == hours - 1
    assert laid[0, 0, 0] == hours - seasons * length


@pytest.mark.parametrize("model", BOTH, ids=lambda model: model.name)
def test_both_repeat_a_week_that_never_changes(model: Model) -> None:
    week = usual_week(7, HOUR)

    path = path_after(model, np.tile(week, 4))

    assert np.mean(np.abs(np.expm1(path.hours[0, 24:]) - week)) < 0.03 * np.mean(week)


@pytest.mark.parametrize("model", BOTH, ids=lambda model: model.name)
def test_below_two_weeks_both_repeat_a_day(model: Model) -> None:
    path = path_after(model, noisy_week(13, step=HOUR))

    days = path.hours[0, 24:].reshape(7, 24)
    np.testing.assert_allclose(days, np.tile(days[0], (7, 1)))


@pytest.mark.parametrize("model", BOTH, ids=lambda model: model.name)
def test_both_tell_the_last_day_as_they_expected_it(model: Model) -> None:
    usual = usual_week(28, HOUR)
    odd = usual.copy()
    odd[-24:] *= 3

    path = path_after(model, odd)

    np.testing.assert_allclose(path.hours[0, :24], np.log1p(usual[-24:]), atol=0.3)


@pytest.mark.parametrize("model", BOTH, ids=lambda model: model.name)
def test_with_a_single_day_the_day_is_all_there_is(model: Model) -> None:
    values = noisy_week(1, step=HOUR)

    path = path_after(model, values)

    np.testing.assert_allclose(np.expm1(path.hours[0, :24]), values)


@pytest.mark.parametrize("model", BOTH, ids=lambda model: model.name)
@pytest.mark.parametrize(("persistence", "least", "most"), [(0.97, 0.6, 1.0), (0.0, 0.0, 0.3)])
def test_errors_last_as_long_as_they_used_to(model: Model, persistence: float, least: float, most: float) -> None:
    path = path_after(model, noisy_week(28, persistence=persistence, scale=0.1, step=HOUR))

    assert least <= path.persistence[0] <= most


@pytest.mark.parametrize(
    ("period", "kept"),
    [
        pytest.param(24, 1.0, id="a day"),
        pytest.param(168, 1.0, id="a week"),
        pytest.param(4, 1.0, id="slow enough"),
        pytest.param(FASTEST_WAVE - 0.2, 0.0, id="too fast"),
    ],
)
def test_waves_move_on_unless_they_are_too_fast(period: float, kept: float) -> None:
    day, other = wave(35 * 24, 24), 0.2 * wave(35 * 24, 168 / round(168 / period))
    logs = 5 + day + other

    path = path_after(ScryerFFT(), np.expm1(logs[: 28 * 24]))

    np.testing.assert_allclose(path.hours[0, 24:], (5 + day + kept * other)[28 * 24 :], atol=0.01)


def test_weak_waves_are_taken_for_noise() -> None:
    strong = 5 + wave(28 * 24, 24)
    weak = 0.01 * wave(28 * 24, 8)

    path = path_after(ScryerFFT(), np.expm1(strong + weak))

    np.testing.assert_allclose(path.hours[0, 24:], strong[:168], atol=1e-9)


def test_a_trend_does_not_leak_into_waves_and_stops_at_the_origin() -> None:
    trend = np.arange(28 * 24) / (28 * 24)
    logs = 5 + trend + wave(28 * 24, 24)

    path = path_after(ScryerFFT(), np.expm1(logs))

    np.testing.assert_allclose(path.hours[0, 24:], 6 + wave(168, 24), atol=0.01)


def test_each_cluster_is_the_textbooks_weighted_line() -> None:
    logs = np.log1p(noisy_week(28, step=HOUR))
    x = np.array([-3.0, -2.0, -1.0, 0.0])
    weights = 0.5 ** (-x / HALF_LIFE)
    design = np.stack([np.ones(4), x - np.average(x, weights=weights)], axis=1)
    gram = design.T @ (weights[:, None] * design) + np.diag([0.0, RIDGE])
    lines = np.linalg.solve(gram, design.T @ (weights[:, None] * logs.reshape(4, 168)))

    path = path_after(ScryerRegression(), np.expm1(logs))

    at_its_time_again = np.array([1.0, 1.0 - np.average(x, weights=weights)])
    np.testing.assert_allclose(path.hours[0, 24:], at_its_time_again @ lines, rtol=1e-9)


def test_newer_weeks_are_heavier() -> None:
    old, new = np.full(14 * 24, 10.0), np.full(14 * 24, 20.0)

    path = path_after(ScryerRegression(), np.concatenate([old, new]))

    assert 17.0 < np.expm1(path.hours[0, 24:].mean()) < 22.0


def test_lines_follow_weekly_growth_further_than_means_do() -> None:
    growth = 0.2 * (np.arange(28 * 24) // 168)
    logs = 5 + growth + noise(len(growth), 3, scale=0.02)

    path = path_after(ScryerRegression(), np.expm1(logs))

    weighted_mean = 5 + np.average([0.0, 0.2, 0.4, 0.6], weights=0.5 ** (np.array([3, 2, 1, 0]) / HALF_LIFE))
    assert weighted_mean + 0.02 < path.hours[0, 24:].mean() < 5.8


@pytest.mark.parametrize("model", BOTH, ids=lambda model: model.name)
def test_several_series_and_positions_are_learned_as_if_alone(model: Model) -> None:
    panel = a_panel([noisy_week(24, seed) for seed in range(3)])
    day = 288
    positions = [day, 7 * day, 14 * day, 17 * day + 5, 20 * day + 12]

    fitted = model.fit_at(panel, positions)

    for position, together in zip(positions, fitted, strict=True):
        (alone,) = model.fit_at(panel.before(position), [position])
        steps = panel.steps.part(max(0, position - day), position + day)
        np.testing.assert_allclose(together.pattern(steps), alone.pattern(steps), rtol=1e-9)
