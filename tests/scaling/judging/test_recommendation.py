"""Which of many settings to take: always one that no other beats, for a reason that can be checked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.scaling.judging.curves import Point, frontier
from controller.scaling.judging.recommendation import cost_steps, knee, least_missed, recommend

BENT = [Point("a", 100, 100), Point("b", 110, 20), Point("c", 150, 10), Point("d", 200, 5)]
FLAT = [Point("a", 100, 100), Point("b", 150, 90), Point("c", 200, 10)]
BEATEN = Point("x", 160, 30)

points = st.lists(st.builds(Point, st.just("s"), st.floats(1, 1000), st.integers(0, 500)), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("curve", "budget", "taken", "says"),
    [
        (BENT, 10, "c", "the cheapest within the 10 minutes allowed, over the objective for 10"),
        (BENT, 1000, "a", "the cheapest within"),
        ([*BENT, BEATEN], 30, "b", "over the objective for 20"),
        (
            BENT,
            4,
            "b",
            "none is within the 4 minutes allowed (the best is over for 5); beyond it, more pods buy little",
        ),
        (FLAT, 4, "c", "of these it misses least"),
        (BENT[:2], 4, "b", "of these it misses least"),
        (BENT[:1], 4, "a", "of these it misses least"),
    ],
    ids=["budget", "all keep it", "one is beaten", "knee", "no knee", "two", "one"],
)
def test_the_setting_to_take_is(curve: list[Point], budget: float, taken: str, says: str) -> None:
    found = recommend(curve, budget, otherwise=knee)
    assert found.point.setting == taken
    assert says in found.reason
    assert found.keeps_budget == (found.point.violation_minutes <= budget)


@given(points, st.floats(0, 600))
def test_the_setting_to_take_is_beaten_by_no_other(curve: list[Point], budget: float) -> None:
    taken = recommend(curve, budget, otherwise=knee).point
    better = [
        each
        for each in curve
        if each.pod_hours <= taken.pod_hours
        and each.violation_minutes <= taken.violation_minutes
        and (each.pod_hours, each.violation_minutes) != (taken.pod_hours, taken.violation_minutes)
    ]
    assert not better


def test_where_no_setting_keeps_the_budget_the_best_one_may_be_asked_for() -> None:
    found = recommend(BENT, 4, otherwise=least_missed)
    assert (found.point.setting, found.keeps_budget) == ("d", False)
    assert found.reason.endswith("of these it misses least")


@given(points)
def test_a_knee_lies_on_its_front(curve: list[Point]) -> None:
    front = frontier(curve)
    assert knee(front) in front


def test_each_step_along_a_front_has_its_price() -> None:
    steps = cost_steps(BENT)
    assert [(step.point.setting, step.pod_hours, step.minutes) for step in steps] == [
        ("b", 10, 80),
        ("c", 40, 10),
        ("d", 50, 5),
    ]
    assert [step.pod_hours_per_minute for step in steps] == [0.125, 4, 10]
    assert cost_steps(BENT[:1]) == []
