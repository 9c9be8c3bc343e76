import numpy as np
import pytest

from controller.api.objective import Objective
from controller.api.signals import Load
from controller.simulation.latency import late_share, needed_replicas, p95_latency
from controller.simulation.world import World

WORLD = World()


def test_an_idle_workload_answers_in_the_service_time() -> None:
    assert p95_latency(0.0, 2, 0.0, world=WORLD) == pytest.approx(0.1)


@pytest.mark.parametrize(("pods", "highest"), [(1, 0.17), (2, 0.44), (5, 0.72), (10, 0.84), (20, 0.92), (60, 0.97)])
def test_the_objective_allows_more_utilisation_the_more_pods_there_are(pods: int, highest: float) -> None:
    below, above = p95_latency(np.array([highest - 0.01, highest + 0.01]) * 10 * pods, pods, 0.0, world=WORLD)
    assert below <= 0.25 < above


def test_a_backlog_adds_the_time_it_takes_to_serve_it() -> None:
    assert p95_latency(0.0, 10, 50.0, world=WORLD) == pytest.approx(0.1 + 50 / 100)


@pytest.mark.parametrize("rps", [100.0, 150.0])
def test_full_load_is_always_over_the_objective(rps: float) -> None:
    world = World(objective=Objective(p95_milliseconds=60_000))
    assert p95_latency(rps, 10, 0.0, world=world) > 60
    assert late_share(rps, 10, 0.0, world=world) == 1


def test_without_ready_pods_every_request_is_late() -> None:
    assert p95_latency(1.0, 0, 5.0, world=WORLD) > 0.25
    assert late_share(1.0, 0, 5.0, world=WORLD) == 1


def test_a_p95_on_the_objective_means_that_one_request_in_twenty_is_late() -> None:
    loads = np.linspace(1, 99, 981)
    at_the_objective = loads[np.argmin(np.abs(p95_latency(loads, 10, 0.0, world=WORLD) - 0.25))]
    assert late_share(at_the_objective, 10, 0.0, world=WORLD) == pytest.approx(0.05, abs=0.002)


def test_a_backlog_longer_than_the_objective_makes_every_request_late() -> None:
    assert late_share(10.0, 10, 16.0, world=WORLD) == 1


def test_needed_replicas_are_the_fewest_that_keep_the_objective() -> None:
    demand = np.linspace(0.5, 900, 200)
    needed = needed_replicas(demand, WORLD)
    kept = p95_latency(demand, needed, 0.0, world=WORLD) <= 0.25 + 1e-9
    one_less = np.maximum(needed - 1, 0)
    assert kept.all()
    assert (p95_latency(demand, one_less, 0.0, world=WORLD)[needed > 1] > 0.25).all()


def test_a_pod_may_serve_several_requests_at_a_time() -> None:
    four_servers = World(pod=Load(per_replica=40, service_time_milliseconds=100))
    four_pods = p95_latency(30.0, 4, 0.0, world=WORLD)
    assert p95_latency(30.0, 1, 0.0, world=four_servers) == pytest.approx(four_pods)
