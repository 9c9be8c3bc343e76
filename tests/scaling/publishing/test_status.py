from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.api.metadata import Condition, ConditionStatus
from controller.api.policy_status import Memory, ScalingPolicyStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Freeze, Observation, Obstacle, Pod
from controller.scaling.publishing.patch import dump, patch_for
from controller.scaling.publishing.status import is_worth_writing, status_after, status_without_decision
from controller.scaling.reasons import Reason
from forecasting.fleet import NotFitted
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy, a_reading, an_observation, an_outlook

MINUTE = timedelta(minutes=1)
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
HPA = Obstacle(
    Reason.TARGET_OWNED_BY_HPA, "HPA web-hpa owns Deployment web: remove it, or leave this policy in Recommend"
)
TIMED_OUT = NotFitted("FitTimedOut", "not done within 120 s")


def with_status(policy: ScalingPolicy, status: ScalingPolicyStatus) -> ScalingPolicy:
    """Return the policy as the watch shows it after the status was written: through the wire."""
    wire = {**policy.model_dump(mode="json", by_alias=True), "status": dump(status)}
    return ScalingPolicy.model_validate(wire)


def conditions(status: ScalingPolicyStatus) -> Mapping[str, Condition]:
    return {condition.type: condition for condition in status.conditions}


def status_of(observation: Observation) -> ScalingPolicyStatus:
    return status_after(evaluate(observation))


def test_every_field_of_a_status_is_the_decisions_and_none_is_left_from_the_one_before() -> None:
    observation = an_observation(a_policy(REQUESTS), requests=100)

    assert not observation.policy.status.model_fields_set
    assert status_of(observation).model_fields_set == set(ScalingPolicyStatus.model_fields)


def swept_again(observation: Observation, **changes: Any) -> Observation:  # noqa: ANN401  any field of it
    """Return the next look at the same policy, its status and memory as this decision left them."""
    decision = evaluate(observation)
    policy = with_status(observation.policy, status_after(decision))
    later = {"now": observation.now + timedelta(seconds=15), "policy": policy, "memory": decision.memory, **changes}
    return replace(observation, **later)


def fresh(observation: Observation, **values: float) -> dict[str, Any]:
    return {"readings": {name: a_reading(value, now=observation.now) for name, value in values.items()}}


def test_the_status_says_what_where_and_why() -> None:
    outlooks = {"requests": an_outlook([140] * 9)}
    status = status_of(an_observation(outlooks=outlooks, requests=70))
    assert (status.current_replicas, status.desired_replicas, status.forecast_replicas) == (10, 20, 20)
    assert (status.reason, status.last_scale_time, status.observed_generation) == ("Forecast", NOON, 1)
    assert status.message.startswith("requests may reach 140 (p95) by 12:03:00 UTC")
    assert status.learned is not None
    assert status.learned.lead_time_source == "Given"
    assert [(each.type, each.status, each.reason) for each in status.conditions] == [
        ("Acting", "True", "ReadyForScale"),
        ("SignalsHealthy", "True", "SignalsFresh"),
        ("ForecastReady", "True", "BeatsLastWeek"),
        ("ForecastWithinMax", "True", "ForecastWithinMax"),
        ("ScalingLimited", "False", "DesiredWithinRange"),
    ]


def test_a_recommendation_is_no_scaling() -> None:
    status = status_of(an_observation(a_policy(mode="Recommend"), requests=140))
    assert (status.desired_replicas, status.last_scale_time) == (20, None)


RECOMMENDS = a_policy(mode="Recommend")
FROZEN = replace(an_observation(requests=70), freeze=Freeze("ConfigMap x", until=NOON + timedelta(hours=1)))
NO_ROOM = [Pod("web-1", NOON, unschedulable=True), Pod("web-2", NOON, unschedulable=True)]


