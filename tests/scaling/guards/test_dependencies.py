"""The dependency guard. Seven requests a second need one replica; the database has room for 90 connections."""

from datetime import timedelta
from typing import Any

import pytest

from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Reading
from controller.scaling.publishing.patch import patch_for
from controller.scaling.reasons import Reason
from tests.builders import REQUESTS, a_policy, a_reading, an_observation

CONNECTIONS = {"name": "connections", "preset": "database-connections"}
CALM = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
DATABASE = {"name": "database", "signal": "connections", "above": 90}
CAPPED = {**DATABASE, "action": "Cap", "maxReplicas": 14}


@pytest.mark.parametrize(
    ("dependency", "connections", "requests", "expected", "why"),
    [
        (DATABASE, a_reading(91), 140, (10, Reason.DEPENDENCY_LIMIT), "above its limit it blocks what would be added"),
        (DATABASE, a_reading(90), 140, (20, Reason.LIVE_RATIO), "at its limit it does not"),
        (DATABASE, a_reading(91), 35, (5, Reason.LIVE_RATIO), "fewer replicas are what it needs"),
        (CAPPED, a_reading(91), 140, (14, Reason.DEPENDENCY_LIMIT), "a cap lets some be added"),
        (CAPPED, a_reading(91), 84, (12, Reason.LIVE_RATIO), "below the cap it says nothing"),
        ({**CAPPED, "maxReplicas": 5}, a_reading(91), 140, (10, Reason.DEPENDENCY_LIMIT), "a cap removes nothing"),
        (DATABASE, a_reading(91, age=timedelta(seconds=91)), 140, (20, Reason.LIVE_RATIO), "stale data blocks nothing"),
        (DATABASE, a_reading(None), 140, (20, Reason.LIVE_RATIO), "nor does missing data"),
        (DATABASE, a_reading(float("nan")), 140, (20, Reason.LIVE_RATIO), "nor what is not a number"),
        (DATABASE, a_reading(None), 35, (10, Reason.SIGNALS_LOST), "but nothing is removed without it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_dependency_above_its_limit_keeps_replicas_from_being_added(
    dependency: dict[str, Any], connections: Reading, requests: float, expected: tuple[int, Reason], why: str
) -> None:
    policy = a_policy(REQUESTS, CONNECTIONS, dependencies=[dependency], behavior=CALM)
    readings = {"requests": a_reading(requests), "connections": connections}
    decision = evaluate(an_observation(policy, readings=readings))
    assert (decision.desired_replicas, decision.reason) == expected, why


def test_of_several_dependencies_the_strictest_counts() -> None:
    policy = a_policy(REQUESTS, CONNECTIONS, dependencies=[CAPPED, {**CAPPED, "name": "tighter", "maxReplicas": 12}])
    assert evaluate(an_observation(policy, requests=140, connections=100)).desired_replicas == 12


def test_a_floor_that_a_person_set_is_stronger_than_a_dependency() -> None:
    policy = a_policy(REQUESTS, CONNECTIONS, dependencies=[DATABASE], minReplicas=15)
    assert evaluate(an_observation(policy, requests=140, connections=100)).desired_replicas == 15


def test_missing_data_of_a_dependency_alone_does_not_raise_to_the_fallback() -> None:
    fallback = {"replicas": 25, "afterSeconds": 600}
    policy = a_policy(REQUESTS, CONNECTIONS, dependencies=[DATABASE], fallback=fallback)
    lost = {"connections": a_reading(None, age=timedelta(hours=1)), "requests": a_reading(70)}
    assert evaluate(an_observation(policy, readings=lost)).desired_replicas == 10


@pytest.mark.parametrize(
    ("dependency", "message"),
    [
        (DATABASE, "dependency database: connections is 95, above 90; nothing is added to the 10 replicas"),
        (CAPPED, "dependency database: connections is 95, above 90; capped at 14 replicas"),
    ],
    ids=["block", "cap"],
)
def test_the_condition_says_which_dependency_limits(dependency: dict[str, Any], message: str) -> None:
    policy = a_policy(REQUESTS, CONNECTIONS, dependencies=[dependency])
    status = patch_for(evaluate(an_observation(policy, requests=140, connections=95))).status
    assert status is not None
    limited = next(each for each in status.conditions if each.type == "ScalingLimited")
    assert (limited.status, limited.reason, limited.message) == ("True", "DependencyLimit", message)
