from dataclasses import replace
from datetime import timedelta

import pytest

from controller.api.policy_status import Change, Memory, RuleMemory, ScalingPolicyStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Freeze, HpaFloor, Observation, Obstacle
from controller.scaling.publishing.patch import (
    EventNote,
    FloorChange,
    Patch,
    ScaleChange,
    dump,
    patch_for,
    patch_without_decision,
)
from controller.scaling.publishing.status import MAX_MESSAGE
from controller.scaling.reasons import Reason
from tests.builders import NOON, a_policy, a_reading, an_observation

GONE = Obstacle(Reason.TARGET_NOT_FOUND, "there is no Deployment web in namespace shop")
FROZEN = replace(an_observation(requests=140), freeze=Freeze("ConfigMap x"))
OWNED = Obstacle(Reason.TARGET_OWNED_BY_HPA, "HPA web owns it")


def patch(observation: Observation) -> Patch:
    return patch_for(evaluate(observation))


def after(observation: Observation) -> ScalingPolicy:
    """Return the policy as it is once the patch of this observation has been written."""
    status = patch(observation).status
    assert status is not None
    return observation.policy.model_copy(update={"status": status})


def test_an_active_policy_scales_from_what_was_seen_to_what_is_desired() -> None:
    observation = an_observation(requests=140)
    assert patch(observation).scale == ScaleChange(observation.policy.spec.scale_target_ref, 10, 20)


@pytest.mark.parametrize(
    ("observation", "why"),
    [
        (an_observation(a_policy(mode="Recommend"), requests=140), "Recommend only shows"),
        (an_observation(obstacle=OWNED, requests=140), "somebody else owns the target"),
        (an_observation(requests=70), "it stands where it should"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_scale_is_written(observation: Observation, why: str) -> None:
    assert patch(observation).scale is None, why


def test_each_actuator_writes_its_own_number() -> None:
    raising = an_observation(a_policy(actuator="HPAMinReplicas"), requests=140)
    scale = replace(raising.scale, hpa=HpaFloor("web", original=2, max_replicas=40))
    assert patch(replace(raising, scale=scale)).scale == FloorChange("web", 10, 20, original=2)
    assert patch(an_observation(a_policy(actuator="Metric"), requests=140)).scale is None


def test_the_intent_is_always_written_with_a_scale() -> None:
    # Even where every other part of the status was known before: the change itself must survive a crash in between.
    observation = an_observation(requests=140)
    known = after(observation)
    again = patch(an_observation(known, requests=140, now=NOON + timedelta(seconds=15)))
    assert again.scale is not None
    assert again.status is not None
    change = Change(at=NOON + timedelta(seconds=15), from_replicas=10, to_replicas=20)
    assert again.status.memory.changes == (change,)


@pytest.mark.parametrize(
    ("observation", "note"),
    [
        (
            an_observation(requests=140),
            EventNote("LiveRatio", "Scaling from 10 to 20: requests is 140 now: needs 20 replicas"),
        ),
        (
            an_observation(a_policy(mode="Recommend"), requests=140),
            EventNote("LiveRatio", "Would scale from 10 to 20: requests is 140 now: needs 20 replicas"),
        ),
        (an_observation(a_policy(mode="Recommend"), requests=70), None),
        (an_observation(requests=70), None),
        (FROZEN, None),
        (an_observation(obstacle=OWNED, requests=70), EventNote("TargetOwnedByHPA", OWNED.message, warning=True)),
        (
            an_observation(readings={"requests": a_reading(None, problem="HTTP 500")}),
            EventNote("SignalUnhealthy", "signal requests has no data: HTTP 500", warning=True),
        ),
    ],
    ids=[
        "scaling",
        "recommending",
        "nothing to recommend",
        "nothing to do",
        "a freeze",
        "an obstacle",
        "a lost signal",
    ],
)
def test_an_event_tells_the_news(observation: Observation, note: EventNote | None) -> None:
    assert patch(observation).event == note


@pytest.mark.parametrize(
    "observation",
    [
        an_observation(a_policy(mode="Recommend"), requests=140),
        an_observation(obstacle=OWNED, requests=70),
        an_observation(readings={"requests": a_reading(None)}),
    ],
    ids=["a recommendation", "an obstacle", "a lost signal"],
)
def test_news_are_told_once(observation: Observation) -> None:
    known = after(observation)
    again = Observation(
        NOON + timedelta(seconds=15),
        known,
        observation.readings,
        observation.scale,
        known.status.memory,
        obstacle=observation.obstacle,
    )
    assert patch(again).event is None


def test_a_message_never_outgrows_its_field() -> None:
    name = "n" * 63
    rule = {"name": name, "signal": name, "steps": [{"above": "1" + "0" * 30, "addReplicas": 1}]}
    policy = a_policy({"name": name, "preset": "queue-depth"}, stepScaling=[rule])
    endless = Obstacle(Reason.TARGET_KIND_NOT_GRANTED, "z" * 5000)
    memory = Memory(rules=(RuleMemory(name=name, level=0, replicas=20),))
    observation = an_observation(policy, memory=memory, obstacle=endless, readings={name: a_reading(1e35)})
    event = patch(observation).event
    assert event is not None
    assert len(event.message) <= MAX_MESSAGE
    blocked = patch_without_decision(policy.metadata, policy.status, endless, now=NOON)
    assert blocked.event is not None
    assert len(blocked.event.message) <= MAX_MESSAGE


def test_without_a_decision_there_is_a_status_and_a_warning_but_never_a_scale() -> None:
    policy = a_policy()
    blocked = patch_without_decision(policy.metadata, policy.status, GONE, now=NOON)
    assert blocked.scale is None
    assert blocked.status is not None
    assert blocked.event == EventNote("TargetNotFound", GONE.message, warning=True)


def test_an_obstacle_that_stays_writes_nothing() -> None:
    policy = a_policy()
    first = patch_without_decision(policy.metadata, policy.status, GONE, now=NOON)
    assert first.status is not None
    assert patch_without_decision(policy.metadata, first.status, GONE, now=NOON + timedelta(hours=1)).is_empty


def test_the_wire_knows_no_nulls() -> None:
    wire = dump(ScalingPolicyStatus(reason="LiveRatio"))
    assert "forecastReplicas" not in wire
    assert wire["observedGeneration"] == 0
