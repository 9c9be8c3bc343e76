"""What a rollout holds, what it does not inflate, and what is not learned from it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.api.policy_status import Memory, RolloutMemory, RuleMemory
from controller.scaling.evaluate import evaluate
from controller.scaling.memory import advance_memory
from controller.scaling.observation import Pod
from controller.scaling.reasons import Reason
from tests.builders import NOON, QUEUE, REQUESTS, a_policy, an_observation

SECOND = timedelta(seconds=1)
CALM = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}


def at(second: float) -> datetime:
    return NOON + second * SECOND


def rolling_since(seconds_ago: float) -> Memory:
    return Memory(rollout=RolloutMemory(began=at(-seconds_ago)))


@pytest.mark.parametrize(
    ("rolling_out", "memory", "requests", "expected", "why"),
    [
        (True, Memory(), 35, (10, Reason.ROLLOUT), "nothing is removed while pods are replaced"),
        (True, Memory(), 140, (20, Reason.LIVE_RATIO), "what demand asks for is added"),
        (True, rolling_since(3600), 35, (10, Reason.ROLLOUT), "for an hour"),
        (True, rolling_since(3601), 35, (5, Reason.LIVE_RATIO), "and no longer: it is stuck"),
        (False, rolling_since(60), 35, (5, Reason.LIVE_RATIO), "nor once it is over"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rollout_holds_what_runs(
    rolling_out: bool,  # noqa: FBT001  a table's column
    memory: Memory,
    requests: float,
    expected: tuple[int, Reason],
    why: str,
) -> None:
    observation = an_observation(a_policy(behavior=CALM), memory=memory, rolling_out=rolling_out, requests=requests)
    decision = evaluate(observation)
    assert (decision.desired_replicas, decision.reason) == expected, why


def test_the_hold_says_since_when() -> None:
    decision = evaluate(an_observation(a_policy(behavior=CALM), rolling_out=True, requests=35))
    assert decision.message == "a rollout goes on since 12:00:00 UTC; the current replicas are held"


def test_surge_pods_do_not_inflate_what_a_rule_adds() -> None:
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG])
    observation = an_observation(policy, replicas=10, ready=13, rolling_out=True, requests=7, queue=1500)
    assert evaluate(observation).desired_replicas == 15


@pytest.mark.parametrize(
    ("rolling_out", "replicas", "why"),
    [(True, 15, "the surge is no answer to the last step"), (False, 23, "without a rollout they are")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_is_not_repeated_because_surge_pods_are_ready(rolling_out: bool, replicas: int, why: str) -> None:  # noqa: FBT001  a table's column
    fired = RuleMemory(name="backlog", level=0, fired_at=at(-90), above_since=at(-61), replicas=15)
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG])
    memory = Memory(rules=(fired,))
    observation = an_observation(policy, replicas=15, memory=memory, rolling_out=rolling_out, requests=7, queue=1500)
    assert evaluate(observation).desired_replicas == replicas, why


def test_a_rollout_is_remembered_from_its_begin_to_its_end() -> None:
    began = advance_memory(an_observation(rolling_out=True, requests=7))
    during = advance_memory(an_observation(rolling_out=True, memory=began, now=at(60), requests=7))
    ended = advance_memory(an_observation(memory=during, now=at(120), requests=7))
    assert during.rollout == RolloutMemory(began=NOON)
    assert ended.rollout == RolloutMemory(began=NOON, ended=at(120))
    assert advance_memory(an_observation(memory=ended, now=at(180), requests=7)).rollout == ended.rollout
    again = an_observation(rolling_out=True, memory=ended, now=at(240), requests=7)
    assert advance_memory(again).rollout == RolloutMemory(began=at(240))


@pytest.mark.parametrize(
    ("created", "learned", "why"),
    [
        (-10, True, "pods from before it are"),
        (30, False, "pods of the rollout itself are not"),
        (130, True, "pods from after it are"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_lead_time_is_learned_from_a_rollout(created: float, learned: bool, why: str) -> None:  # noqa: FBT001  a table's column
    memory = Memory(rollout=RolloutMemory(began=NOON, ended=at(120)))
    pods = [Pod("web-1", at(created), at(created + 60))]
    seen = an_observation(memory=memory, pods=pods, now=at(300), requests=7)
    assert bool(advance_memory(seen).start_ups) is learned, why


def test_while_it_goes_on_nothing_is_learned_either() -> None:
    pods = [Pod("web-1", NOON, at(60))]
    seen = an_observation(memory=rolling_since(0), rolling_out=True, pods=pods, now=at(90), requests=7)
    assert advance_memory(seen).start_ups == ()
    assert advance_memory(replace(seen, memory=Memory())).rollout == RolloutMemory(began=at(90))