@pytest.mark.parametrize(
    ("observation", "kind", "status", "reason", "message"),
    [
        (
            an_observation(RECOMMENDS, requests=70),
            "Acting",
            "False",
            "Recommending",
            "mode is Recommend: decisions are",
        ),
        (an_observation(obstacle=HPA, requests=70), "Acting", "False", "TargetOwnedByHPA", "HPA web-hpa owns"),
        (FROZEN, "Acting", "False", "Frozen", "ConfigMap x forbids Both for all policies until 2026-03-02 13:00 UTC"),
        (
            an_observation(a_policy(REQUESTS, LATENCY), requests=70),
            "SignalsHealthy",
            "False",
            "SignalUnhealthy",
            "signal latency was not read",
        ),
        (
            an_observation(readings={"requests": a_reading(None, problem="HTTP 500")}),
            "SignalsHealthy",
            "False",
            "SignalUnhealthy",
            "signal requests has no data: HTTP 500",
        ),
        (
            an_observation(outlooks={"requests": an_outlook([70], gate_open=False)}, requests=70),
            "ForecastReady",
            "False",
            "HistoryTooShort",
            "9 of 14 days of history",
        ),
        (an_observation(requests=70), "ForecastReady", "False", "ForecastNotReady", "no forecast of requests has been"),
        (
            an_observation(unfitted={"requests": TIMED_OUT}, requests=70),
            "ForecastReady",
            "False",
            "FitTimedOut",
            "no forecast of requests could be fitted: not done within 120 s",
        ),
        (
            an_observation(outlooks={"requests": an_outlook([70])}, unfitted={"requests": TIMED_OUT}, requests=70),
            "ForecastReady",
            "True",
            "RefitFailing",
            "17 % better than last week's copy; the last refit of requests failed: not done within 120 s",
        ),
        (
            an_observation(
                outlooks={"requests": an_outlook([70], gate_open=False)},
                unfitted={"requests": TIMED_OUT},
                requests=70,
            ),
            "ForecastReady",
            "False",
            "HistoryTooShort",
            "9 of 14 days of history",
        ),
        (
            an_observation(a_policy(QUEUE), queue=5),
            "ForecastReady",
            "False",
            "ForecastNotReady",
            "no signal has a load, so there is no demand to forecast",
        ),
        (
            an_observation(pods=NO_ROOM, requests=70),
            "ScalingLimited",
            "True",
            "NoRoom",
            "2 pods are Unschedulable: the cluster has no room for them",
        ),
        (
            an_observation(requests=7000),
            "ScalingLimited",
            "True",
            "TooManyReplicas",
            "the plan of 1000 is above maxReplicas 100",
        ),
    ],
)
def test_a_condition_says_what_is_so_and_why(
    observation: Observation, kind: str, status: str, reason: str, message: str
) -> None:
    condition = conditions(status_of(observation))[kind]
    assert (condition.status, condition.reason) == (status, reason)
    assert condition.message.startswith(message)


# ── When a status is worth writing ───────────────────────────────────────────────────────────────────────────────────
def test_a_quiet_sweep_writes_nothing() -> None:
    second = swept_again(an_observation(requests=70))
    assert patch_for(evaluate(replace(second, **fresh(second, requests=70)))).is_empty


def test_figures_that_move_in_messages_alone_write_nothing() -> None:
    second = swept_again(an_observation(requests=70))
    moved = evaluate(replace(second, **fresh(second, requests=69.5)))
    assert moved.message != evaluate(an_observation(requests=70)).message
    assert patch_for(moved).is_empty


def test_an_hour_without_change_writes_nothing_after_its_first_sweep() -> None:
    # A change was made just before: its cooldown, its step limit and the window all run out meanwhile.
    behavior = {"scaleUp": {"policies": [{"type": "Pods", "value": 50, "periodSeconds": 600}], "cooldownSeconds": 60}}
    policy = a_policy(REQUESTS, QUEUE, behavior=behavior, stepScaling=[BACKLOG])
    observation = swept_again(an_observation(policy, replicas=8, requests=70, queue=5))
    writes = []
    for _ in range(240):
        scale = replace(observation.scale, spec_replicas=10, ready_replicas=10)
        observation = replace(observation, scale=scale, **fresh(observation, requests=70, queue=5))
        writes.append(not patch_for(evaluate(observation)).is_empty)
        observation = swept_again(observation)
    assert writes == [True] + [False] * 239


def another(status: ScalingPolicyStatus, **changes: object) -> ScalingPolicyStatus:
    return status.model_copy(update=changes)


