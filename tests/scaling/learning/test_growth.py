from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import ArrayLike

from controller.scaling.learning.growth import growth_within
from forecasting.series import Series
from tests.builders import NOON

MINUTE = timedelta(minutes=1)
LEAD = 4 * MINUTE
CALM = np.full(124, 100.0)  # four half-hours, and a lead time after them
STEADY_GROWTH = 100 * 1.01 ** np.arange(124)
ONCE, TWICE = (20,), (14, 20)  # minutes of a half-hour that burst


def grown(values: ArrayLike, *, lead: timedelta = LEAD, percentile: int = 95) -> float | None:
    values = np.asarray(values, dtype=float)
    return growth_within(lead, Series(NOON - len(values) * MINUTE, MINUTE, values), percentile=percentile)


def with_bursts(*minutes: int, half_hours: Sequence[int] = range(4)) -> np.ndarray:
    """Return a calm load, but for these minutes of some half-hours, of three times as much."""
    values = CALM.copy()
    values[[30 * half_hour + minute for half_hour in half_hours for minute in minutes]] = 300.0
    return values


@pytest.mark.parametrize(
    ("values", "percentile", "growth"),
    [
        (CALM, 95, 1.0),
        (STEADY_GROWTH[::-1], 95, 1 / 1.01),
        (STEADY_GROWTH, 50, 1.01**4),
        (with_bursts(*ONCE), 95, 3.0),
        (with_bursts(*ONCE), 50, 1.0),
        (with_bursts(*ONCE, half_hours=[0, 2, 3]), 95, 3.0),
        (with_bursts(*TWICE, half_hours=[1, 2]), 99, 1.0),
        (with_bursts(*range(10, 25), half_hours=[3]), 99, 1.0),
    ],
    ids=[
        "what is calm does not grow",
        "what falls comes to less within the next minute",
        "a hundredth a minute comes to four in four",
        "a burst in each half-hour is within a p95 of it",
        "but beyond the median",
        "so it is in three of four half-hours",
        "in two of four it is no habit",
        "one surge is none",
    ],
)
def test_growth_is_what_the_highest_minute_within_a_lead_time_usually_came_to(
    values: np.ndarray, percentile: int, growth: float
) -> None:
    assert grown(values, percentile=percentile) == pytest.approx(growth)


def test_growth_knows_no_unit() -> None:
    values = with_bursts(*TWICE)
    assert grown(values * 1e6) == grown(values)


@pytest.mark.parametrize(
    ("lead", "growth"),
    [(timedelta(seconds=60), 1.01), (timedelta(seconds=61), 1.01**2), (timedelta(minutes=10), 1.01**10)],
    ids=["a minute", "a second more", "ten minutes"],
)
def test_a_lead_time_is_rounded_up_to_whole_minutes(lead: timedelta, growth: float) -> None:
    assert grown(STEADY_GROWTH, lead=lead) == pytest.approx(growth)


def test_a_storm_is_forgotten_after_two_hours() -> None:
    storm = with_bursts(*TWICE)[:120]
    assert grown(storm, percentile=99) == pytest.approx(3)
    assert grown(np.concatenate([storm, CALM[:60]])) == pytest.approx(1)


@pytest.mark.parametrize(
    "values",
    [CALM[:18], np.where(np.arange(124) < 106, np.nan, CALM), np.zeros(124), CALM[:3], []],
    ids=[
        "14 minutes with a lead time after them",
        "no more of them were measured",
        "nothing grows from nothing",
        "less than a lead time",
        "nothing at all",
    ],
)
def test_growth_is_not_known_from_too_few_minutes(values: ArrayLike) -> None:
    assert grown(values) is None


def test_a_quarter_of_an_hour_is_enough() -> None:
    assert grown(STEADY_GROWTH[:19]) == pytest.approx(1.01**4)


def test_without_minutes_growth_is_not_known() -> None:
    assert growth_within(LEAD, None, percentile=95) is None


def test_minutes_that_nobody_measured_or_that_were_idle_are_left_out() -> None:
    values = with_bursts(*TWICE)
    values[::30], values[1::30] = np.nan, 0.0
    assert grown(values) == pytest.approx(3)
