"""Promises kept and broken: by a policy that contradicts itself, or by a controller that does otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from controller.simulation.rehearsal.judging import judge
from controller.simulation.rehearsal.patterns import PATTERNS, pace_of
from controller.simulation.rehearsal.rehearse import Rehearsed, fly
from controller.simulation.rehearsal.stage import set_stage
from controller.simulation.rehearsal.verdict import Outcome, Verdict
from forecasting.series import Values
from tests.builders import LATENCY, QUEUE, QUEUED_REQUESTS, REQUESTS, a_policy

P95 = {"p95Milliseconds": 250}
DEEP = {
    "name": "deep",
    "signal": "queue",
    "forSeconds": 30,
    "rearmBelow": 100,
    "steps": [{"above": 1000, "addPercent": 50}],
}
SLOW = {"name": "slow", "signal": "latency", "steps": [{"above": "250m", "addReplicas": 3}]}
DRAINED = {"name": "queue", "preset": "queue-depth", "queue": {"arrivals": "requests", "drainTargetSeconds": 900}}
KEPT, BROKEN, NOT_REHEARSED = Outcome


def rehearsed(pattern: str, *signals: Mapping[str, Any], start_up: timedelta | None = None, **spec: Any) -> Rehearsed:  # noqa: ANN401  as the wire writes it
    stage = set_stage(a_policy(*(signals or (QUEUED_REQUESTS,)), **{"objective": P95, **spec}), start_up)
    return fly(stage, PATTERNS[pattern](pace_of(stage.policy)))


@cache
def with_rules(pattern: str) -> Rehearsed:
    return rehearsed(pattern, QUEUED_REQUESTS, LATENCY, QUEUE, stepScaling=[DEEP, SLOW])


def about(promise: str, *runs: Rehearsed) -> Verdict:
    (verdict,) = [each for each in judge(runs) if each.promise == promise]
    return verdict


def with_created(run: Rehearsed, created: Values) -> Rehearsed:
    return replace(run, timeline=replace(run.timeline, created_replicas=created))


def test_the_default_settings_with_step_rules_keep_every_promise() -> None:
    verdicts = judge([with_rules(name) for name in PATTERNS])
    assert {verdict.outcome for verdict in verdicts} == {KEPT}
    assert {verdict.promise for verdict in verdicts} == {
        "bounds",
        "lead time",
        "objective",
        "calm",
        "follows the load",
        "comes down",
        "all of maxReplicas",
        "says that max is too few",
        "deep fires above 1000",
        "deep adds 50 % above 1000",
        "deep keeps what it added",
        "deep re-arms below 100",
        "slow fires above 0.25",
        "slow adds 3 replicas above 0.25",
        "slow keeps what it added",
        "slow re-arms below 0.25",
    }


@pytest.mark.parametrize(
    ("start_up", "promise", "says"),
    [
        (timedelta(minutes=5), "lead time", "were Ready within 0:03:00"),
        (timedelta(minutes=10), "objective", "above it for"),
    ],
    ids=["slower pods than the lead time says", "slower pods than demand grows"],
)
def test_a_policy_that_promises_too_much_is_found_out(start_up: timedelta, promise: str, says: str) -> None:
    verdict = about(promise, rehearsed("ramp", start_up=start_up))
    assert verdict.outcome is BROKEN
    assert says in verdict.message


def test_a_rule_that_never_re_arms_keeps_replicas_for_ever() -> None:
    stuck = {**SLOW, "rearmBelow": "50m"}
    run = rehearsed(
        "recovery", QUEUED_REQUESTS, LATENCY, stepScaling=[{**stuck, "steps": [{"above": "250m", "addPercent": 90}]}]
    )
    assert about("comes down", run).outcome is BROKEN
    assert about("slow re-arms below 0.05", run).message == "latency stayed above it to the end"


def test_what_the_policy_itself_slows_down_is_no_broken_promise() -> None:
    slowly = {"scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]}}
    verdict = about("follows the load", rehearsed("spike", behavior=slowly))
    assert verdict.outcome is KEPT
    assert verdict.message.endswith("held back by ScaleUpLimit")


def test_a_queue_is_drained_in_its_target_time() -> None:
    verdict = about("queue queue drained", rehearsed("spike", REQUESTS, DRAINED, objective={}))
    assert verdict.outcome is KEPT
    assert "0:15:00 is promised" in verdict.message


@pytest.mark.parametrize(
    ("run", "promise", "why"),
    [
        (lambda: rehearsed("steady", LATENCY, stepScaling=[SLOW], objective={}), "objective", "no signal has a load"),
        (lambda: rehearsed("ramp", REQUESTS, DRAINED, objective={}), "objective", "may wait in the queue"),
        (lambda: rehearsed("steady"), "lead time", "nothing was added"),
        (lambda: with_rules("steady"), "deep fires above 1000", "queue never rose above 1000, at most to 0"),
        (lambda: with_rules("overload"), "deep re-arms below 100", "queue stayed above it to the end"),
    ],
    ids=["no demand", "a queue", "no change", "a quiet signal", "no end"],
)
def test_what_cannot_be_judged_is_said(run: Any, promise: str, why: str) -> None:  # noqa: ANN401  a thunk
    verdict = about(promise, run())
    assert verdict.outcome is NOT_REHEARSED
    assert why in verdict.message


def test_a_promise_that_one_pattern_tests_is_rehearsed() -> None:
    verdicts = judge([with_rules("steady"), with_rules("spike")])
    assert NOT_REHEARSED not in {each.outcome for each in verdicts if each.promise.startswith("deep")}


def late(run: Rehearsed) -> Rehearsed:
    """Return a run whose decisions came ten sweeps late."""
    return replace(run, decisions=(*run.decisions[:1] * 10, *run.decisions[:-10]))


def hasty(run: Rehearsed) -> Rehearsed:
    """Return a run judged by a policy that was to wait five minutes longer."""
    policy = run.stage.policy
    rules = tuple(rule.model_copy(update={"for_seconds": 330}) for rule in policy.spec.step_scaling)
    spec = policy.spec.model_copy(update={"step_scaling": rules})
    return replace(run, stage=replace(run.stage, policy=policy.model_copy(update={"spec": spec})))


def half(run: Rehearsed) -> Rehearsed:
    """Return a run in which half of what was to be added came."""
    created = run.timeline.created_replicas
    return with_created(run, np.floor(created[0] + (created - created[0]) / 2))


def too_many(run: Rehearsed) -> Rehearsed:
    return with_created(run, run.timeline.created_replicas + 60)


def restless(run: Rehearsed) -> Rehearsed:
    return with_created(run, run.timeline.created_replicas + np.arange(len(run)) % 2)


def never_down(run: Rehearsed) -> Rehearsed:
    return with_created(run, np.maximum.accumulate(run.timeline.created_replicas))


def silent(run: Rehearsed) -> Rehearsed:
    return replace(run, decisions=tuple(replace(each, limiters=()) for each in run.decisions))


def forgetful(run: Rehearsed) -> Rehearsed:
    """Return a run that gives up what a rule added two sweeps after it fired."""
    fired = next(
        at
        for at, each in enumerate(run.decisions)
        if ("deep", 0) in [(rule.name, rule.level) for rule in each.memory.rules]
    )
    created = run.timeline.created_replicas.copy()
    created[fired + 2 :] = created[0]
    return with_created(run, created)


@pytest.mark.parametrize(
    ("pattern", "spoil", "promise"),
    [
        ("spike", late, "deep fires above 1000"),
        ("spike", late, "deep re-arms below 100"),
        ("overload", hasty, "deep fires above 1000"),
        ("spike", half, "deep adds 50 % above 1000"),
        ("spike", half, "follows the load"),
        ("spike", forgetful, "deep keeps what it added"),
        ("spike", too_many, "bounds"),
        ("steady", restless, "calm"),
        ("recovery", never_down, "comes down"),
        ("overload", half, "all of maxReplicas"),
        ("overload", silent, "says that max is too few"),
    ],
)
def test_a_controller_that_does_otherwise_is_found_out(pattern: str, spoil: Any, promise: str) -> None:  # noqa: ANN401  a function of a run
    run = with_rules(pattern)
    assert about(promise, run).outcome in (KEPT, NOT_REHEARSED)
    assert about(promise, spoil(run)).outcome is BROKEN
