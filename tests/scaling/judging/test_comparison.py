"""Comparison: whole days are drawn, the same for both, and a win is claimed only where intervals lie apart."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from controller.scaling.judging.comparison import (
    compare,
    elastic_speedup,
    interval,
    pod_hours_by_day,
    violations_by_day,
)
from controller.scaling.judging.score import Score
from controller.scaling.judging.timeline import Timeline
from tests.scaling.judging.test_score import START, timeline

DAY = 5760  # ticks
CALM = Score(
    "calm", 20_160, 0, 0, 1000, 10, 2, under_provisioning=0.2, over_provisioning=0.4, time_under=0.1, time_over=0.8
)


def days(*minutes: int, policy: str = "ours", pods: float = 10) -> Timeline:
    """Return days of a given number of minutes over the objective each."""
    p95 = np.full(len(minutes) * DAY, 120.0)
    for day, count in enumerate(minutes):
        p95[day * DAY : day * DAY + 4 * count] = 400.0
    made = timeline(p95_ms=p95.tolist(), created_replicas=[pods] * len(p95))
    return replace(made, policy=policy)


def test_days_are_counted_from_the_first_minute_on() -> None:
    shifted = replace(days(3, 0, 7), start=START + timedelta(hours=5))

    assert violations_by_day(shifted).tolist() == [3, 0, 7]
    assert pod_hours_by_day(shifted).tolist() == pytest.approx([240, 240, 240])


def test_the_days_add_up_to_the_score() -> None:
    comparison = compare(days(3, 0, 7), days(5, 5, 10, policy="hpa", pods=20))

    assert comparison.violation_minutes.value == 10 / 20
    assert comparison.pod_hours.value == pytest.approx(0.5)


def test_days_that_are_alike_leave_no_doubt() -> None:
    found = interval(np.full(14, 5.0))

    assert found is not None
    assert (found.low, found.high) == (70, 70)


def test_the_interval_widens_with_what_days_differ() -> None:
    even, odd = interval(np.full(14, 10.0)), interval(np.array([140.0] + [0.0] * 13))

    assert even is not None
    assert odd is not None
    assert (even.low, even.high) == (140, 140)
    assert odd.low == 0
    assert odd.high >= 280


def test_under_four_days_nothing_is_said_about_doubt() -> None:
    comparison = compare(days(0, 0, 0), days(9, 9, 9, policy="hpa"))

    assert comparison.violation_minutes.interval is None
    assert comparison.fewer_violations is None


def test_a_ratio_is_as_sure_as_the_same_days_make_it() -> None:
    comparison = compare(days(1, 10, 100, 50), days(2, 20, 200, 100, policy="hpa"))

    ratio = comparison.violation_minutes
    assert ratio.interval is not None
    assert (ratio.value, ratio.interval.low, ratio.interval.high) == (0.5, 0.5, 0.5)
    assert comparison.fewer_violations is None  # the counts themselves overlap


@pytest.mark.parametrize(
    ("mine", "theirs", "winner"),
    [
        ((1, 2, 1, 2), (9, 10, 9, 10), "ours"),
        ((9, 10, 9, 10), (1, 2, 1, 2), "hpa"),
        ((1, 9, 1, 9), (2, 8, 2, 8), None),
    ],
)
def test_a_win_is_claimed_only_where_intervals_lie_apart(
    mine: tuple[int, ...], theirs: tuple[int, ...], winner: str | None
) -> None:
    assert compare(days(*mine), days(*theirs, policy="hpa")).fewer_violations == winner


def test_two_that_never_miss_are_equal() -> None:
    ratio = compare(days(0, 0, 0, 0), days(0, 0, 0, 0, policy="hpa")).violation_minutes

    assert ratio.interval is not None
    assert (ratio.value, ratio.interval.low, ratio.interval.high) == (1, 1, 1)


def test_a_rival_that_never_misses_is_infinitely_better() -> None:
    assert compare(days(1, 1, 1), days(0, 0, 0, policy="hpa")).violation_minutes.value == math.inf


def test_the_same_replay_has_the_same_intervals() -> None:
    both = days(1, 5, 2, 9), days(3, 3, 8, 1, policy="hpa")

    assert compare(*both) == compare(*both)


@pytest.mark.parametrize(
    ("ours", "speedup"),
    [
        (CALM, 1),
        (replace(CALM, under_provisioning=0.1), 2**0.25),
        (replace(CALM, under_provisioning=0.1, over_provisioning=0.8, time_under=0.05, time_over=0.4), math.sqrt(2)),
        (replace(CALM, under_provisioning=0.0), math.inf),
    ],
    ids=["equal", "half as often short", "mixed", "never short"],
)
def test_the_elastic_speedup_is_the_geometric_mean_of_four_ratios(ours: Score, speedup: float) -> None:
    assert elastic_speedup(ours, CALM) == pytest.approx(speedup)


def test_against_a_reference_that_is_never_short_the_speedup_is_nothing() -> None:
    perfect = replace(CALM, under_provisioning=0.0, time_under=0.0)

    assert elastic_speedup(CALM, perfect) == 0
