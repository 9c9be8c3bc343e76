"""Last week's half hour as a second metric: 6 d 23 h 30 min ago, the highest mean over 60 s within 30 min."""

import numpy as np
import pytest

from controller.simulation.rivals.last_week import last_week_hpa, rate_last_week
from forecasting.series import Values
from tests.simulation.views import a_view

WEEK = 7 * 5760  # ticks
HALF_AN_HOUR = 120


def a_minute_of(rps: float, *, ended: int, known: int = 10 * 5760) -> Values:
    """Return a flat past of 10 requests/s but for a minute that ended so many ticks before the newest one."""
    past = np.full(known, 10.0)
    past[known - ended - 4 : known - ended] = rps
    return past


@pytest.mark.parametrize(
    ("case", "ended", "rate"),
    [
        ("a week ago now, just out of the window", WEEK, 77.5),
        ("the first that lies in the window whole", WEEK - 1, 100.0),
        ("in the middle", WEEK - 60, 100.0),
        ("half an hour ahead, the last of the window", WEEK - HALF_AN_HOUR, 100.0),
        ("three quarters of the minute are too late", WEEK - HALF_AN_HOUR - 3, 32.5),
        ("later", WEEK - HALF_AN_HOUR - 4, 10.0),
        ("earlier", WEEK + 4, 10.0),
    ],
)
def test_the_highest_minute_of_last_weeks_half_hour_counts(case: str, ended: int, rate: float) -> None:
    assert rate_last_week(a_view(past=a_minute_of(100.0, ended=ended))) == pytest.approx(rate), case


@pytest.mark.parametrize("days", [0, 1, 6.9])
def test_without_a_last_week_there_is_nothing(days: float) -> None:
    assert rate_last_week(a_view(past=np.full(int(days * 5760), 100.0))) == 0


def test_a_history_that_begins_within_the_window_is_used() -> None:
    assert rate_last_week(a_view(past=np.full(WEEK - HALF_AN_HOUR + 4, 50.0))) == pytest.approx(50)
    assert rate_last_week(a_view(past=np.full(WEEK - HALF_AN_HOUR + 3, 50.0))) == 0


@pytest.mark.parametrize(
    ("case", "now", "last_week", "replicas"),
    [
        ("the week before asks for more", 70.0, 140.0, 20),
        ("the week before asks for less and is not heard", 140.0, 35.0, 20),
        ("both within tolerance", 75.0, 64.0, 10),
    ],
)
def test_the_larger_wish_wins(case: str, now: float, last_week: float, replicas: int) -> None:
    hpa = last_week_hpa(7.0, min_replicas=2, max_replicas=200)
    view = a_view(created=10, rps=now, past=np.full(8 * 5760, last_week))
    assert hpa.decide(view) == replicas, case
