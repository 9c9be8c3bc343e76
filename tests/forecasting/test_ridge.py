"""Direct ridge: what its equations see, and what they forecast."""

import numpy as np
import pytest

from forecasting.models import fit_member
from forecasting.models.hourly_path import HourlyPath
from forecasting.models.ridge import PENALTIES, Ridge
from forecasting.panel import Panel
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, noise, noisy_week


def hourly_week(days: int, seed: int = 0, *, persistence: float = 0.8, scale: float = 0.1) -> Values:
    return noisy_week(days, seed, persistence=persistence, scale=scale, step=HOUR)


def path_after(values: Values) -> HourlyPath:
    """The path of one series of hourly values."""
    return Ridge().fit_at(a_panel(values, HOUR), [len(values)])[0]


def textbook_day(logs: Values) -> Values:
    """The next day by a ridge written out equation by equation, its penalty by generalized cross-validation."""

    def equation(past: Values) -> tuple[Values, Values]:
        copy = past[-174:-138]  # last week's copy of the day to come, with six hours around it
        features = np.concatenate([past[-24:].reshape(8, 3).mean(axis=1), copy.reshape(12, 3).mean(axis=1)])
        return features - past[-24:].mean(), (past[-24:] + copy[6:30]) / 2

    ends = range(192, len(logs) - 23)
    features = np.stack([equation(logs[:end])[0] for end in ends])
    targets = np.stack([logs[end : end + 24] - equation(logs[:end])[1] for end in ends])
    gram = features.T @ features
    best, coefficients = np.inf, np.zeros((20, 24))
    for penalty in PENALTIES * np.trace(gram) / 20:
        inverse = np.linalg.inv(gram + penalty * np.eye(20))
        hat = features @ inverse @ features.T
        error = np.sum((targets - hat @ targets) ** 2) / (len(targets) - np.trace(hat)) ** 2
        if error < best:
            best, coefficients = error, inverse @ features.T @ targets
    newest, naive = equation(logs)
    return np.asarray(naive + newest @ coefficients)


def test_the_next_day_is_that_of_the_textbook() -> None:
    values = hourly_week(21)

    path = path_after(values)

    np.testing.assert_allclose(path.hours[0, 24:48], textbook_day(np.log1p(values)), rtol=1e-9)


def test_the_day_before_is_what_was_forecast_of_it() -> None:
    usual = hourly_week(28)
    jumped = usual.copy()
    jumped[-24:] *= 2

    path = path_after(jumped)

    last_day = path.hours[0, :24]
    assert np.abs(last_day - np.log1p(usual[-24:])).mean() < 0.2 < np.log(2) - 0.2


def test_later_days_follow_from_the_forecast_itself() -> None:
    values = hourly_week(28)
    path = path_after(values)
    first_day = np.expm1(path.hours[0, 24:48])

    second_day = path_after(np.concatenate([values, first_day])).hours[0, 24:48]

    # That the day came as forecast is one more day of equations, which changes little.
    np.testing.assert_allclose(path.hours[0, 48:72], second_day, atol=0.02)


@pytest.mark.parametrize(("persistence", "least", "most"), [(0.95, 0.8, 1.3), (0.5, 0.2, 0.6), (0.0, -0.1, 0.2)])
def test_a_jump_is_carried_on_as_far_as_jumps_used_to_last(persistence: float, least: float, most: float) -> None:
    usual = hourly_week(28, persistence=persistence)
    jumped = usual.copy()
    jumped[-3:] *= 1.3

    moved = path_after(jumped).hours[0, 24] - path_after(usual).hours[0, 24]

    assert least < moved / np.log(1.3) < most


@pytest.mark.parametrize(("persistence", "least", "most"), [(0.97, 0.7, 1.0), (0.0, 0.0, 0.4)])
def test_errors_last_as_long_as_they_used_to(persistence: float, least: float, most: float) -> None:
    path = path_after(hourly_week(28, persistence=persistence))

    assert least <= path.persistence[0] <= most


def test_below_two_weeks_only_the_last_day_counts() -> None:
    values = hourly_week(13)
    other = values.copy()
    other[:24] *= 5  # one of many days to learn from, but not of what is seen

    path, after_another = path_after(values), path_after(other)

    assert np.abs(path.hours - after_another.hours).max() < 0.3


def test_with_too_few_equations_the_last_day_is_repeated() -> None:
    values = hourly_week(4)

    path = path_after(values)

    np.testing.assert_allclose(np.expm1(path.hours[0]), np.tile(values[-24:], 8))
    assert path.persistence[0] == 0


def test_a_series_that_never_changes_stays_as_it_is() -> None:
    path = path_after(np.full(28 * 24, 7.0))

    np.testing.assert_allclose(np.expm1(path.hours), 7.0)


def test_several_series_and_positions_are_solved_as_if_alone() -> None:
    panel = a_panel([noisy_week(24, seed) for seed in range(3)])
    day = 288
    positions = [3 * day, 7 * day, 14 * day, 17 * day + 5, 20 * day, 20 * day + 12]

    fitted = Ridge().fit_at(panel, positions)

    for position, together in zip(positions, fitted, strict=True):
        for row in range(3):
            alone = fit_member(Ridge(), Panel(panel.steps.part(0, position), panel.logs[row : row + 1, :position]))
            steps = panel.steps.part(position - day, position + day)
            np.testing.assert_allclose(together.select(row).pattern(steps), alone.pattern(steps), rtol=1e-9)


def test_the_ridge_beats_both_naive_forecasts_it_starts_from() -> None:
    wave = 100 * (1.5 + np.sin(2 * np.pi * np.arange(29 * 24) / 24))
    logs = a_panel([wave * np.exp(noise(len(wave), seed, persistence=0.9, scale=0.2)) for seed in range(40)], HOUR).logs
    known, truth = logs[:, :-24], logs[:, -24:]

    (path,) = Ridge().fit_at(Panel(a_panel(np.zeros(28 * 24), HOUR).steps, known), [28 * 24])

    error = np.abs(path.hours[:, 24:48] - truth).mean()
    naive = [np.abs(known[:, -lag:][:, :24] - truth).mean() for lag in (24, 168)]
    assert error < 0.85 * min(naive)
