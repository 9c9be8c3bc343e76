"""Removals that are watched, and put back where they did harm. Seven requests a second need one replica."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.api.policy_status import Memory, RemovalMemory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Reading
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, REQUESTS, a_policy, a_reading, an_observation

SECOND = timedelta(seconds=1)
CALM = {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}
FAST = {"indicators": [{"signal": "latency", "above": "0.25"}]}


def at(second: float) -> datetime:
    return NOON + second * SECOND


def a_web(*, up: dict[str, Any] | None = None, **down: Any) -> ScalingPolicy:  # noqa: ANN401  a behavior field
    behavior = {"scaleUp": up or {}, "scaleDown": {**CALM, **down}}
    return a_policy(REQUESTS, LATENCY, objective=FAST, behavior=behavior)


def removed(ago: float, before: int = 20, *, undone_ago: float | None = None) -> Memory:
    undone_at = None if undone_ago is None else at(-undone_ago)
    return Memory(removal=RemovalMemory(at=at(-ago), from_replicas=before, undone_at=undone_at))


@pytest.mark.parametrize(
    ("memory", "requests", "latency", "expected", "why"),
    [
        (Memory(), 35, a_reading(0.1), (5, Reason.LIVE_RATIO), "the first removal is made"),
        (removed(60), 35, a_reading(0.1), (10, Reason.SCALE_DOWN_WATCHED), "the next waits while it is watched"),
        (removed(301), 35, a_reading(0.1), (5, Reason.LIVE_RATIO), "and is made when it did no harm"),
        (removed(60), 35, a_reading(0.3), (20, Reason.SCALE_DOWN_UNDONE), "one that did harm is put back"),
        (removed(300), 35, a_reading(0.3), (20, Reason.SCALE_DOWN_UNDONE), "to the end of the watch time"),
        (removed(60), 210, a_reading(0.3), (30, Reason.LIVE_RATIO), "more is added where demand asks for it"),
        (removed(60), 70, a_reading(None), (10, Reason.LIVE_RATIO), "a latency nobody knows undoes nothing"),
        (removed(900, undone_ago=700), 35, a_reading(0.1), (20, Reason.SCALE_DOWN_UNDONE), "it is remembered"),
        (removed(2900, undone_ago=1801), 35, a_reading(0.1), (5, Reason.LIVE_RATIO), "for half an hour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_removal_is_watched_and_undone_where_it_did_harm(
    memory: Memory, requests: float, latency: Reading, expected: tuple[int, Reason], why: str
) -> None:
    readings = {"requests": a_reading(requests), "latency": latency}
    decision = evaluate(an_observation(a_web(outageHoldSeconds=0), memory=memory, readings=readings))
    assert (decision.desired_replicas, decision.reason) == expected, why


@pytest.mark.parametrize(
    ("policy", "latency", "watched", "why"),
    [
        (a_web(outageHoldSeconds=0), 0.1, True, "a removal while service is good is watched"),
        (a_web(outageHoldSeconds=0), 0.3, False, "service that was bad before is not its doing"),
        (a_web(watchSeconds=0), 0.1, False, "a watch time of zero watches nothing"),
        (a_policy(REQUESTS, LATENCY, behavior={"scaleDown": CALM}), 0.1, False, "nor is there without an indicator"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_watched(policy: ScalingPolicy, latency: float, watched: bool, why: str) -> None:  # noqa: FBT001  a table's column
    memory = evaluate(an_observation(policy, requests=35, latency=latency)).memory
    assert memory.removal == (RemovalMemory(at=NOON, from_replicas=10) if watched else None), why


def test_a_removal_that_is_only_recommended_is_not_watched() -> None:
    policy = a_policy(REQUESTS, LATENCY, objective=FAST, behavior={"scaleDown": CALM}, mode="Recommend")
    assert evaluate(an_observation(policy, requests=35, latency=0.1)).memory.removal is None


def test_putting_back_waits_for_no_step_limit_and_no_cooldown() -> None:
    slow = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}], "cooldownSeconds": 600}
    decision = evaluate(an_observation(a_web(up=slow), memory=removed(60), requests=35, latency=0.3))
    assert decision.desired_replicas == 20


def test_both_say_what_happened_and_until_when() -> None:
    watching = evaluate(an_observation(a_web(), memory=removed(60), requests=35, latency=0.1))
    undone = evaluate(an_observation(a_web(), memory=removed(60), requests=35, latency=0.3))
    assert watching.message == "the removal of 11:59:00 UTC is watched for 0:05:00"
    assert undone.message == (
        "service went bad at 12:00:00 UTC after a removal from 20 replicas; they are kept until 12:30:00 UTC"
    )
    assert undone.memory.removal == RemovalMemory(at=at(-60), from_replicas=20, undone_at=NOON)


def test_a_removal_that_did_no_harm_is_forgotten() -> None:
    assert evaluate(an_observation(a_web(), memory=removed(301), requests=70, latency=0.1)).memory.removal is None
