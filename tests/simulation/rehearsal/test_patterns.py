"""The shapes of a rehearsal are what they say they are, and leave a policy the time it takes."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from controller.simulation.demand import TICK
from controller.simulation.rehearsal.patterns import GROWTH, PATTERNS, pace_of
from tests.builders import LATENCY, QUEUED_REQUESTS, a_policy

PEAK = 1000.0
SLOW_DOWN = {"policies": [{"type": "Pods", "value": 10, "periodSeconds": 60}]}


@pytest.mark.parametrize(
    ("name", "begin", "highest", "end"),
    [
        ("steady", 0.5, 0.5, 0.5),
        ("ramp", 0.3, 0.75, 0.75),
        ("spike", 0.3, 0.6, 0.3),
        ("recovery", 0.3, 0.75, 0.3),
        ("overload", 0.5, 1.3, 1.3),
    ],
)
def test_a_pattern_is_a_share_of_what_max_replicas_serve(name: str, begin: float, highest: float, end: float) -> None:
    rps = PATTERNS[name](pace_of(a_policy())).demand(PEAK).rps
    assert (rps[0], rps.max(), rps[-1]) == pytest.approx((PEAK * begin, PEAK * highest, PEAK * end))


def test_a_ramp_is_slower_than_capacity_arrives() -> None:
    pace = pace_of(a_policy())
    rps = PATTERNS["ramp"](pace).demand(PEAK).rps
    apart = pace.reaction // TICK
    assert (rps[apart:] / rps[:-apart]).max() <= GROWTH


def test_a_rehearsal_begins_without_a_past() -> None:
    demand = PATTERNS["spike"](pace_of(a_policy())).demand(PEAK)
    assert demand.known_from == 0
    assert len(demand.history(demand.evaluated_from)) == demand.evaluated_from


@pytest.mark.parametrize(
    ("spec", "longer"),
    [
        ({"behavior": {"scaleDown": {"stabilizationWindowSeconds": 900}}}, timedelta(seconds=600)),
        ({"behavior": {"scaleDown": {"cooldownSeconds": 60}}}, timedelta(seconds=120)),
        ({"behavior": {"scaleDown": SLOW_DOWN}, "maxReplicas": 101}, 10 * timedelta(seconds=75)),
    ],
    ids=["stabilization", "cooldown", "step limits"],
)
def test_replicas_may_take_the_time_that_the_policy_names_to_go(spec: dict[str, Any], longer: timedelta) -> None:
    assert pace_of(a_policy(**spec)).descent - pace_of(a_policy()).descent == longer


def test_a_load_is_held_until_the_slowest_step_rule_has_had_its_say() -> None:
    rule = {"name": "slow", "signal": "latency", "forSeconds": 1800, "steps": [{"above": "250m", "addPercent": 25}]}
    pattern = PATTERNS["spike"](pace_of(a_policy(QUEUED_REQUESTS, LATENCY, stepScaling=[rule])))
    shares = np.concatenate([stretch.shares() for stretch in pattern.stretches])
    assert int(np.count_nonzero(shares > 0.59)) * TICK > timedelta(seconds=2 * 1800)
