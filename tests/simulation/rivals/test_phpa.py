"""Replica counts from replica counts: a line through six of them, and fixed smoothing."""

import pytest

from controller.simulation.rivals.phpa import HoltWinters, LinearRegression, phpa
from tests.simulation.views import a_view


@pytest.mark.parametrize(
    ("case", "stored", "expected"),
    [
        ("one result is all there is", [10], 10),
        ("a steady count stays", [10, 10, 10], 10),
        ("two thirds of a step ahead on the line, rounded up", [10, 11, 12, 13, 14, 15], 16),
        ("a step is met by half", [10, 10, 10, 10, 10, 16], 14),  # 11 + 0.857 * (2.5 + 0.667)
        ("only the newest six count", [90, 90, 10, 10, 10, 10, 10, 10], 10),
    ],
)
def test_a_line_looks_ten_seconds_ahead(case: str, stored: list[int], expected: int) -> None:
    line = LinearRegression()
    assert [line.predict(replicas) for replicas in stored][-1] == expected, case


def test_smoothing_is_silent_until_it_has_seen_a_season() -> None:
    model = HoltWinters(season=3)
    assert [model.predict(replicas) for replicas in (9, 9, 9)] == [0, 0, 9]


def test_smoothing_follows_level_trend_and_season() -> None:
    model = HoltWinters(season=2)
    # Level 15, seasons -5 and 5; then 10 as expected; then 26: level 20.4, trend 4.86, and the season of -5 comes.
    assert [model.predict(replicas) for replicas in (10, 20, 10, 26)] == [0, 10, 20, 21]


def test_the_largest_of_hpa_and_forecasts_is_wanted() -> None:
    rising = phpa(7.0, min_replicas=2, max_replicas=200)
    decided = [rising.decide(a_view(15.0 * tick, created=50, rps=7.0 * (60 + 10 * tick))) for tick in range(3)]
    assert decided == [60, 77, 87]  # ten replicas a step, two thirds of a step ahead


def test_a_falling_line_takes_nothing_away() -> None:
    falling = phpa(7.0, min_replicas=2, max_replicas=200)
    decided = [falling.decide(a_view(15.0 * tick, created=10, rps=7.0 * (30 - 5 * tick))) for tick in range(3)]
    assert decided == [20, 20, 20]  # at most twice; the wishes are 30, 25 and 20
