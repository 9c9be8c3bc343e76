"""Failover reserve: the loss of one zone leaves what demand needs."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.fields import MAX_REPLICAS
from controller.api.policy_status import Memory, RuleMemory
from controller.scaling.observation import Observation
from controller.scaling.plan import plan_capacity
from controller.scaling.reasons import Reason
from controller.scaling.voices.failover import with_reserve
from tests.builders import NOON, QUEUE, REQUESTS, a_policy, an_event, an_observation, an_outlook

# Ten requests a second and replica at 70 %: seven.
THREE = {"zones": 3}
SPREAD = a_policy(resilience=THREE)
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
FIRED = Memory(rules=(RuleMemory(name="backlog", level=0, fired_at=NOON, replicas=30),))


@pytest.mark.parametrize(
    ("observation", "replicas", "reason"),
    [
        (an_observation(SPREAD, requests=70), 15, Reason.FAILOVER_RESERVE),
        (an_observation(a_policy(resilience={"zones": 2}), requests=70), 20, Reason.FAILOVER_RESERVE),
        (an_observation(a_policy(), requests=70), 10, Reason.LIVE_RATIO),
        (an_observation(SPREAD, requests=7, outlooks={"requests": an_outlook([140] * 9)}), 30, Reason.FAILOVER_RESERVE),
        (
            an_observation(SPREAD, requests=70, events=[an_event(start=NOON + timedelta(minutes=1))]),
            45,
            Reason.FAILOVER_RESERVE,
        ),
        (
            an_observation(
                a_policy(REQUESTS, QUEUE, resilience=THREE, stepScaling=[BACKLOG]),
                memory=FIRED,
                requests=70,
                queue=1500,
            ),
            30,
            Reason.STEP_RULE,
        ),
        (an_observation(SPREAD, requests=0), 0, Reason.LIVE_RATIO),
    ],
    ids=[
        "half as many again in three zones",
        "twice as many in two",
        "none where none is wanted",
        "of a forecast",
        "of a launch",
        "what a rule reached is not multiplied",
        "nothing needs no reserve",
    ],
)
def test_a_zone_can_be_lost(observation: Observation, replicas: int, reason: Reason) -> None:
    plan = plan_capacity(observation)

    assert (plan.recommended_replicas, plan.winner and plan.winner.reason) == (replicas, reason)


def test_the_reserve_says_what_it_is_for() -> None:
    winner = plan_capacity(an_observation(SPREAD, requests=70)).winner

    assert winner is not None
    assert winner.message == "of 15 replicas in 3 zones the loss of one leaves the 10 that requests needs"


@given(st.integers(0, MAX_REPLICAS // 2), st.integers(2, 16))
def test_what_is_left_is_enough_and_one_fewer_would_not_leave_it(needed: int, zones: int) -> None:
    policy = a_policy(resilience={"zones": zones})

    kept = with_reserve(needed, policy)

    assert kept - math.ceil(kept / zones) >= needed
    assert needed == 0 or kept - 1 - math.ceil((kept - 1) / zones) < needed


def test_no_reserve_asks_for_more_than_any_workload_may_have() -> None:
    assert with_reserve(MAX_REPLICAS - 1, SPREAD) == MAX_REPLICAS


def test_the_reserve_is_in_what_is_needed_soon() -> None:
    plan = plan_capacity(an_observation(SPREAD, requests=7, outlooks={"requests": an_outlook([140] * 9)}))

    assert plan.needed_soon == 30


def test_a_reserve_of_what_is_only_held_does_not_grow_with_every_sweep() -> None:
    observation = an_observation(SPREAD, replicas=40, events=[an_event(start=NOON)], requests=70)
    assert plan_capacity(observation).recommended_replicas == 40
