"""Hourly floors from two weeks of history, five minutes ahead, beside a target tracker."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.simulation.rivals.aws_predictive import AWSPredictive, expected_load, hourly_means
from controller.simulation.world import View
from forecasting.series import Values
from tests.simulation.views import a_view

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICKS_AN_HOUR = 240
DELAY = timedelta(seconds=30)


def by_hours(hours: int) -> Values:
    """Return a past of so many hours whose mean is 100 at even hours of the clock and 300 at odd ones."""
    return np.repeat(np.tile([100.0, 300.0], hours // 2), TICKS_AN_HOUR)


def at(now: datetime, past: Values, *, rps: float = 100.0, created: int = 10) -> View:
    """Return what is seen at a time of which `past` is known up to the delay."""
    known = past[: (now - DELAY - MONDAY) // timedelta(seconds=15)]
    return a_view((now - MONDAY).total_seconds(), created=created, rps=rps, past=known)


def aws() -> AWSPredictive:
    return AWSPredictive(10.0, min_replicas=2, max_replicas=200, start=MONDAY)


@pytest.mark.parametrize(
    ("case", "minutes", "replicas"),
    [
        ("in a quiet hour the tracker decides", 30, 10),
        ("more than five minutes before the next hour nothing has changed", 54.75, 10),
        ("five minutes before a busy hour its floor is there", 55, 30),
        ("within the busy hour the floor stays", 60 + 54, 30),
        ("until it ends", 119.75, 30),
    ],
)
def test_the_floor_of_an_hour_is_there_five_minutes_before_it(case: str, minutes: float, replicas: int) -> None:
    now = MONDAY + timedelta(days=15, minutes=minutes)
    assert aws().decide(at(now, by_hours(24 * 16))) == replicas, case


def test_the_forecast_only_adds() -> None:
    now = MONDAY + timedelta(days=15)
    assert aws().decide(at(now, by_hours(24 * 16), rps=500.0)) == 20  # the tracker's 50, limited to twice the pods


def test_the_tracker_takes_down_what_the_floor_no_longer_holds() -> None:
    policy, past, created = aws(), by_hours(24 * 16), 30
    decided = []
    for tick in range(25):
        now = MONDAY + timedelta(days=15, hours=2, seconds=15 * tick)
        created = policy.decide(at(now, past, created=created))
        decided.append(created)
    assert decided == [30] * 20 + [10] * 5


def test_less_than_a_day_of_history_makes_no_forecast() -> None:
    past = by_hours(48)
    assert aws().decide(at(MONDAY + 24 * HOUR + timedelta(minutes=57), past)) == 30
    assert aws().decide(at(MONDAY + 23 * HOUR - timedelta(minutes=3), past)) == 10


@pytest.mark.parametrize(("hours_later", "replicas"), [(4, 10), (6, 30)])
def test_the_forecast_is_renewed_every_six_hours(hours_later: int, replicas: int) -> None:
    policy, past = aws(), by_hours(24 * 16)
    first = MONDAY + 23 * HOUR - timedelta(minutes=3)  # too early to forecast anything
    policy.decide(at(first, past))
    assert policy.decide(at(first + hours_later * HOUR, past)) == replicas


def test_weeks_come_before_days() -> None:
    hour = MONDAY + timedelta(days=20)
    known = {hour - timedelta(days=days): load for days, load in ((1, 10.0), (2, 20.0), (7, 40.0), (14, 60.0))}
    assert expected_load(known, hour) == 50
    assert expected_load({day: load for day, load in known.items() if load < 40}, hour) == 15
    assert expected_load({}, hour) is None


def test_only_whole_hours_of_the_last_14_days_are_known() -> None:
    now = MONDAY + timedelta(days=15, minutes=20)
    known = hourly_means(at(now, by_hours(24 * 16)), now)
    assert len(known) == 14 * 24 - 1
    assert (min(known), max(known)) == (MONDAY + timedelta(days=1, hours=1), MONDAY + timedelta(days=15) - HOUR)
    assert {load for hour, load in known.items() if hour.hour % 2} == {300}
