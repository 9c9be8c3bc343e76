"""Limits, one table each, seen through whole decisions. Seven requests a second need one replica."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.api.behavior import PauseDirection
from controller.api.policy_status import Change, Memory, Recommendation, RuleMemory
from controller.scaling.decision import Decision, Plan, Proposal
from controller.scaling.evaluate import evaluate
from controller.scaling.limits import LIMITS, ignore_within_tolerance
from controller.scaling.observation import Freeze, HpaFloor, Observation, Reading
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy, a_reading, an_event, an_observation, an_outlook

SECOND = timedelta(seconds=1)
TEN = 70.0
CALM = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
"""No dead band and no window, so that one limit is seen alone."""
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addReplicas": 1}]}


def at(second: float) -> datetime:
    return NOON + second * SECOND


def a_change(ago: float, before: int, after: int) -> Memory:
    return Memory(changes=(Change(at=at(-ago), from_replicas=before, to_replicas=after),))


def decided(observation: Observation) -> tuple[int, Reason]:
    decision = evaluate(observation)
    return decision.desired_replicas, decision.reason


def reasons(decision: Decision) -> list[Reason]:
    return [limiter.reason for limiter in decision.limiters]


def test_the_order_of_the_limits_is_safe_then_calm_then_bounds_then_people() -> None:
    assert [limit.__name__ for limit in LIMITS] == [
        "hold_on_unhealthy_signals",
        "hold_through_outage",
        "hold_while_in_flight",
        "stabilize",
        "keep_what_is_needed_soon",
        "ignore_within_tolerance",
        "hold_during_rollout",
        "limit_steps",
        "cool_down",
        "undo_harmful_removal",
        "spare_dependencies",
        "keep_to_grant",
        "rest_at_zero",
        "clamp_to_bounds",
        "obey_pause",
        "obey_pin",
        "stay_within_hpa",
        "obey_freeze",
    ]


# ── Signal health: fresh, stale, lost, long lost ─────────────────────────────────────────────────────────────────────
PLANNED_20 = Memory(planned_replicas=20)
PLANNED_5 = Memory(planned_replicas=5)
FALLBACK = {"replicas": 25, "afterSeconds": 600}


@pytest.mark.parametrize(
    ("reading", "memory", "fallback", "expected", "why"),
    [
        (a_reading(35), PLANNED_20, None, (5, Reason.LIVE_RATIO), "fresh: its value"),
        (a_reading(35, age=91 * SECOND), PLANNED_20, None, (20, Reason.SIGNALS_STALE), "stale: the last plan"),
        (a_reading(35, age=91 * SECOND), PLANNED_5, None, (10, Reason.NO_VOICE), "a low plan removes nothing"),
        (a_reading(35, age=91 * SECOND), Memory(), None, (10, Reason.NO_VOICE), "stale without a plan: the current"),
        (a_reading(35, problem="HTTP 500"), PLANNED_20, None, (20, Reason.SIGNALS_STALE), "a problem is as bad"),
        (a_reading(35, age=301 * SECOND), PLANNED_20, None, (10, Reason.NO_VOICE), "lost: the current replicas"),
        (a_reading(None), PLANNED_20, None, (10, Reason.NO_VOICE), "missing: the current replicas"),
        (a_reading(float("nan")), PLANNED_20, None, (10, Reason.NO_VOICE), "not a number: the current replicas"),
        (a_reading(35, age=600 * SECOND), Memory(), FALLBACK, (10, Reason.NO_VOICE), "not yet long lost"),
        (a_reading(35, age=601 * SECOND), Memory(), FALLBACK, (25, Reason.FALLBACK_FLOOR), "long lost: the fallback"),
        (a_reading(None, age=601 * SECOND), Memory(), FALLBACK, (25, Reason.FALLBACK_FLOOR), "never there, likewise"),
        (
            a_reading(None, age=601 * SECOND),
            Memory(),
            {**FALLBACK, "replicas": 4},
            (10, Reason.NO_VOICE),
            "a fallback never lowers what runs",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_ladder_of_one_signal(
    reading: Reading, memory: Memory, fallback: dict[str, int] | None, expected: tuple[int, Reason], why: str
) -> None:
    policy = a_policy(behavior=CALM, fallback=fallback)
    assert decided(an_observation(policy, readings={"requests": reading}, memory=memory)) == expected, why


def test_one_unhealthy_signal_holds_what_healthy_ones_would_remove() -> None:
    policy = a_policy(REQUESTS, LATENCY, behavior=CALM)
    sick = {"latency": a_reading(None, problem="no such series")}
    decision = evaluate(an_observation(policy, readings=sick, requests=35))
    assert (decision.desired_replicas, decision.reason) == (10, Reason.SIGNALS_LOST)
    assert decision.message == "signal latency has no data: no such series; the current replicas are held"


def test_healthy_signals_still_add_beside_an_unhealthy_one() -> None:
    policy = a_policy(REQUESTS, LATENCY)
    sick = {"latency": a_reading(None)}
    assert decided(an_observation(policy, readings=sick, requests=140)) == (20, Reason.LIVE_RATIO)


def test_a_signal_that_was_not_read_at_all_holds_too() -> None:
    assert decided(an_observation(a_policy(REQUESTS, LATENCY, behavior=CALM), requests=35)) == (10, Reason.SIGNALS_LOST)


def test_a_forecast_still_adds_while_its_signal_is_lost() -> None:
    outlooks = {"requests": an_outlook([210] * 9)}
    observation = an_observation(readings={"requests": a_reading(None)}, outlooks=outlooks)
    assert decided(observation) == (30, Reason.FORECAST)


# ── In flight ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("ready", "memory", "expected", "why"),
    [
        (6, a_change(60, 6, 10), (10, Reason.IN_FLIGHT), "asked for a minute ago and still starting"),
        (6, a_change(181, 6, 10), (5, Reason.LIVE_RATIO), "late: it will not come by waiting"),
        (10, a_change(60, 6, 10), (5, Reason.LIVE_RATIO), "all Ready"),
        (12, a_change(60, 6, 10), (5, Reason.LIVE_RATIO), "more Ready than asked for, as while others terminate"),
        (6, Memory(), (5, Reason.LIVE_RATIO), "not asked for by us lately: pods that broke"),
        (6, a_change(60, 14, 10), (5, Reason.LIVE_RATIO), "a decrease is nothing on its way"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_capacity_on_its_way_is_not_removed(ready: int, memory: Memory, expected: tuple[int, Reason], why: str) -> None:
    policy = a_policy(behavior=CALM)
    assert decided(an_observation(policy, ready=ready, memory=memory, requests=35)) == expected, why


def test_what_is_on_its_way_is_told_in_replicas() -> None:
    decision = evaluate(an_observation(a_policy(behavior=CALM), ready=6, memory=a_change(60, 6, 10), requests=35))
    assert decision.message == "4 replicas are still starting"


# ── Stabilization ────────────────────────────────────────────────────────────────────────────────────────────────────
def recommended(*entries: tuple[float, int]) -> Memory:
    return Memory(recommendations=tuple(Recommendation(since=at(-ago), replicas=count) for ago, count in entries))


@pytest.mark.parametrize(
    ("memory", "requests", "expected", "why"),
    [
        (recommended((400, 9), (290, 3)), 21, (9, Reason.SCALE_DOWN_STABILIZED), "nine was wanted within 300 s"),
        (recommended((400, 9), (300, 3)), 21, (3, Reason.LIVE_RATIO), "nine was wanted longer ago"),
        (recommended((400, 50), (290, 3)), 21, (10, Reason.SCALE_DOWN_STABILIZED), "a window never adds"),
        (recommended((400, 9), (290, 3)), 140, (20, Reason.LIVE_RATIO), "and never delays an increase"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_scale_down_waits_for_the_stabilization_window(
    memory: Memory, requests: float, expected: tuple[int, Reason], why: str
) -> None:
    policy = a_policy(behavior={"scaleDown": {"tolerancePercent": 0}})
    assert decided(an_observation(policy, memory=memory, requests=requests)) == expected, why


# ── Look-ahead ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("planned", "expected", "why"),
    [
        ([21] * 5 + [56] + [21] * 9, (8, Reason.NEEDED_SOON), "a rise within twice the lead time keeps what it needs"),
        ([21] * 7 + [56] + [21] * 9, (3, Reason.FORECAST), "a later one does not"),
        ([21] * 5 + [210] + [21] * 9, (10, Reason.NEEDED_SOON), "looking ahead keeps; it does not add yet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_is_removed_that_is_needed_again_within_twice_the_lead_time(
    planned: list[float], expected: tuple[int, Reason], why: str
) -> None:
    outlooks = {"requests": an_outlook(planned)}
    assert decided(an_observation(a_policy(behavior=CALM), outlooks=outlooks, requests=21)) == expected, why


# ── Tolerance ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("current", "wanted", "percents", "replicas", "why"),
    [
        (20, 18, (0, 10), 20, "ten percent fewer is within ten percent"),
        (20, 17, (0, 10), 17, "fifteen is not"),
        (9, 8, (0, 10), 8, "one of nine is more than ten percent"),
        (20, 21, (0, 10), 21, "a rise has a tolerance of its own"),
        (20, 22, (10, 10), 20, "of ten percent here"),
        (20, 23, (10, 10), 23, "and ends as well"),
        (20, 20, (50, 50), 20, "no difference, no change"),
        (0, 1, (50, 50), 1, "from nothing, one is a difference"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_small_differences_are_left_alone(
    current: int, wanted: int, percents: tuple[int, int], replicas: int, why: str
) -> None:
    up, down = percents
    policy = a_policy(behavior={"scaleUp": {"tolerancePercent": up}, "scaleDown": {"tolerancePercent": down}})
    observation = an_observation(policy, replicas=current)
    proposal = ignore_within_tolerance(Proposal(current, wanted), observation, Plan(wanted, (), None))
    assert proposal.replicas == replicas, why


WIDE = {"scaleUp": {"tolerancePercent": 50}}


@pytest.mark.parametrize(
    ("observation", "replicas", "why"),
    [
        (an_observation(a_policy(behavior=WIDE), requests=84), 10, "a measured rise of two is left alone"),
        (
            an_observation(a_policy(REQUESTS, QUEUE, behavior=WIDE, stepScaling=[BACKLOG]), requests=7, queue=1500),
            11,
            "one that a step rule asks for is not",
        ),
        (
            an_observation(
                a_policy(behavior=WIDE),
                requests=7,
                events=[an_event(start=NOON, multiplierPercent=None, minReplicas=12)],
            ),
            12,
            "nor one that an event asks for",
        ),
        (
            an_observation(
                a_policy(REQUESTS, QUEUE, behavior=WIDE, stepScaling=[BACKLOG]),
                requests=7,
                queue=1500,
                events=[an_event(start=NOON, multiplierPercent=None, minReplicas=12)],
            ),
            12,
            "of several the largest",
        ),
        (
            an_observation(a_policy(REQUESTS, QUEUE, behavior=WIDE, stepScaling=[BACKLOG]), requests=84, queue=1500),
            11,
            "of a larger rise what the rule asked for remains",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tolerance_never_swallows_what_a_person_asked_for(observation: Observation, replicas: int, why: str) -> None:
    assert evaluate(observation).desired_replicas == replicas, why


# ── Step limits (their figures are in test_step_limits.py) ───────────────────────────────────────────────────────────
def test_a_step_limit_stands_between_the_plan_and_the_workload() -> None:
    up = {"scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]}}
    assert decided(an_observation(a_policy(behavior=up), requests=140)) == (14, Reason.STEP_LIMITED_UP)


# ── Cooldown ─────────────────────────────────────────────────────────────────────────────────────────────────────────
COOL = {"scaleUp": {"cooldownSeconds": 60}, "scaleDown": {**CALM["scaleDown"], "cooldownSeconds": 120}}


@pytest.mark.parametrize(
    ("memory", "requests", "expected", "why"),
    [
        (a_change(59, 8, 10), 140, (10, Reason.COOLDOWN), "an increase after an increase waits"),
        (a_change(60, 8, 10), 140, (20, Reason.LIVE_RATIO), "for its time"),
        (a_change(59, 12, 10), 140, (20, Reason.LIVE_RATIO), "an increase after a decrease does not wait"),
        (a_change(119, 12, 10), 35, (10, Reason.COOLDOWN), "a decrease after a decrease waits"),
        (a_change(120, 12, 10), 35, (5, Reason.LIVE_RATIO), "for its time"),
        (a_change(59, 8, 10), 35, (5, Reason.LIVE_RATIO), "a decrease after an increase does not wait"),
        (a_change(59, 8, 10), TEN, (10, Reason.LIVE_RATIO), "where nothing is to be done nothing is said"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_cools_down_before_the_next_of_its_direction(
    memory: Memory, requests: float, expected: tuple[int, Reason], why: str
) -> None:
    assert decided(an_observation(a_policy(behavior=COOL), memory=memory, requests=requests)) == expected, why


@pytest.mark.parametrize(
    ("memory", "requests", "message"),
    [
        (a_change(30, 8, 10), 140, "the last increase is less than 60 s ago"),
        (a_change(30, 12, 10), 35, "the last decrease is less than 120 s ago"),
    ],
)
def test_a_cooldown_says_since_what(memory: Memory, requests: float, message: str) -> None:
    assert evaluate(an_observation(a_policy(behavior=COOL), memory=memory, requests=requests)).message == message


# ── Bounds ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("current", "requests", "expected", "message"),
    [
        (10, 700, (15, Reason.TOO_MANY_REPLICAS), "the plan of 100 is above maxReplicas 15"),
        (10, 0, (5, Reason.TOO_FEW_REPLICAS), "the plan of 0 is below minReplicas 5"),
        (40, 700, (15, Reason.TOO_MANY_REPLICAS), "the plan of 100 is above maxReplicas 15"),
        (2, 14, (5, Reason.TOO_FEW_REPLICAS), "the plan of 2 is below minReplicas 5"),
    ],
)
def test_replicas_stay_within_the_bounds(
    current: int, requests: float, expected: tuple[int, Reason], message: str
) -> None:
    policy = a_policy(minReplicas=5, maxReplicas=15, behavior=CALM)
    decision = evaluate(an_observation(policy, replicas=current, requests=requests))
    assert ((decision.desired_replicas, decision.reason), decision.message) == (expected, message)


def test_a_lowered_maximum_holds_even_on_lost_signals() -> None:
    observation = an_observation(a_policy(maxReplicas=5), readings={"requests": a_reading(None)})
    assert decided(observation) == (5, Reason.TOO_MANY_REPLICAS)


# ── Pause and pin ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("pause", "requests", "replicas", "why"),
    [
        ({}, 140, 10, "a pause without an end forbids both"),
        ({}, 35, 10, "a pause without an end forbids both"),
        ({"direction": "ScaleUp"}, 140, 10, "no increase"),
        ({"direction": "ScaleUp"}, 35, 5, "but a decrease"),
        ({"direction": "ScaleDown"}, 140, 20, "but an increase"),
        ({"direction": "ScaleDown"}, 35, 10, "no decrease"),
        ({"until": at(1)}, 140, 10, "until its end"),
        ({"until": at(0)}, 140, 20, "and no longer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pause_forbids_changes_of_its_direction(
    pause: dict[str, Any], requests: float, replicas: int, why: str
) -> None:
    decision = evaluate(an_observation(a_policy(behavior=CALM, pause=pause), requests=requests))
    assert decision.desired_replicas == replicas, why
    assert (Reason.PAUSED in reasons(decision)) == (replicas == 10)


@pytest.mark.parametrize("current", [2, 40], ids=["below minReplicas", "above maxReplicas"])
def test_bounds_do_not_move_what_a_person_scaled_during_a_pause(current: int) -> None:
    policy = a_policy(minReplicas=5, maxReplicas=15, pause={"until": at(600)})
    decision = evaluate(an_observation(policy, replicas=current, requests=TEN))
    assert (decision.desired_replicas, decision.reason) == (current, Reason.PAUSED)
    assert decision.message == "spec.pause forbids Both until 2026-03-02 12:10 UTC"


@pytest.mark.parametrize(
    ("spec", "expected", "why"),
    [
        ({"pin": {"replicas": 33, "until": at(1)}}, (33, Reason.PINNED), "whatever is measured"),
        ({"pin": {"replicas": 33, "until": at(0)}}, (10, Reason.LIVE_RATIO), "until its end"),
        ({"pin": {"replicas": 33, "until": at(1)}, "maxReplicas": 15}, (33, Reason.PINNED), "bounds do not move it"),
        ({"pin": {"replicas": 3, "until": at(1)}, "minReplicas": 5}, (3, Reason.PINNED), "nor the lower one"),
        ({"pin": {"replicas": 33, "until": at(1)}, "pause": {}}, (33, Reason.PINNED), "a pin is stronger than a pause"),
        ({"pin": {"replicas": 10, "until": at(1)}}, (10, Reason.LIVE_RATIO), "a pin that changes nothing is quiet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pin_holds_its_number(spec: dict[str, Any], expected: tuple[int, Reason], why: str) -> None:
    assert decided(an_observation(a_policy(behavior=CALM, **spec), requests=TEN)) == expected, why


def test_a_pin_holds_on_lost_signals_too() -> None:
    policy = a_policy(pin={"replicas": 3, "until": at(60)})
    assert decided(an_observation(policy, readings={"requests": a_reading(None)})) == (3, Reason.PINNED)


@pytest.mark.parametrize(
    ("freeze", "spec", "requests", "expected", "why"),
    [
        (Freeze("x"), {}, 140, (10, Reason.FROZEN), "no increase"),
        (Freeze("x"), {}, 35, (10, Reason.FROZEN), "no decrease"),
        (Freeze("x"), {"pin": {"replicas": 33, "until": at(1)}}, TEN, (10, Reason.FROZEN), "stronger than a pin"),
        (Freeze("x"), {"minReplicas": 20}, TEN, (10, Reason.FROZEN), "stronger than bounds"),
        (Freeze("x", PauseDirection.SCALE_DOWN), {}, 140, (20, Reason.LIVE_RATIO), "one way lets the other be"),
        (Freeze("x", PauseDirection.SCALE_DOWN), {}, 35, (10, Reason.FROZEN), "and holds its own"),
        (Freeze("x", until=NOON + SECOND), {}, 140, (10, Reason.FROZEN), "until its end"),
        (Freeze("x", until=NOON), {}, 140, (20, Reason.LIVE_RATIO), "and no longer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_freeze_of_all_policies_is_stronger_than_anything(
    freeze: Freeze, spec: dict[str, Any], requests: float, expected: tuple[int, Reason], why: str
) -> None:
    observation = an_observation(a_policy(behavior=CALM, **spec), requests=requests)
    assert decided(replace(observation, freeze=freeze)) == expected, why


# ── The floor of an HPA ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("spec", "requests", "expected", "why"),
    [
        ({}, 140, (20, Reason.LIVE_RATIO), "within them it moves as any number"),
        ({}, 7, (4, Reason.HPA_FLOOR), "never below what its owner set"),
        ({}, 700, (30, Reason.HPA_MAX), "nor above its maximum"),
        ({"pin": {"replicas": 50, "until": at(1)}}, TEN, (30, Reason.HPA_MAX), "not even for a pin"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_floor_of_an_hpa_stays_between_its_owners_floor_and_its_maximum(
    spec: dict[str, Any], requests: float, expected: tuple[int, Reason], why: str
) -> None:
    observation = an_observation(a_policy(behavior=CALM, actuator="HPAMinReplicas", **spec), requests=requests)
    scale = replace(observation.scale, hpa=HpaFloor("web", original=4, max_replicas=30))
    assert decided(replace(observation, scale=scale)) == expected, why


# ── Together ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_limit_that_changed_the_number_is_told_in_its_order() -> None:
    behavior = {**CALM, "scaleUp": {"policies": [{"type": "Pods", "value": 30, "periodSeconds": 60}]}}
    pin = {"replicas": 3, "until": at(60)}
    policy = a_policy(REQUESTS, QUEUE, behavior=behavior, maxReplicas=20, pause={"direction": "ScaleUp"}, pin=pin)
    memory = Memory(rules=(RuleMemory(name="gone", level=0, replicas=50),))
    decision = evaluate(an_observation(policy, memory=memory, requests=700, queue=0))
    assert [(limiter.reason, limiter.before, limiter.after) for limiter in decision.limiters] == [
        (Reason.STEP_LIMITED_UP, 100, 40),
        (Reason.TOO_MANY_REPLICAS, 40, 20),
        (Reason.PAUSED, 20, 10),
        (Reason.PINNED, 10, 3),
    ]
