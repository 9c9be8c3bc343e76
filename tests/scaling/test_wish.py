"""A Metric policy moves its own wish, which somebody else follows when he likes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.api.policy_status import Memory
from controller.scaling.evaluate import evaluate
from controller.scaling.memory import moved_number
from controller.scaling.observation import Obstacle, Scale, Written
from controller.scaling.reasons import Reason
from tests.builders import NOON, a_policy, a_reading, an_observation

SWEEP = timedelta(seconds=15)
WISHES = a_policy(actuator="Metric")
LIVE = Scale(10, 10, written=Written("kube-controller-manager", NOON))
OFF = Obstacle(Reason.TARGET_OFF, "set to 0 by hand")


@pytest.mark.parametrize(
    ("policy", "memory", "number"),
    [
        pytest.param(WISHES, Memory(wished_replicas=20), Scale(20, 10), id="what it asked for last"),
        pytest.param(WISHES, Memory(), LIVE, id="what stands, while it has asked for nothing"),
        pytest.param(a_policy(), Memory(wished_replicas=20), LIVE, id="another actuator moves what stands"),
    ],
)
def test_a_wish_is_moved_from_the_last_one(policy: object, memory: Memory, number: Scale) -> None:
    assert moved_number(policy, LIVE, memory) == number  # type: ignore[arg-type]  # a table's column


def test_a_wish_that_nobody_follows_yet_is_one_change_not_one_in_every_sweep() -> None:
    memory = Memory()
    for number in range(4):
        now = NOON + number * SWEEP
        looked = an_observation(WISHES, memory=memory, readings={"requests": a_reading(140, now=now)}, now=now)
        decision = evaluate(replace(looked, scale=moved_number(WISHES, looked.scale, memory)))
        memory = decision.memory

    assert (memory.wished_replicas, len(memory.changes)) == (20, 1)
    assert decision.desired_replicas == 20


@pytest.mark.parametrize(
    ("spec", "obstacle"),
    [
        pytest.param({"actuator": "Metric", "mode": "Recommend"}, None, id="it only recommends"),
        pytest.param({"actuator": "Metric"}, OFF, id="something stands in the way"),
        pytest.param({"actuator": "Scale"}, None, id="it scales itself"),
    ],
)
def test_nobody_is_asked_to_follow(spec: dict[str, str], obstacle: Obstacle | None) -> None:
    decision = evaluate(an_observation(a_policy(**spec), requests=140, obstacle=obstacle))

    assert (decision.desired_replicas, decision.memory.wished_replicas) == (20, None)
