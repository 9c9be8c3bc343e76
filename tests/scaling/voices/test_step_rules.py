"""Step rules, word for word. A story is told in looks: what is read, what is Ready, what the rule proposes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from controller.api.policy_status import Memory, RuleMemory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.memory import advance_memory
from controller.scaling.observation import Observation, Reading
from controller.scaling.reasons import Reason
from controller.scaling.voices.step_rules import rule_candidates
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy, a_reading, an_observation

BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
SLOW = {"name": "slow", "signal": "latency", "steps": [{"above": "0.25", "addReplicas": 4}]}
STAIRS = {
    "name": "stairs",
    "signal": "queue",
    "rearmBelow": 500,
    "steps": [{"above": 1000, "addPercent": 50}, {"above": 2000, "addPercent": 100}],
}


class Look(NamedTuple):
    """At this second the queue is so deep, so many are asked for and so many Ready; the rule then proposes this."""

    second: int
    queue: float
    replicas: int
    ready: int
    proposes: int | None


def a_queue_policy(**rule: object) -> ScalingPolicy:
    return a_policy(QUEUE, stepScaling=[{**BACKLOG, **rule}])


def looked(observation: Observation) -> Observation:
    return replace(observation, memory=advance_memory(observation))


def proposed(observation: Observation) -> int | None:
    return rule_candidates(observation)[0].replicas


def at(second: int) -> datetime:
    return NOON + timedelta(seconds=second)


def play(policy: ScalingPolicy, looks: Sequence[Look], memory: Memory | None = None) -> list[int | None]:
    """Return what the rule proposes at each look; what it remembers passes through JSON, as over a restart."""
    said, memory = [], memory or Memory()
    for look in looks:
        observation = looked(
            an_observation(
                policy,
                replicas=look.replicas,
                ready=look.ready,
                memory=memory,
                now=at(look.second),
                queue=look.queue,
            )
        )
        said.append(proposed(observation))
        memory = Memory.model_validate_json(observation.memory.model_dump_json(by_alias=True))
    return said


@pytest.mark.parametrize(
    ("queue", "ready", "proposes", "why"),
    [
        (1001, 10, 15, "queue depth over 1000 adds 50 %"),
        (1000, 10, None, "1000 is not over 1000"),
        (0, 10, None, "an empty queue asks for nothing"),
        (1500, 3, 5, "half of three is rounded up"),
        (1500, 80, 100, "never beyond maxReplicas"),
        (1500, 1, 2, "one pod gets another"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_queue_depth_over_1000_adds_half_of_the_ready_pods(
    queue: float, ready: int, proposes: int | None, why: str
) -> None:
    assert proposed(looked(an_observation(a_queue_policy(), replicas=ready, queue=queue))) == proposes, why


def test_p95_over_250_ms_adds_capacity_although_cpu_looks_fine() -> None:
    cpu = {"name": "cpu", "preset": "cpu-cores", "load": {"perReplica": 1}}
    observation = looked(an_observation(a_policy(cpu, LATENCY, stepScaling=[SLOW]), cpu=2, latency=0.3))
    candidate = rule_candidates(observation)[0]
    assert candidate.replicas == 14
    assert candidate.message == (
        "step rule slow: latency rose above 0.25, adds 4 replicas to reach 14 until it falls below 0.25"
    )


STORIES = {
    "what was added is kept until the queue is below the threshold, then let go": (
        {},
        [
            Look(0, 1500, 10, 10, 15),
            Look(60, 1001, 15, 15, 15),
            Look(75, 1000, 15, 15, 15),
            Look(90, 999, 15, 15, None),
        ],
    ),
    "a level of its own to re-arm at keeps it longer": (
        {"rearmBelow": 200},
        [Look(0, 1500, 10, 10, 15), Look(60, 900, 15, 15, 15), Look(75, 200, 15, 15, 15), Look(90, 199, 15, 15, None)],
    ),
    "a rule that re-arms only when empty lets go at zero": (
        {"rearmBelow": 0},
        [Look(0, 1500, 10, 10, 15), Look(60, 1, 15, 15, 15), Look(75, 0, 15, 15, None)],
    ),
    "it is not repeated while its pods start": (
        {},
        [Look(0, 1500, 10, 10, 15), *(Look(second, 1500, 15, 10, 15) for second in range(15, 180, 15))],
    ),
    "nor while only some of them are Ready": (
        {},
        [Look(0, 1500, 10, 10, 15), Look(60, 1500, 15, 14, 15), Look(120, 1500, 15, 14, 15)],
    ),
    "it is repeated when its pods are Ready, had a minute to show, and the queue is still too deep": (
        {},
        [Look(0, 1500, 10, 10, 15), Look(30, 1500, 15, 15, 15), Look(75, 1500, 15, 15, 15), Look(90, 1500, 15, 15, 23)],
    ),
    "nor while a step limit still holds back a part of what it asked for": (
        {},
        [
            Look(0, 1500, 10, 10, 15),
            Look(15, 1500, 12, 12, 15),
            Look(90, 1500, 12, 12, 15),
            Look(175, 1500, 12, 12, 15),
        ],
    ),
    "it is repeated beside pods that are late, on what is Ready": (
        {},
        [Look(0, 1500, 10, 10, 15), Look(181, 1500, 15, 12, 15), Look(241, 1500, 15, 12, 18)],
    ),
    "with `for`, a short peak adds nothing": (
        {"forSeconds": 60},
        [Look(0, 1500, 10, 10, None), Look(45, 1500, 10, 10, None), Look(60, 900, 10, 10, None)],
    ),
    "with `for`, a long one does": (
        {"forSeconds": 60},
        [Look(0, 1500, 10, 10, None), Look(45, 1500, 10, 10, None), Look(60, 1500, 10, 10, 15)],
    ),
    "with `for`, the clock starts again after a dip": (
        {"forSeconds": 60},
        [Look(0, 1500, 10, 10, None), Look(45, 900, 10, 10, None), Look(60, 1500, 10, 10, None)],
    ),
    "with `for`, the clock starts again after a dip that does not re-arm": (
        {"forSeconds": 60, "rearmBelow": 500},
        [Look(0, 1500, 10, 10, None), Look(45, 900, 10, 10, None), Look(60, 1500, 10, 10, None)],
    ),
    "a higher step fires at once while the first one's pods start, and counts from what is Ready": (
        STAIRS,
        [Look(0, 1500, 10, 10, 15), Look(15, 2500, 15, 10, 20), Look(30, 1500, 20, 10, 20)],
    ),
    "falling back to the first step takes nothing away": (
        STAIRS,
        [Look(0, 2500, 10, 10, 20), Look(60, 1500, 20, 20, 20), Look(75, 700, 20, 20, 20), Look(90, 499, 20, 20, None)],
    ),
    "a higher step that adds less than a lower one does not count for less": (
        {"steps": [{"above": 1000, "addPercent": 50}, {"above": 2000, "addReplicas": 1}]},
        [Look(0, 2500, 10, 10, 15)],
    ),
    "pods that others already asked for are part of the answer": (
        {},
        [Look(0, 1500, 20, 10, 20)],
    ),
    "a rule adds; it never proposes fewer than are asked for because pods broke": (
        {},
        [Look(0, 1500, 10, 0, 10), Look(300, 1500, 10, 2, 10)],
    ),
    "at maxReplicas it stays there": (
        {},
        [Look(0, 1500, 90, 90, 100), Look(60, 1500, 100, 100, 100), Look(180, 1500, 100, 100, 100)],
    ),
}


@pytest.mark.parametrize(("rule", "looks"), STORIES.values(), ids=STORIES)
def test_a_story_at_a_rule(rule: dict[str, object], looks: list[Look]) -> None:
    assert play(a_queue_policy(**rule), looks) == [look.proposes for look in looks]


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (a_reading(0, age=timedelta(seconds=120)), "stale"),
        (a_reading(0, problem="partial answer"), "with a problem"),
        (a_reading(None), "missing"),
        (a_reading(float("nan")), "not a number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unhealthy_signal_keeps_what_the_rule_fired(reading: Reading, why: str) -> None:
    fired = Memory(rules=(RuleMemory(name="backlog", level=0, fired_at=at(-60), replicas=15),))
    observation = looked(an_observation(a_queue_policy(), memory=fired, readings={"queue": reading}))
    assert (proposed(observation), observation.memory.rules) == (15, fired.rules), why


def test_an_unhealthy_signal_does_not_fire_a_rule_at_rest() -> None:
    late = {"queue": a_reading(5000, age=timedelta(minutes=2))}
    observation = looked(an_observation(a_queue_policy(), readings=late))
    candidate = rule_candidates(observation)[0]
    assert (candidate.replicas, candidate.reason) == (None, Reason.SIGNAL_UNHEALTHY)


def test_recommend_mode_proposes_without_repeating_or_churning_its_memory() -> None:
    policy = a_policy(QUEUE, mode="Recommend", stepScaling=[BACKLOG])
    memory, memories = Memory(), []
    for second in range(0, 600, 15):
        observation = looked(an_observation(policy, memory=memory, now=at(second), queue=1500))
        memory = observation.memory
        memories.append(memory)
        assert proposed(observation) == 15
    assert len(set(memories[2:])) == 1


@pytest.mark.parametrize(
    ("spec", "proposes", "why"),
    [
        ([], None, "a rule that was removed is forgotten"),
        ([{**BACKLOG, "name": "renamed"}], None, "a rule that was renamed starts anew"),
        ([{**BACKLOG, "steps": [{"above": 100, "addReplicas": 1}]}], 20, "a rule with fewer steps keeps its count"),
        ([{**BACKLOG, "steps": [{"above": 9000, "addReplicas": 1}]}], None, "a higher threshold lets go below it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_survives_a_change_of_its_spec(spec: list[object], proposes: int | None, why: str) -> None:
    fired = Memory(rules=(RuleMemory(name="backlog", level=7, fired_at=at(-60), replicas=20),))
    policy = a_policy({**QUEUE, "load": {"perReplica": 1000}}, stepScaling=spec)
    observation = looked(an_observation(policy, memory=fired, replicas=20, queue=999))
    said = [candidate.replicas for candidate in rule_candidates(observation)]
    assert said == ([proposes] if spec else []), why


def test_a_rule_at_rest_leaves_nothing_in_memory() -> None:
    policy = a_policy(REQUESTS, QUEUE, LATENCY, stepScaling=[BACKLOG, SLOW])
    fired = Memory(rules=(RuleMemory(name="backlog", level=0, fired_at=at(-60), replicas=15),))
    assert looked(an_observation(policy, memory=fired, requests=1, queue=10, latency=0.1)).memory.rules == ()


def test_a_clock_that_was_set_back_does_not_hold_a_rule_for_hours() -> None:
    policy = a_queue_policy(forSeconds=60)
    began_tomorrow = Memory(rules=(RuleMemory(name="backlog", above_since=at(86_400)),))
    looks = [Look(0, 1500, 10, 10, None), Look(60, 1500, 10, 10, 15)]
    assert play(policy, looks, began_tomorrow) == [None, 15]
