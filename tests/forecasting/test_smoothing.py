"""Double-seasonal smoothing: its recursion, what it follows, and what it does not."""

import numpy as np
import pytest

from forecasting.models import fit_member
from forecasting.models.hourly_path import HourlyPath
from forecasting.models.smoothing import CONSTANTS, HALF_LIFE, POWER, DoubleSeasonal
from forecasting.panel import Panel
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, noise, noisy_week, usual_week


def path_after(values: Values) -> HourlyPath:
    """The path of one series of hourly values."""
    return DoubleSeasonal().fit_at(a_panel(values, HOUR), [len(values)])[0]


def textbook(logs: Values, alpha: float, delta: float, omega: float, believed: float) -> tuple[Values, float]:
    """The next week by one triple of constants, written out hour by hour, and the errors that judge it."""
    first = logs[:168]
    level, squares = first.mean(), 0.0
    day = np.array([first[slot::24].mean() - level for slot in range(24)])
    week = believed * (first - level - np.tile(day, 7))
    levels = [level]
    for t in range(168, len(logs)):
        left = logs[t] - day[t % 24] - week[t % 168]
        if len(levels) >= 12:
            squares = squares * 0.5 ** (1 / HALF_LIFE) + (left - levels[-12]) ** 2
        surprise = left - level
        level += alpha * surprise
        day[t % 24] += delta * surprise
        week[t % 168] += omega * surprise
        levels.append(level)
    ahead = np.arange(len(logs), len(logs) + 168)
    return level + day[ahead % 24] + week[ahead % 168], squares


def test_the_next_week_is_that_of_the_textbook_weighted_by_errors() -> None:
    logs = np.log1p(noisy_week(21, persistence=0.9, scale=0.1, step=HOUR))
    weeks, squares = zip(*(textbook(logs, *constants) for constants in CONSTANTS), strict=True)

    path = path_after(np.expm1(logs))

    weights = np.array(squares) ** -POWER
    np.testing.assert_allclose(path.hours[0, 24:], weights @ np.array(weeks) / weights.sum(), rtol=1e-9)


def test_the_day_before_is_told_as_it_was_expected() -> None:
    usual = usual_week(28, HOUR)
    odd = usual.copy()
    odd[-24:] *= 1 + 0.5 * np.sin(np.arange(24))  # as much above as below what is usual

    path = path_after(odd)

    missed = path.hours[0, :24] - np.log1p(usual[-24:])
    np.testing.assert_allclose(missed, missed.mean(), atol=1e-3)  # all but the level, which has moved since
    assert abs(missed.mean()) < 0.15


def test_a_new_level_is_followed_within_two_days() -> None:
    values = noisy_week(28, step=HOUR)
    values[-48:] *= 1.4

    path = path_after(values)

    expected = np.log1p(1.4 * usual_week(35, HOUR)[28 * 24 :][:24])
    assert abs(np.mean(path.hours[0, 24:48] - expected)) < 0.05


def test_one_odd_hour_moves_the_next_day_little() -> None:
    values = noisy_week(28, step=HOUR)
    odd = values.copy()
    odd[-10] *= 3

    moved = path_after(odd).hours[0, 24:48] - path_after(values).hours[0, 24:48]

    others = np.delete(moved, 14)  # where the odd hour's own slot comes again
    assert np.abs(others).max() < 0.1 * np.log(3)
    assert abs(moved[14]) < np.log(3) / 3


def test_a_drift_is_followed_and_noise_is_not() -> None:
    week = np.log1p(usual_week(28, HOUR))
    noises = np.array([noise(len(week), seed, scale=0.05) for seed in range(40)])
    drifts = np.cumsum(noises, axis=1)
    logs = np.concatenate([week + 4 + noises, week + 4 + drifts])

    (path,) = DoubleSeasonal().fit_at(Panel(a_panel(np.zeros(len(week)), HOUR).steps, logs), [len(week)])

    levels = (path.hours[:, 24:] - week[:168] - 4).mean(axis=1)
    assert np.abs(levels[:40]).mean() < 0.01
    assert np.abs(levels[40:] - drifts[:, -1]).mean() < 0.3 * np.abs(drifts[:, -1]).mean()


def test_below_two_weeks_every_day_is_alike() -> None:
    path = path_after(noisy_week(13, step=HOUR))

    days = path.hours[0, 24:].reshape(7, 24)
    np.testing.assert_allclose(days, np.tile(days[0], (7, 1)))


def test_from_two_weeks_on_weekends_are_known() -> None:
    usual = usual_week(21, HOUR)

    path = path_after(usual[: 14 * 24])

    np.testing.assert_allclose(np.expm1(path.hours[0, 24:]), usual[14 * 24 :], rtol=1e-6)


@pytest.mark.parametrize(("persistence", "least", "most"), [(0.97, 0.8, 1.0), (0.0, 0.0, 0.2)])
def test_errors_last_as_long_as_they_used_to(persistence: float, least: float, most: float) -> None:
    path = path_after(noisy_week(28, persistence=persistence, scale=0.1, step=HOUR))

    assert least <= path.persistence[0] <= most


def test_a_series_that_never_changes_stays_as_it_is() -> None:
    path = path_after(np.full(28 * 24, 7.0))

    np.testing.assert_allclose(np.expm1(path.hours), 7.0)
    assert path.persistence[0] == 0


@pytest.mark.parametrize("hours", [24, 25, 36, 49], ids=lambda hours: f"{hours} hours")
def test_a_day_is_enough_to_expect_the_same_again(hours: int) -> None:
    wave = 100 * (1.5 + np.sin(2 * np.pi * np.arange(hours + 24) / 24))

    path = path_after(wave[:hours])

    np.testing.assert_allclose(np.expm1(path.hours[0, 24:48]), wave[hours:], rtol=1e-6)


def test_several_series_and_positions_are_learned_as_if_alone() -> None:
    panel = a_panel([noisy_week(24, seed) for seed in range(3)])
    day = 288
    positions = [day, 7 * day, 14 * day, 17 * day + 5, 20 * day, 20 * day + 12]

    fitted = DoubleSeasonal().fit_at(panel, positions)

    for position, together in zip(positions, fitted, strict=True):
        for row in range(3):
            alone = fit_member(
                DoubleSeasonal(), Panel(panel.steps.part(0, position), panel.logs[row : row + 1, :position])
            )
            steps = panel.steps.part(max(0, position - day), position + day)
            np.testing.assert_allclose(together.select(row).pattern(steps), alone.pattern(steps), rtol=1e-9)


def test_smoothing_beats_both_naive_forecasts() -> None:
    week = usual_week(29, HOUR)
    logs = np.log(np.array([week * np.exp(noise(len(week), seed, persistence=0.9, scale=0.2)) for seed in range(40)]))
    known, truth = logs[:, :-24], logs[:, -24:]

    (path,) = DoubleSeasonal().fit_at(Panel(a_panel(known[0], HOUR).steps, known), [28 * 24])

    error = np.abs(path.hours[:, 24:48] - truth).mean()
    naive = [np.abs(known[:, -lag:][:, :24] - truth).mean() for lag in (24, 168)]
    assert error < 0.95 * min(naive)