@pytest.mark.parametrize(
    ("change", "worth", "why"),
    [
        ({"desired_replicas": 11}, True, "another wish"),
        ({"current_replicas": 11}, True, "somebody changed the target"),
        ({"forecast_replicas": 11}, True, "the forecast asks for another number"),
        ({"reason": "StepRule"}, True, "another reason"),
        ({"observed_generation": 2}, True, "another spec"),
        ({"message": "71 requests"}, False, "figures alone"),
        ({"last_scale_time": NOON}, False, "a time alone"),
        ({"memory": Memory(planned_replicas=5)}, False, "a plan that may be remembered late"),
        ({"conditions": ()}, True, "a condition"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_status_is_written_when_something_in_it_changed(change: dict[str, Any], worth: bool, why: str) -> None:  # noqa: FBT001  a table's column
    before = status_of(an_observation(requests=70))
    assert is_worth_writing(before, another(before, **change)) is worth, why


def test_a_rule_that_fired_is_written_although_no_number_moves() -> None:
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[{**BACKLOG, "forSeconds": 60}])
    second = swept_again(an_observation(policy, requests=70, queue=5))
    waiting = evaluate(replace(second, **fresh(second, requests=70, queue=1500)))
    status = patch_for(waiting).status
    assert status is not None
    assert status.memory.rules[0].above_since == NOON + timedelta(seconds=15)


# ── Conditions keep their time ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("requests", "since", "why"),
    [
        (a_reading(70, now=NOON + MINUTE), NOON, "a condition that holds on keeps the time it began"),
        (a_reading(None, now=NOON + MINUTE), NOON + MINUTE, "one that turned says when"),
    ],
    ids=["holds", "turned"],
)
def test_a_condition_keeps_the_time_of_its_last_transition(requests: Any, since: datetime, why: str) -> None:  # noqa: ANN401  a reading
    later = swept_again(an_observation(requests=70), now=NOON + MINUTE, readings={"requests": requests})
    assert conditions(status_of(later))["SignalsHealthy"].last_transition_time == since, why


def test_a_transition_time_has_no_fraction_of_a_second() -> None:
    odd = NOON + timedelta(microseconds=123)
    status = status_of(an_observation(now=odd, requests=70))
    assert {condition.last_transition_time for condition in status.conditions} == {NOON}


# ── Bounds of the CRD ────────────────────────────────────────────────────────────────────────────────────────────────
def endless(names: Sequence[str]) -> ScalingPolicy:
    return a_policy(*({"name": name, "preset": "http-p95-latency"} for name in names))


@pytest.mark.parametrize(
    "observation",
    [
        an_observation(
            endless([f"signal-{number}" for number in range(16)]),
            readings={f"signal-{number}": a_reading(None, problem="x" * 500) for number in range(16)},
        ),
        an_observation(requests=1e12),
        an_observation(requests=float("inf")),
        an_observation(obstacle=Obstacle(Reason.TARGET_NOT_FOUND, "y" * 5000), requests=70),
        an_observation(replicas=10_000, requests=1e12),
        an_observation(a_policy(minReplicas=9_999, maxReplicas=10_000), replicas=0, requests=0),
    ],
    ids=["long problems", "a load beyond any fleet", "an infinite one", "a long obstacle", "the largest", "from none"],
)
def test_whatever_is_observed_the_status_fits_its_schema(observation: Observation) -> None:
    wire = dump(status_of(observation))
    assert dump(ScalingPolicyStatus.model_validate(wire)) == wire


# ── Nothing can be decided ───────────────────────────────────────────────────────────────────────────────────────────
GONE = Obstacle(Reason.TARGET_NOT_FOUND, "there is no Deployment web in namespace shop")


def test_without_a_decision_numbers_are_unknown_and_nothing_is_forgotten() -> None:
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG])
    known = with_status(policy, status_of(an_observation(policy, requests=70, queue=1500)))
    status = status_without_decision(known.metadata, known.status, GONE, now=NOON + MINUTE)
    assert (status.current_replicas, status.desired_replicas, status.forecast_replicas) == (None, None, None)
    assert (status.reason, status.message) == ("TargetNotFound", GONE.message)
    assert status.memory == known.status.memory
    assert status.memory.rules
    acting = conditions(status)["Acting"]
    assert (acting.status, acting.reason, acting.last_transition_time) == (
        ConditionStatus.FALSE,
        "TargetNotFound",
        NOON + MINUTE,
    )
    assert set(conditions(status)) == {"Acting", "SignalsHealthy", "ForecastReady", "ScalingLimited"}


def test_an_obstacle_that_stays_is_written_once() -> None:
    policy = a_policy()
    first = status_without_decision(policy.metadata, policy.status, GONE, now=NOON)
    seen = with_status(policy, first)
    again = status_without_decision(seen.metadata, seen.status, GONE, now=NOON + MINUTE)
    assert is_worth_writing(policy.status, first)
    assert not is_worth_writing(seen.status, again)
