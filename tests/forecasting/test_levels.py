"""Lasting changes of level: found once they have lasted, and told from seasons, odd days and noise."""

import numpy as np
import pytest

from forecasting.levels import Shift, at_the_newest_level, find_shifts
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, noisy_week

DAY = 288


def since(values: Values, first: int, factor: float, last: int | None = None) -> Values:
    """The same load, times a factor from one sample to another."""
    changed = values.copy()
    changed[first:last] *= factor
    return changed


@pytest.mark.parametrize("factor", [1.4, 3.0, 0.6, 0.2])
@pytest.mark.parametrize("hours", [60, 100, 200, 400], ids=lambda hours: f"{hours} hours")
def test_a_shift_is_found_where_it_was_and_as_large_as_it_was(factor: float, hours: int) -> None:
    position = 28 * DAY - 12 * hours

    (shift,) = find_shifts(a_panel(since(noisy_week(28, persistence=0.97), position, factor)))

    assert shift is not None
    assert abs(shift.position - position) <= 24
    assert shift.factor == pytest.approx(factor, rel=0.08)


@pytest.mark.parametrize(
    ("factor", "hours", "believed"),
    [(1.5, 20, False), (1.5, 25, True), (0.6, 25, False), (0.6, 44, False), (0.6, 50, True)],
)
def test_a_rise_is_believed_after_a_day_and_a_fall_after_two(factor: float, hours: int, *, believed: bool) -> None:
    (shift,) = find_shifts(a_panel(since(noisy_week(28), 28 * DAY - 12 * hours, factor)))

    assert (shift is not None) == believed


def test_the_newest_of_two_shifts_is_found() -> None:
    (shift,) = find_shifts(a_panel(since(since(noisy_week(28), 12 * DAY, 1.5), 24 * DAY, 2.0)))

    assert shift is not None
    assert abs(shift.position - 24 * DAY) <= 12
    assert shift.factor == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("persistence", "scale"), [(0.0, 0.1), (0.97, 0.1), (0.995, 0.15)])
def test_noise_is_no_shift(seed: int, persistence: float, scale: float) -> None:
    assert find_shifts(a_panel(noisy_week(28, seed, persistence=persistence, scale=scale))) == (None,)


def test_seasons_are_no_shifts() -> None:
    working = np.where(np.arange(28 * DAY) // DAY % 7 < 5, 100.0, 5.0)

    for days in range(10, 28):
        assert find_shifts(a_panel(working[: days * DAY])) == (None,)


@pytest.mark.parametrize("factor", [1.6, 0.4])
@pytest.mark.parametrize("days", [1, 2, 4], ids=["an odd day", "two", "four"])
def test_what_was_taken_back_is_no_shift(factor: float, days: int) -> None:
    first = 15 * DAY

    assert find_shifts(a_panel(since(noisy_week(28), first, factor, first + days * DAY))) == (None,)


def test_steady_growth_is_no_shift() -> None:
    growing = noisy_week(28) * np.exp(0.02 * np.arange(28 * DAY) / DAY)

    assert find_shifts(a_panel(growing)) == (None,)


def test_a_shift_is_found_through_gaps_and_on_hourly_grids() -> None:
    values = since(noisy_week(28), 24 * DAY, 1.5)
    holes = np.where(np.random.default_rng(0).random(28 * DAY) < 0.3, np.nan, values)
    hourly = values.reshape(-1, 12).mean(axis=1)

    (through_gaps,), (on_hours,) = find_shifts(a_panel(holes)), find_shifts(a_panel(hourly, HOUR))

    assert through_gaps is not None
    assert on_hours is not None
    assert (through_gaps.position, on_hours.position) == (24 * DAY, 24 * 24)


@pytest.mark.parametrize("days", [0.01, 1, 6, 8.9])
def test_a_short_history_has_no_shifts(days: float) -> None:
    values = noisy_week(9)[: round(days * DAY)]

    assert find_shifts(a_panel(since(values, len(values) // 2, 3.0))) == (None,)


def test_what_came_before_a_shift_is_brought_to_the_newest_level() -> None:
    panel = a_panel([[0.0, 10.0, 20.0, 40.0], [1.0, np.nan, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])

    levelled = at_the_newest_level(panel, (Shift(2, 1.5), Shift(3, 0.5), None))

    np.testing.assert_allclose(
        np.expm1(levelled.logs), [[0.0, 15.0, 20.0, 40.0], [0.5, np.nan, 1.5, 4.0], [5.0, 6.0, 7.0, 8.0]]
    )


def test_without_a_shift_a_panel_stays_what_it_is() -> None:
    panel = a_panel([[1.0, 2.0]])

    assert at_the_newest_level(panel, (None,)) is panel
