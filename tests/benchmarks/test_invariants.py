"""The million decisions of the bench: what is asked of them, and that a broken one would be seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.invariants import (
    INVARIANTS,
    asks_no_less_for_more,
    is_within_bounds,
    keeps_blind,
    keeps_step_limits,
    obeys_pause,
    walk,
)
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from tests.builders import NOON, a_policy, a_reading, an_observation

LIMITED = {"policies": [{"type": "Pods", "value": 5, "periodSeconds": 60}]}
CALM = {"policies": [], "stabilizationWindowSeconds": 0}


def a_decision(requests: float = 100, *, blind: bool = False, **spec: Any) -> Decision:  # noqa: ANN401  as the wire has it
    readings = {"requests": a_reading(requests, problem="HTTP 502" if blind else "")}
    return evaluate(an_observation(a_policy(**spec), readings=readings))


def test_a_walk_asks_every_invariant_and_none_breaks() -> None:
    counts = walk(1, 300)

    assert {name for name, _ in counts} == set(INVARIANTS)
    assert all(held for _, held in counts)


def test_the_same_seed_walks_the_same_way() -> None:
    assert walk(7, 100) == walk(7, 100)
    assert walk(7, 100) != walk(8, 100)


@pytest.mark.parametrize(
    ("holds", "decision", "broken"),
    [
        (is_within_bounds, a_decision(maxReplicas=20), 21),
        (keeps_blind, a_decision(blind=True), 9),
        (obeys_pause, a_decision(pause={"direction": "Both"}), 11),
        (obeys_pause, a_decision(pause={"direction": "ScaleDown"}), 9),
        (keeps_step_limits, a_decision(200, behavior={"scaleUp": LIMITED, "scaleDown": CALM}), 16),
        (asks_no_less_for_more, a_decision(), 90),
    ],
    ids=["above maxReplicas", "removed blindly", "paused", "paused downwards", "a step too large", "less for more"],
)
def test_a_broken_decision_is_seen(holds: Callable[[Decision], bool | None], decision: Decision, broken: int) -> None:
    assert decision.at == NOON
    assert holds(decision)
    assert holds(replace(decision, desired_replicas=broken)) is False


def test_what_does_not_apply_is_not_counted() -> None:
    decision = a_decision()

    assert [holds(decision) for holds in (keeps_blind, obeys_pause, keeps_step_limits)] == [None, None, None]
    assert is_within_bounds(a_decision(pause={"direction": "Both"})) is None
