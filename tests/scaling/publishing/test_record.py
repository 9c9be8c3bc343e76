import json
from datetime import timedelta

from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicySpec
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Pod
from controller.scaling.publishing.record import record_of
from forecasting.fleet import NotFitted
from tests.builders import LATENCY, NOON, REQUESTS, a_policy, a_reading, an_event, an_observation, an_outlook


def test_a_record_is_one_line_of_json_with_all_that_was_known_and_said() -> None:
    observation = an_observation(
        a_policy(REQUESTS, LATENCY),
        ready=9,
        readings={"requests": a_reading(140), "latency": a_reading(None, problem="HTTP 500")},
        memory=Memory(planned_replicas=12),
        outlooks={"requests": an_outlook([70, 140, 210])},
        unfitted={"requests": NotFitted("FitTimedOut", "not done within 120 s")},
        events=[an_event()],
        pods=[Pod("web-1", NOON - timedelta(minutes=1))],
    )
    line = json.dumps(record_of(evaluate(observation)), allow_nan=False)
    record = json.loads(line)
    assert (record["policy"], record["at"]) == ("shop/web", "2026-03-02T12:00:00+00:00")
    assert (record["recommendedReplicas"], record["desiredReplicas"], record["reason"]) == (30, 30, "Forecast")
    assert [candidate["replicas"] for candidate in record["candidates"]] == [30, 20]
    seen = record["observation"]
    assert seen["readings"]["latency"] == {
        "value": None,
        "validAt": "2026-03-02T12:00:00+00:00",
        "problem": "HTTP 500",
        "recent": None,
    }
    assert seen["outlooks"]["requests"]["planned"]["values"] == [70, 140, 210]
    assert seen["unfitted"] == {"requests": {"reason": "FitTimedOut", "message": "not done within 120 s"}}
    assert seen["scale"]["readyReplicas"] == 9
    assert seen["scale"]["pods"][0]["readyAt"] is None
    assert ScalingPolicySpec.model_validate(seen["spec"]) == observation.policy.spec
    assert Memory.model_validate(seen["memory"]).planned_replicas == 12


def test_a_record_names_every_limit_that_changed_the_number() -> None:
    record = record_of(evaluate(an_observation(a_policy(maxReplicas=15), requests=140)))
    assert record["limiters"] == [
        {"reason": "TooManyReplicas", "before": 20, "after": 15, "message": "the plan of 20 is above maxReplicas 15"}
    ]
