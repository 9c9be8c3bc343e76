"""A past decision made again from its record is the same decision, whatever it was made from."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from controller.api.policy_status import Memory, Recommendation
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Observation, Obstacle, Pod, Reading
from controller.scaling.publishing.recall import RecordedFit, observation_of, recomputed
from controller.scaling.publishing.record import record_of
from controller.scaling.reasons import Reason
from forecasting import FittedForecast
from forecasting.fleet import NotFitted
from forecasting.series import Series
from tests.builders import LATENCY, NOON, REQUESTS, a_policy, a_reading, an_event, an_observation, an_outlook

RULE = {"name": "slow", "signal": "latency", "steps": [{"above": "250m", "addPercent": 50}]}


def recorded(observation: Observation) -> Any:  # noqa: ANN401  JSON
    return json.loads(json.dumps(record_of(evaluate(observation)), allow_nan=False))


def rich() -> Observation:
    """An observation with something in every field."""
    outlook = an_outlook([70, 1 / 3, 210])
    return an_observation(
        a_policy(REQUESTS, LATENCY, stepScaling=[RULE]),
        ready=9,
        readings={"requests": a_reading(1 / 3), "latency": a_reading(0.3)},
        memory=Memory(planned_replicas=12, recommendations=(Recommendation(since=NOON, replicas=14),)),
        outlooks={"requests": replace(outlook, expected=Series(NOON, outlook.planned.step, np.array([np.nan, 1 / 3])))},
        unfitted={"requests": NotFitted("FitTimedOut", "not done within 120 s")},
        events=[an_event()],
        pods=[Pod("web-1", NOON - timedelta(minutes=1)), Pod("web-2", NOON, NOON, unschedulable=True)],
        obstacle=Obstacle(Reason.TARGET_NOT_FOUND, "no such Deployment"),
    )


def same(first: object, second: object) -> bool:
    """Whether two parts of observations are alike; of a forecaster, its gate."""
    if isinstance(first, FittedForecast):
        return isinstance(second, RecordedFit) and first.gate == second.gate
    if isinstance(first, Series) and isinstance(second, Series):
        alike = np.array_equal(first.values, second.values, equal_nan=True)
        return alike and (first.start, first.step) == (second.start, second.step)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if is_dataclass(first) and type(first) is type(second):
        return all(same(getattr(first, each.name), getattr(second, each.name)) for each in fields(first))
    return first == second


def test_every_field_of_an_observation_is_recalled_exactly() -> None:
    observation = rich()
    recalled = observation_of(recorded(observation))

    for each in fields(Observation):
        if each.name != "policy":
            assert same(getattr(observation, each.name), getattr(recalled, each.name)), each.name
    assert (recalled.policy.spec, recalled.policy.key) == (observation.policy.spec, observation.policy.key)


def test_a_decision_made_again_from_its_record_is_the_same() -> None:
    record = recorded(rich())

    assert record_of(recomputed(record)) == record


def test_what_was_remembered_before_is_recorded_not_what_was_learned_while_deciding() -> None:
    """A rule that fires must fire again when the decision is made again."""
    observation = an_observation(
        a_policy(REQUESTS, LATENCY, stepScaling=[RULE]), readings={"requests": a_reading(50), "latency": a_reading(0.3)}
    )
    decision = evaluate(observation)

    again = recomputed(recorded(observation))

    assert decision.observation.memory.rules
    assert not observation.memory.rules
    assert again.memory == decision.memory


def test_recent_minutes_are_kept_of_arrivals_alone() -> None:
    recent = Series(NOON - timedelta(minutes=2), timedelta(minutes=1), np.array([1.0, 2.0]))

    record = recorded(an_observation(a_policy(REQUESTS), readings={"requests": Reading(50, NOON, recent=recent)}))

    assert record["observation"]["readings"]["requests"]["recent"] is None


@pytest.mark.parametrize("missing", ["scale", "memory", "spec"])
def test_a_record_of_another_version_says_so(missing: str) -> None:
    record = recorded(rich())
    del record["observation"][missing]

    with pytest.raises(ValueError, match="another version wrote this record"):
        recomputed(record)
