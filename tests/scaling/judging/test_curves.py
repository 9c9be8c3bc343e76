"""Curves: the arithmetic of comparing at equal cost and at equal minutes, checked by hand."""

import math

import pytest

from controller.scaling.judging.curves import Point, frontier, match, minutes_at, pod_hours_at

RIVAL = [Point("0.9", 100, 1000), Point("0.7", 200, 100), Point("0.5", 400, 10)]
OURS = [Point("p80", 80, 400), Point("p99", 160, 4)]


def test_the_frontier_holds_what_no_other_point_beats() -> None:
    beaten, costly, twin = Point("a", 250, 150), Point("b", 500, 10), Point("c", 100, 1200)

    assert frontier([beaten, *RIVAL[::-1], costly, twin]) == RIVAL


@pytest.mark.parametrize(
    ("pod_hours", "minutes"),
    [
        (100, 1000),
        (200, 100),
        (
            100 * math.sqrt(2),
            1000 / math.sqrt(10),
        ),  # half way in the logarithm of the cost, half way in that of minutes
        (1000, 10),  # dearer than all: no better than the dearest
        (99, None),  # cheaper than all: not known
    ],
)
def test_minutes_are_read_at_a_cost(pod_hours: float, minutes: float | None) -> None:
    assert minutes_at(RIVAL, pod_hours) == (None if minutes is None else pytest.approx(minutes))


@pytest.mark.parametrize(
    ("minutes", "pod_hours"),
    [
        (100, 200),
        (math.sqrt(1000), 200 * math.sqrt(2)),
        (5000, 100),  # more than all: no cheaper than the cheapest
        (9, None),  # fewer than all: not known
    ],
)
def test_the_cost_is_read_at_so_many_minutes(minutes: float, pod_hours: float | None) -> None:
    assert pod_hours_at(RIVAL, minutes) == (None if pod_hours is None else pytest.approx(pod_hours))


def test_a_policy_is_matched_where_its_rival_misses_so_many_minutes() -> None:
    matched = match(OURS, RIVAL, 100)

    assert matched is not None
    assert matched.pod_hours == pytest.approx(200)
    assert matched.minutes == pytest.approx(4 / 100)
    between = math.log(400 / 100) / math.log(400 / 4)  # of the way from p80 to p99
    assert matched.cost == pytest.approx(80 * 2**between / 200)


def test_nothing_is_matched_where_the_rival_never_misses_so_little() -> None:
    assert match(OURS, RIVAL, 1) is None


def test_what_our_curve_does_not_reach_is_not_guessed() -> None:
    dear = match([Point("p99", 300, 40)], RIVAL, 100)
    poor = match([Point("p50", 50, 500)], RIVAL, 100)

    assert dear is not None
    assert dear.minutes is None
    assert dear.cost == pytest.approx(300 / 200)
    assert poor is not None
    assert poor.minutes == pytest.approx(500 / 100)
    assert poor.cost is None


def test_no_violation_counts_as_half_a_minute_between_points() -> None:
    curve = [Point("a", 100, 50), Point("b", 100 * math.e, 0)]

    assert minutes_at(curve, 100 * math.sqrt(math.e)) == pytest.approx(math.sqrt(50 * 0.5))


def test_a_curve_without_points_says_nothing() -> None:
    assert (minutes_at([], 100), pod_hours_at([], 100)) == (None, None)
