from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.policy_status import Change, Memory, Recommendation, RuleMemory
from controller.scaling.decision import Plan
from controller.scaling.memory import MAX_ENTRIES, advance_memory, remember, resume, stabilized_floor
from controller.scaling.observation import Observation, Reading
from tests.builders import NOON, a_policy, a_reading, an_observation

SWEEP = timedelta(seconds=15)
FAST = {"scaleUp": {"cooldownSeconds": 600}}


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def a_change(second: float, before: int, after: int) -> Change:
    return Change(at=at(second), from_replicas=before, to_replicas=after)


def plan_of(replicas: int) -> Plan:
    return Plan(recommended_replicas=replicas, candidates=(), winner=None)


def after(observation: Observation, recommended: int, desired: int | None = None) -> Memory:
    current = observation.scale.spec_replicas
    return remember(observation, plan_of(recommended), current if desired is None else desired)


@settings(max_examples=300)
@given(
    recommended=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 200)), min_size=1, max_size=80),
    window=st.sampled_from([0, 15, 60, 300, 3600]),
)
def test_the_stabilized_floor_is_the_highest_recommendation_that_held_within_the_window(
    recommended: list[tuple[int, int]], window: int
) -> None:
    policy = a_policy(behavior={"scaleDown": {"stabilizationWindowSeconds": window}})
    now, memory, held = NOON, Memory(), list[tuple[datetime, int]]()
    for sweeps, replicas in recommended:
        memory = after(an_observation(policy, memory=memory, now=now, requests=1), replicas)
        held.append((now, replicas))
        now += sweeps * SWEEP
    ends = [*(begin for begin, _ in held[1:]), now]
    brute = max((r for (_, r), end in zip(held, ends, strict=True) if end > now - timedelta(seconds=window)), default=0)
    assert stabilized_floor(an_observation(policy, memory=memory, now=now)) == brute


def test_a_recommendation_that_does_not_change_is_one_entry_since_it_began() -> None:
    memory = Memory()
    for number in range(20):
        memory = after(an_observation(memory=memory, now=at(number), requests=1), 7)
    assert memory.recommendations == (Recommendation(since=NOON, replicas=7),)


def test_a_full_list_of_recommendations_only_ever_keeps_more() -> None:
    policy = a_policy(behavior={"scaleDown": {"stabilizationWindowSeconds": 3600}})
    memory = Memory()
    for number in range(200):  # ever lower: the longest list there is
        memory = after(an_observation(policy, memory=memory, now=NOON + number * SWEEP, requests=1), 1000 - number)
        assert len(memory.recommendations) <= MAX_ENTRIES
        assert stabilized_floor(an_observation(policy, memory=memory, now=NOON + number * SWEEP)) == 1000


def test_nothing_is_removed_for_a_window_after_a_restart() -> None:
    memory = Memory(recommendations=(Recommendation(since=at(-900), replicas=3),))
    resumed = resume(memory, 10, NOON)
    assert stabilized_floor(an_observation(memory=resumed, now=at(299))) == 10


def test_what_was_recommended_half_blind_is_no_ground_for_removing_once_all_is_seen() -> None:
    memory = Memory(recommendations=(Recommendation(since=at(-400), replicas=20),))
    blind = an_observation(replicas=20, memory=memory, readings={"requests": a_reading(None)})
    memory = after(blind, 2)
    assert stabilized_floor(an_observation(replicas=20, memory=memory, now=at(200))) == 20


@pytest.mark.parametrize(
    ("mode", "desired", "changes", "why"),
    [
        ("Active", 12, 1, "a change about to be made is remembered"),
        ("Active", 10, 0, "no change, nothing to remember"),
        ("Recommend", 12, 0, "a change that is only shown is none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_is_remembered_where_it_is_carried_out(mode: str, desired: int, changes: int, why: str) -> None:
    memory = after(an_observation(a_policy(mode=mode), requests=1), 12, desired)
    assert len(memory.changes) == changes, why


def test_changes_are_forgotten_only_when_another_is_made_so_that_quiet_sweeps_write_nothing() -> None:
    old = Memory(changes=(a_change(-4000, 5, 8), a_change(-300, 8, 10)))
    policy = a_policy(behavior=FAST)
    assert after(an_observation(policy, memory=old, requests=1), 10).changes == old.changes
    assert after(an_observation(policy, memory=old, requests=1), 10, 12).changes == (
        a_change(-300, 8, 10),
        a_change(0, 10, 12),
    )


def test_a_full_list_of_changes_joins_the_oldest_so_that_none_is_lost_to_a_step_limit() -> None:
    limit = {"type": "Pods", "value": 4, "periodSeconds": 1800}
    policy = a_policy(behavior={"scaleUp": {"policies": [limit]}})
    memory = Memory()
    for number in range(100):
        observation = an_observation(policy, replicas=number, memory=memory, now=at(number * 15), requests=1)
        memory = after(observation, number + 1, number + 1)
    assert len(memory.changes) == MAX_ENTRIES
    assert sum(change.to_replicas - change.from_replicas for change in memory.changes) == 100


@pytest.mark.parametrize(
    ("replicas", "now", "kept", "why"),
    [
        (12, 15, True, "it was carried out"),
        (10, 15, False, "the target still stands where it was: it was not"),
        (11, 15, True, "somebody moved it elsewhere"),
        (10, 0, True, "in the same moment nothing can be known"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_that_was_not_carried_out_is_forgotten(replicas: int, now: int, kept: bool, why: str) -> None:  # noqa: FBT001  a table's column
    memory = Memory(changes=(a_change(0, 10, 12),))
    observation = an_observation(replicas=replicas, memory=memory, now=at(now), requests=1)
    assert advance_memory(observation).changes == (memory.changes if kept else ()), why


@pytest.mark.parametrize(
    ("readings", "planned", "why"),
    [
        ({"requests": a_reading(1)}, 30, "a plan made from fresh signals is worth keeping"),
        ({"requests": a_reading(None)}, 7, "one made without them is not"),
        ({}, 7, "nor one made without a reading at all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_last_plan_made_from_fresh_signals_is_remembered(
    readings: dict[str, Reading], planned: int, why: str
) -> None:
    observation = replace(an_observation(memory=Memory(planned_replicas=7)), readings=readings)
    assert after(observation, 30).planned_replicas == planned, why


def test_a_clock_set_back_leaves_no_time_in_the_future() -> None:
    tomorrow = at(86_400)
    ahead = Memory(
        recommendations=(Recommendation(since=tomorrow, replicas=9),),
        changes=(Change(at=tomorrow, from_replicas=5, to_replicas=9),),
        rules=(RuleMemory(name="backlog", level=0, above_since=tomorrow, fired_at=tomorrow, replicas=9),),
    )
    queue = {"name": "queue", "preset": "queue-depth"}
    rule = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
    policy = a_policy(queue, stepScaling=[rule])
    memory = advance_memory(an_observation(policy, memory=ahead))
    assert memory.recommendations[0].since == NOON
    assert memory.changes[0].at == NOON
    assert (memory.rules[0].above_since, memory.rules[0].fired_at) == (NOON, NOON)


def test_memory_survives_the_wire() -> None:
    memory = Memory(
        recommendations=(Recommendation(since=at(0.25), replicas=9),),
        changes=(a_change(1.5, 5, 9),),
        rules=(RuleMemory(name="backlog", level=0, fired_at=at(2.125), replicas=9),),
        planned_replicas=9,
    )
    assert Memory.model_validate(memory.model_dump(mode="json", by_alias=True, exclude_none=True)) == memory
