"""The error budget live: what is remembered of bad service, over restarts too, and what a short budget does."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from controller.api.error_budget import BadSpell
from controller.api.metadata import Condition
from controller.api.policy_status import Memory
from controller.scaling.evaluate import evaluate
from controller.scaling.guards.error_budget import UNSEEN
from controller.scaling.observation import Observation
from controller.scaling.publishing.patch import patch_for
from controller.scaling.publishing.status import status_after
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy, a_reading, an_observation

MINUTE, SWEEP = timedelta(minutes=1), timedelta(seconds=15)
LATE = {"p95Milliseconds": 250, "latencySignal": "latency", "errorBudget": {"targetPercent": "99.9"}}  # 40.32 minutes
LOAD = {**REQUESTS, "load": {"perReplica": 10, "serviceTimeMilliseconds": 100}}
POLICY = a_policy(LOAD, LATENCY, objective=LATE)
BY_ERRORS = a_policy(
    REQUESTS,
    {"name": "errors", "preset": "http-error-ratio"},
    objective={"errorBudget": {"targetPercent": 99}, "indicators": [{"signal": "errors", "above": "50m"}]},
)


def spell(minutes_ago: float, minutes: int, *, over: bool = True) -> BadSpell:
    began = NOON - timedelta(minutes=minutes_ago)
    return BadSpell(began=began, ended=began + minutes * MINUTE, minutes=minutes, over=over)


def lived(
    latencies: Sequence[float | None], *, begin: timedelta = timedelta(0), memory: Memory | None = None
) -> Memory:
    """Return the memory after sweeps every 15 s from noon on; None is a latency that nobody measured."""
    memory = memory or Memory()
    for number, latency in enumerate(latencies):
        now = NOON + begin + number * SWEEP
        reading = a_reading(None, problem="no answer", now=now) if latency is None else a_reading(latency, now=now)
        readings = {"latency": reading, "requests": a_reading(70, now=now)}
        memory = evaluate(an_observation(POLICY, now=now, readings=readings, memory=memory)).memory
    return memory


GOOD, BAD = [0.1] * 4, [0.1, 0.3, 0.1, 0.1]  # a minute each


@pytest.mark.parametrize(
    ("latencies", "spells", "why"),
    [
        (GOOD * 3, [], "good service burns nothing"),
        (BAD, [(0, 1)], "a bad reading makes its minute bad"),
        (GOOD + BAD * 3 + GOOD, [(1, 3)], "minutes that touch are one spell"),
        (BAD + GOOD + BAD, [(0, 1), (2, 1)], "a good minute in between parts two"),
        (BAD + [None] * 8 + GOOD, [(0, 1)], "what nobody saw burns nothing"),
        ([0.3] * 4 + [None] * 8 + [0.3] * 4, [(0, 4)], "unless service was bad before and after"),
        ([0.3] * 4 + [None] * 60 + [0.3] * 4, [(0, 1), (16, 1)], "and not for long"),
        ([None] * 8, [], "missing is not bad"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_minutes_are_remembered(latencies: list[float | None], spells: list[tuple[int, int]], why: str) -> None:
    found = [((each.began - NOON) / MINUTE, each.minutes) for each in lived(latencies).bad_spells]
    assert found == spells, why


def test_minutes_are_those_of_the_clock() -> None:
    (seen,) = lived([0.3, 0.3], begin=50 * timedelta(seconds=1)).bad_spells  # at 12:00:50 and 12:01:05
    assert (seen.began, seen.ended, seen.minutes) == (NOON, NOON + 2 * MINUTE, 2)


def test_a_spell_older_than_the_window_is_forgotten() -> None:
    old, young = (spell(days * 24 * 60, 5) for days in (29, 27))
    assert lived(GOOD, memory=Memory(bad_spells=(old, young))).bad_spells == (young,)


def test_a_policy_without_a_budget_remembers_nothing() -> None:
    plain = a_policy(LOAD, LATENCY, objective={"p95Milliseconds": 250, "latencySignal": "latency"})
    decision = evaluate(an_observation(plain, memory=Memory(bad_spells=(spell(9, 5),)), requests=70, latency=0.3))
    status = status_after(decision)
    assert (decision.memory.bad_spells, status.error_budget) == ((), None)
    assert "WithinErrorBudget" not in {condition.type for condition in status.conditions}


def test_an_indicator_measures_the_budget_too() -> None:
    decision = evaluate(an_observation(BY_ERRORS, requests=70, errors=0.2))
    assert [each.minutes for each in decision.memory.bad_spells] == [1]


# ── Over restarts ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_status_is_written_when_a_spell_begins_every_five_minutes_of_it_and_when_it_is_over() -> None:
    policy, memory, written = POLICY, Memory(), []
    for number in range(4 * 14):
        now = NOON + number * SWEEP
        bad = timedelta(minutes=1) <= now - NOON < timedelta(minutes=13)
        readings = {"latency": a_reading(0.3 if bad else 0.1, now=now), "requests": a_reading(70, now=now)}
        patch = patch_for(decision := evaluate(an_observation(policy, now=now, readings=readings, memory=memory)))
        memory = decision.memory
        if patch.status is not None:
            written.append((now - NOON) / MINUTE)
            policy = policy.model_copy(update={"status": status_after(decision)})
    assert written == [0, 1, 5, 10, 13]


def test_a_restart_in_a_spell_loses_none_of_its_minutes() -> None:
    whole = lived([0.3] * 4 * 9)
    written = lived([0.3] * 4 * 5)
    taken_up = lived([0.3] * 4 * 2, begin=7 * MINUTE, memory=written)  # two minutes without an operator
    assert taken_up.bad_spells == whole.bad_spells
    assert 2 * MINUTE < UNSEEN


# ── A budget nearly gone ─────────────────────────────────────────────────────────────────────────────────────────────
def decided(*spells: BadSpell, observation: Observation | None = None) -> Observation:
    return observation or an_observation(POLICY, replicas=4, memory=Memory(bad_spells=spells), requests=70, latency=0.1)


@pytest.mark.parametrize(
    ("burnt", "replicas", "reason", "why"),
    [
        (0, 10, Reason.LIVE_RATIO, "all is left"),
        (30, 10, Reason.LIVE_RATIO, "10.3 of 40.3 minutes are more than a quarter"),
        (31, 12, Reason.ERROR_BUDGET_NEARLY_GONE, "9.3 are less"),
        (500, 12, Reason.ERROR_BUDGET_NEARLY_GONE, "and so is nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fifth_more_is_kept_while_the_budget_is_nearly_gone(
    burnt: int, replicas: int, reason: Reason, why: str
) -> None:
    spells = (spell(2000, burnt),) if burnt else ()
    decision = evaluate(decided(*spells))
    assert (decision.desired_replicas, decision.reason) == (replicas, reason), why
    assert "of 40.3 minutes of bad service are left" in decision.message or reason is Reason.LIVE_RATIO


def test_the_room_does_not_grow_with_every_sweep() -> None:
    replicas = [4]
    for number in range(8):
        spent, now = Memory(bad_spells=(spell(2000, 500),)), NOON + number * SWEEP
        seen = an_observation(POLICY, now=now, replicas=replicas[-1], memory=spent, requests=70, latency=0.1)
        replicas.append(evaluate(seen).desired_replicas)
    assert replicas[1:] == [12] * 8


def test_the_room_is_among_what_the_stabilization_window_remembers() -> None:
    spent = Memory(bad_spells=(spell(2000, 500),))
    decision = evaluate(an_observation(POLICY, replicas=12, memory=spent, requests=70, latency=0.1))
    assert [each.replicas for each in decision.memory.recommendations] == [12]


def test_a_rule_alone_is_not_raised() -> None:
    rule = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addReplicas": 5}]}
    policy = a_policy(
        QUEUE,
        objective={"errorBudget": {"targetPercent": 99}, "indicators": [{"signal": "queue", "above": 10_000}]},
        stepScaling=[rule],
    )
    spent = Memory(bad_spells=(spell(2000, 1000),))
    assert evaluate(an_observation(policy, memory=spent, queue=2000)).desired_replicas == 15


# ── What is told ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("spells", "status", "reason", "message"),
    [
        ([], "True", "ErrorBudgetLeft", "40.3 of 40.3 minutes of bad service are left of 28 days"),
        ([spell(2000, 12)], "True", "ErrorBudgetLeft", "28.3 of 40.3 minutes of bad service are left of 28 days"),
        (
            [spell(2, 2)],
            "False",
            "ErrorBudgetBurning",
            "38.3 of 40.3 minutes of bad service are left; more than 2% of them burnt within the last 1 h and go on",
        ),
        ([spell(2000, 35)], "False", "ErrorBudgetNearlyGone", "5.3 of 40.3 minutes of bad service are left of 28 days"),
    ],
    ids=["all", "some", "burning", "nearly-gone"],
)
def test_a_condition_says_how_the_budget_stands(spells: list[BadSpell], status: str, reason: str, message: str) -> None:
    said = condition(decided(*spells))
    assert (said.status, said.reason, said.message) == (status, reason, message)


def condition(observation: Observation) -> Condition:
    conditions = status_after(evaluate(observation)).conditions
    return next(each for each in conditions if each.type == "WithinErrorBudget")


def test_the_status_shows_the_figures() -> None:
    shown = status_after(evaluate(decided(spell(2000, 12)))).error_budget
    assert shown is not None
    assert (shown.allowed_minutes, shown.burnt_minutes, shown.left_percent) == (40.3, 12.0, 70)
