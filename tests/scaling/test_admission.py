"""The admit fraction: what Ready replicas serve within the objective, of what is asked of them now."""

from datetime import timedelta

import pytest

from controller.api.signals import Load
from controller.scaling.admission import ROOM, admit_fraction
from controller.scaling.capacity import load_for
from controller.scaling.observation import Observation
from tests.builders import QUEUE, QUEUED_REQUESTS, REQUESTS, a_policy, a_reading, an_observation

# Ten requests a second and replica at 70 %: seven.
CORES = {"name": "cores", "preset": "cpu-cores", "load": {"perReplica": 1}}
WITHIN = a_policy(QUEUED_REQUESTS, objective={"p95Milliseconds": 250})
POD = Load(per_replica=10, service_time_milliseconds=100)


@pytest.mark.parametrize(
    ("observation", "fraction"),
    [
        (an_observation(requests=70), 1.0),
        (an_observation(requests=140), ROOM / 2),
        (an_observation(requests=140, ready=5), ROOM / 4),
        (an_observation(requests=1, ready=0), 0.0),
        (an_observation(requests=0, ready=0), 1.0),
        (an_observation(a_policy(REQUESTS, CORES), requests=70, cores=70), ROOM / 10),
        (an_observation(readings={"requests": a_reading(140, age=timedelta(hours=1))}), None),
        (an_observation(a_policy(QUEUE), queue=1500), None),
    ],
    ids=[
        "all of what fits",
        "half of twice as much, and a little less",
        "pods that start serve nobody",
        "nobody without pods",
        "nothing asked is nothing refused",
        "the load that is short",
        "no fraction of what is not known",
        "no fraction without a load",
    ],
)
def test_the_share_that_can_be_served(observation: Observation, fraction: float | None) -> None:
    assert admit_fraction(observation) == pytest.approx(fraction)


def test_with_a_latency_objective_it_is_what_the_queueing_table_says() -> None:
    served = load_for(10, POD, WITHIN.spec.objective)

    assert admit_fraction(an_observation(WITHIN, requests=200)) == pytest.approx(ROOM * served / 200)
    assert served < 100
