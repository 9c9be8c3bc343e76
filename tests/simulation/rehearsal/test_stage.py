"""What of a policy is rehearsed, and in which world; the rest is named."""

from datetime import timedelta

import pytest

from controller.errors import InputRefused
from controller.scaling.capacity import replicas_for
from controller.simulation.rehearsal.stage import set_stage
from tests.builders import LATENCY, QUEUED_REQUESTS, REQUESTS, a_policy

OWN = {"name": "orders", "metric": {"metric": "orders_total", "type": "Counter"}, "load": {"perReplica": 50}}
LAG = {"name": "lag", "preset": "kafka-lag"}
ON_LAG = {"name": "behind", "signal": "lag", "steps": [{"above": 10, "addReplicas": 1}]}
P95 = {"p95Milliseconds": 250}


def test_the_peak_is_the_most_that_max_replicas_serve() -> None:
    policy = a_policy(QUEUED_REQUESTS, objective=P95, maxReplicas=30)
    stage = set_stage(policy)
    load = policy.spec.signals[0].load
    assert load is not None
    needed = [replicas_for(factor * stage.peak_rps, stage.world.pod, stage.world.objective) for factor in (0.999, 1.01)]
    assert needed == [30, 31]


def test_cores_are_served_by_pods_that_use_as_many() -> None:
    stage = set_stage(a_policy({"name": "cpu", "preset": "cpu-cores", "load": {"perReplica": "500m"}}))
    assert stage.world.pod.per_replica * stage.world.service_time == pytest.approx(0.5)
    assert stage.peak_rps * stage.world.service_time == pytest.approx(0.7 * 100 * 0.5)


def test_demand_of_a_metric_of_ones_own_comes_as_requests_and_that_is_said() -> None:
    stage = set_stage(a_policy(OWN))
    assert stage.policy.spec.signals[0].preset == "http-request-rate"
    assert stage.world.pod.per_replica == 50
    assert "requests of the same number stand in for it" in stage.left_out["signal orders"]


def test_what_hangs_on_a_signal_that_no_replay_measures_is_left_out_and_said() -> None:
    stage = set_stage(a_policy(REQUESTS, LAG, stepScaling=[ON_LAG]))
    assert [signal.name for signal in stage.policy.spec.signals] == ["requests"]
    assert stage.policy.spec.step_scaling == ()
    assert set(stage.left_out) == {"signal lag", "step rule behind"}


def test_a_policy_that_can_be_measured_is_rehearsed_whole() -> None:
    assert set_stage(a_policy(REQUESTS, LATENCY)).left_out == {}


@pytest.mark.parametrize(
    ("given", "start_up"),
    [(None, timedelta(seconds=(180 - 45) / 1.4)), (timedelta(seconds=30), timedelta(seconds=30))],
    ids=["of the lead time", "given"],
)
def test_pods_start_as_the_lead_time_says_or_as_they_do(given: timedelta | None, start_up: timedelta) -> None:
    assert set_stage(a_policy(), given).world.start_up.total_seconds() == pytest.approx(start_up.total_seconds())


def test_a_capacity_that_nobody_knows_yet_is_asked_for() -> None:
    learned = {"name": "requests", "preset": "http-request-rate", "load": {}}
    policy = a_policy(learned, LATENCY, objective={**P95, "latencySignal": "latency"})
    with pytest.raises(InputRefused, match=r"give --load-test, or load\.perReplica"):
        set_stage(policy)


def test_schedules_are_left_out_and_said() -> None:
    opening = {"name": "opening", "start": "08:00", "end": "20:00", "minReplicas": 30}
    stage = set_stage(a_policy(schedules=[opening]))
    assert stage.policy.spec.schedules == ()
    assert stage.left_out == {"schedule opening": "a made load has no time of day"}
