"""A staircase of few steps: never below the need, the cheapest of its number of steps, and calm."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.scaling.planning.steps import CALM, MOST_STEPS, SPARE, Step, few_steps

needs_of_a_day = st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=120)


def covered(steps: tuple[Step, ...], slots: int) -> list[int]:
    """Return what a staircase holds in each slot."""
    ends = [*(step.slot for step in steps[1:]), slots]
    return [step.replicas for step, end in zip(steps, ends, strict=True) for _ in range(end - step.slot)]


def changes(needs: list[int]) -> int:
    return sum(a != b for a, b in pairwise(needs))


@pytest.mark.parametrize(
    ("needs", "steps"),
    [
        ([7] * 10, [(0, 7)]),
        ([2, 2, 9, 9, 2, 2], [(0, 2), (2, 9), (4, 2)]),
        ([30, 29, 30, 29, 30, 29], [(0, 30)]),
        ([1], [(0, 1)]),
        ([0, 0, 3], [(0, 0), (2, 3)]),
    ],
    ids=[
        "a constant need is one step",
        "a spike is a step of its own",
        "what flutters within what calm may cost is one step",
        "one slot is one step",
        "nothing is needed at first",
    ],
)
def test_a_staircase_follows_what_is_worth_a_change(needs: list[int], steps: list[tuple[int, int]]) -> None:
    assert few_steps(np.array(needs)) == tuple(Step(*each) for each in steps)


@given(needs_of_a_day)
def test_a_staircase_is_never_below_the_need(needs: list[int]) -> None:
    steps = few_steps(np.array(needs))

    assert all(held >= need for held, need in zip(covered(steps, len(needs)), needs, strict=True))


@given(needs_of_a_day)
def test_a_staircase_has_a_third_of_the_changes_of_who_follows_each_but_for_the_few_that_harm_nobody(
    needs: list[int],
) -> None:
    steps = few_steps(np.array(needs))

    assert len(steps) - 1 <= max(changes(needs) / 3, CALM)
    assert all(before.replicas != after.replicas for before, after in pairwise(steps))


@given(st.lists(st.integers(min_value=1, max_value=30), min_size=1, max_size=9))
def test_no_other_staircase_of_as_many_steps_is_cheaper(needs: list[int]) -> None:
    steps = few_steps(np.array(needs))

    others = (
        sum(max(needs[a:b]) * (b - a) for a, b in zip((0, *cuts), (*cuts, len(needs)), strict=True))
        for cuts in combinations(range(1, len(needs)), len(steps) - 1)
    )
    assert sum(covered(steps, len(needs))) == min(others)


@given(st.lists(st.integers(min_value=1, max_value=30), min_size=2, max_size=9))
def test_a_step_less_would_cost_more_than_calm_may(needs: list[int]) -> None:
    steps = few_steps(np.array(needs))

    fewer = [
        sum(max(needs[a:b]) * (b - a) for a, b in zip((0, *cuts), (*cuts, len(needs)), strict=True))
        for cuts in combinations(range(1, len(needs)), max(0, len(steps) - 2))
    ]
    assert len(steps) == 1 or min(fewer) > (1 + SPARE) * sum(needs)


def test_a_plan_fits_its_report_however_wild_the_need() -> None:
    needs = np.random.default_rng(7).integers(1, 1000, 576)

    assert len(few_steps(needs)) == MOST_STEPS
