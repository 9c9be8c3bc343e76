"""The outage guard. Seven requests a second need one replica; a hundred are usual, and hardly ever fewer than 80."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from controller.api.policy_status import Memory, OutageMemory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.memory import resume
from controller.scaling.observation import Observation, Outlook, Reading, Scale
from controller.scaling.reasons import Reason
from tests.builders import NOON, REQUESTS, a_policy, a_reading, a_usual, an_observation, an_outlook

MINUTE = timedelta(minutes=1)
CALM = {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}
ERRORS = {"name": "errors", "preset": "http-error-ratio"}
FEW_ERRORS = {"indicators": [{"signal": "errors", "above": "0.02"}]}
HUNDRED = 15  # replicas for 100 requests a second
STORM = 22  # for 150


def a_web(**down: Any) -> ScalingPolicy:  # noqa: ANN401  a behavior field
    return a_policy(REQUESTS, behavior={"scaleDown": {**CALM, **down}})


def serving(**down: Any) -> ScalingPolicy:  # noqa: ANN401  a behavior field
    """Return a policy that knows good service by its errors."""
    return a_policy(REQUESTS, ERRORS, objective=FEW_ERRORS, behavior={"scaleDown": {**CALM, "watchSeconds": 0, **down}})


def usually_100(*, gate_open: bool = True) -> Mapping[str, Outlook]:
    """Return an outlook that already followed a fall, beside what was usual before it."""
    return {"requests": an_outlook([20] * 300, gate_open=gate_open, usual=a_usual(100))}


def outage(began: float, seen: float) -> Memory:
    return Memory(outage=OutageMemory(began=NOON - began * MINUTE, seen=NOON - seen * MINUTE))


def decided(observation: Observation) -> tuple[int, Reason]:
    decision = evaluate(observation)
    return decision.desired_replicas, decision.reason


@pytest.mark.parametrize(
    ("requests", "gate_open", "memory", "expected", "why"),
    [
        (
            39,
            True,
            Memory(),
            (STORM, Reason.OUTAGE),
            "less than half of the least likely is an outage: be ready for all",
        ),
        (40, True, Memory(), (6, Reason.LIVE_RATIO), "half of it is an odd day"),
        (39, False, Memory(), (6, Reason.LIVE_RATIO), "without an open gate nobody knows the season"),
        (80, True, outage(20, 15), (STORM, Reason.OUTAGE), "a quarter of an hour after it the storm may still come"),
        (80, True, outage(20, 15.1), (12, Reason.LIVE_RATIO), "after that the guard ends"),
        (39, True, outage(60, 0), (STORM, Reason.OUTAGE), "for an hour"),
        (39, True, outage(60.1, 0), (6, Reason.LIVE_RATIO), "a fall that lasts is believed"),
        (80, True, outage(75, 14), (12, Reason.LIVE_RATIO), "and stays believed when it ends"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fall_that_no_season_explains_removes_nothing(
    requests: float,
    gate_open: bool,  # noqa: FBT001  a table's column
    memory: Memory,
    expected: tuple[int, Reason],
    why: str,
) -> None:
    observation = an_observation(
        a_web(), replicas=HUNDRED, memory=memory, outlooks=usually_100(gate_open=gate_open), requests=requests
    )
    assert decided(observation) == expected, why


@pytest.mark.parametrize(
    ("requests", "errors", "memory", "expected", "why"),
    [
        (35, a_reading(0.5), Memory(), (10, Reason.OUTAGE), "a fall that comes with errors is held"),
        (35, a_reading(0.02), Memory(), (5, Reason.LIVE_RATIO), "at the limit service is good"),
        (70, a_reading(0.5), Memory(), (10, Reason.LIVE_RATIO), "errors without a fall are no outage"),
        (140, a_reading(0.5), Memory(), (20, Reason.LIVE_RATIO), "what demand asks for is added"),
        (35, a_reading(0), outage(20, 15), (10, Reason.OUTAGE), "for a while after it nothing is removed either"),
        (35, a_reading(0.5), outage(61, 0), (5, Reason.LIVE_RATIO), "what lasts over an hour is believed"),
        (35, a_reading(None), Memory(), (10, Reason.SIGNALS_LOST), "errors that nobody knows remove nothing anyway"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fall_that_comes_with_bad_service_removes_nothing(
    requests: float, errors: Reading, memory: Memory, expected: tuple[int, Reason], why: str
) -> None:
    readings = {"requests": a_reading(requests), "errors": errors}
    assert decided(an_observation(serving(), memory=memory, readings=readings)) == expected, why


@pytest.mark.parametrize(
    ("hold", "minutes", "held", "why"),
    [
        (0, 0, False, "a hold of zero believes at once"),
        (600, 10, True, "one of ten minutes lasts ten"),
        (600, 11, False, "and no longer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_long_a_fall_is_held_is_the_policys_to_say(hold: int, minutes: float, held: bool, why: str) -> None:  # noqa: FBT001  a table's column
    policy, memory = a_web(outageHoldSeconds=hold), outage(minutes, 0)
    observation = an_observation(policy, replicas=HUNDRED, memory=memory, outlooks=usually_100(), requests=10)
    assert (evaluate(observation).reason is Reason.OUTAGE) is held, why


def test_a_fall_of_the_season_that_comes_ten_minutes_early_is_none() -> None:
    usual = a_usual(100)
    lows = np.repeat([80.0, 10.0], [69, 231])  # from 12:09 on
    early = replace(usual, low=replace(usual.low, values=lows))
    outlooks = {"requests": an_outlook([20] * 300, usual=early)}
    assert decided(an_observation(a_web(), outlooks=outlooks, requests=10)) == (3, Reason.FORECAST)


def test_the_hold_says_what_was_seen_and_what_is_kept() -> None:
    decision = evaluate(an_observation(a_web(), replicas=HUNDRED, outlooks=usually_100(), requests=12))
    assert decision.message == (
        "an outage since 12:00:00 UTC (requests is 12, less than half of the 80 that is the least likely): "
        "22 replicas are kept for its end"
    )
    after = evaluate(an_observation(serving(), memory=outage(20, 5), requests=35, errors=0))
    assert after.message == (
        "an outage since 11:40:00 UTC (the last sign of it was seen at 11:55:00 UTC): 10 replicas are kept for its end"
    )


def test_the_bounds_hold_in_an_outage_too() -> None:
    policy = a_policy(REQUESTS, maxReplicas=18, behavior={"scaleDown": CALM})
    assert decided(an_observation(policy, outlooks=usually_100(), requests=10)) == (18, Reason.TOO_MANY_REPLICAS)


def test_a_restart_within_an_outage_counts_on_from_its_begin_and_trusts_that_it_was_just_seen() -> None:
    resumed = resume(outage(50, 40), 15, NOON)
    assert resumed.outage == OutageMemory(began=NOON - 50 * MINUTE, seen=NOON)


def test_nothing_is_removed_from_the_dip_to_the_end_of_the_storm_and_all_after_it() -> None:
    policy, memory, replicas, seen = a_web(), Memory(), HUNDRED, list[int]()
    dip, storm, usual = [5.0] * 20, [150.0] * 10, [100.0] * 30
    for minute, requests in enumerate([*dip, *storm, *usual]):
        now: datetime = NOON + minute * MINUTE
        outlooks = {"requests": an_outlook([requests] * 9, start=now, usual=a_usual(100))}
        readings = {"requests": a_reading(requests, now=now)}
        decision = evaluate(Observation(now, policy, readings, Scale(replicas, replicas), memory, outlooks))
        memory, replicas = decision.memory, decision.desired_replicas
        seen.append(replicas)
    assert set(seen[:34]) == {STORM}
    assert set(seen[36:]) == {HUNDRED}
    assert memory.outage is None
