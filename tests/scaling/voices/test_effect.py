"""The effect check: a rule on a latency whose replicas do not lower it stops, and says so."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from controller.api.policy_status import Memory, RuleMemory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.publishing.patch import patch_for
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy, an_observation

SLOW = {"name": "slow", "signal": "latency", "steps": [{"above": "0.25", "addReplicas": 4}]}
DEEP = {"name": "slow", "signal": "queue", "steps": [{"above": "0.25", "addReplicas": 4}]}
HISTOGRAM = {
    "name": "latency",
    "metric": {"metric": "http_seconds", "type": "Histogram", "percentile": 95},
}
GAUGE = {"name": "latency", "metric": {"metric": "slow_requests", "type": "Gauge"}}


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


class Look(NamedTuple):
    """At this second the latency is so high, with this many replicas; so many of them Ready (all by default)."""

    second: int
    latency: float
    replicas: int
    desired: int
    ready: int | None = None


def a_slow_web(latency: Mapping[str, Any] = LATENCY, rule: Mapping[str, Any] = SLOW) -> ScalingPolicy:
    return a_policy(REQUESTS, latency, QUEUE, stepScaling=[rule])


def play(policy: ScalingPolicy, looks: Sequence[Look]) -> list[int]:
    """Return what is decided at each look; what is remembered passes through JSON, as over a restart."""
    desired, memory = [], Memory()
    for look in looks:
        observation = an_observation(
            policy,
            replicas=look.replicas,
            ready=look.ready,
            memory=memory,
            now=at(look.second),
            requests=7,
            latency=look.latency,
            queue=look.latency,
        )
        decision = evaluate(observation)
        desired.append(decision.desired_replicas)
        memory = Memory.model_validate_json(decision.memory.model_dump_json(by_alias=True))
    return desired


IN_VAIN = [
    *(Look(0, 0.3, 10, 14), Look(60, 0.3, 14, 14), Look(120, 0.3, 14, 18)),
    *(Look(180, 0.3, 18, 18), Look(240, 0.3, 18, 18)),
]
STORIES: dict[str, list[Look]] = {
    "two additions in a row that did not help are enough": [*IN_VAIN, Look(900, 0.3, 18, 18)],
    "after half an hour it tries again": [*IN_VAIN, Look(2041, 0.3, 18, 18), Look(2101, 0.3, 18, 22)],
    "when it re-arms it starts anew": [*IN_VAIN, Look(300, 0.2, 18, 18), Look(315, 0.3, 18, 22)],
    "one that helped clears the count": [
        *(Look(0, 0.5, 10, 14), Look(60, 0.5, 14, 14), Look(120, 0.5, 14, 18)),
        *(Look(180, 0.4, 18, 18), Look(240, 0.4, 18, 22), Look(300, 0.4, 22, 22), Look(360, 0.4, 22, 26)),
    ],
    "a little lower is noise": [
        *(Look(0, 0.5, 10, 14), Look(60, 0.48, 14, 14), Look(120, 0.48, 14, 18)),
        *(Look(180, 0.46, 18, 18), Look(240, 0.46, 18, 18)),
    ],
    "replicas that are late cannot be judged": [
        *(Look(0, 0.3, 10, 14), Look(181, 0.3, 14, 14, 12), Look(241, 0.3, 14, 16, 12)),
        *(Look(422, 0.3, 16, 16, 14), Look(482, 0.3, 16, 18, 14)),
    ],
}


@pytest.mark.parametrize("looks", STORIES.values(), ids=STORIES)
def test_a_story_of_a_slow_web(looks: list[Look]) -> None:
    assert play(a_slow_web(), looks) == [look.desired for look in looks]


@pytest.mark.parametrize(
    ("policy", "stops", "why"),
    [
        (a_slow_web(), True, "a preset of a latency"),
        (a_slow_web(HISTOGRAM), True, "a percentile of a histogram"),
        (a_slow_web(GAUGE), False, "a gauge may count anything"),
        (a_slow_web(rule=DEEP), False, "a queue goes on growing while its workers are too few"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_rules_on_a_latency_are_held_to_their_effect(policy: ScalingPolicy, stops: bool, why: str) -> None:  # noqa: FBT001  a table's column
    assert (play(policy, IN_VAIN)[-1] == 18) is stops, why


def test_a_rule_that_stopped_says_so_in_its_voice_and_in_the_condition() -> None:
    stopped = RuleMemory(name="slow", level=0, fired_at=at(-200), replicas=18, vain_steps=2, stopped_at=at(-60))
    memory = Memory(rules=(stopped,))
    decision = evaluate(an_observation(a_slow_web(), replicas=18, memory=memory, requests=7, latency=0.3, queue=0))
    message = (
        "step rule slow adds nothing more: 2 additions in a row did not lower latency; "
        "the 18 replicas it reached are kept"
    )
    assert (decision.reason, decision.message) == (Reason.STEP_RULE_STOPPED, message)
    status = patch_for(decision).status
    assert status is not None
    limited = next(each for each in status.conditions if each.type == "ScalingLimited")
    assert (limited.status, limited.reason, limited.message) == ("True", "StepRuleStopped", message)
