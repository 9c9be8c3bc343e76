from datetime import timedelta

import pytest

from controller.api.objective import Objective
from controller.api.signals import Load
from controller.simulation.defaults import default_policy, world_for
from controller.simulation.world import World


def test_the_default_policy_is_told_the_worlds_capacity_objective_and_bounds() -> None:
    world = World(min_replicas=3, max_replicas=50)
    spec = default_policy(world).spec
    assert (spec.min_replicas, spec.max_replicas) == (3, 50)
    assert (spec.load_signals[0].load, spec.objective) == (world.pod, world.objective)


@pytest.mark.parametrize(("start_up", "lead_time"), [(30, 87), (180, 297), (600, 885)])
def test_the_default_lead_time_waits_for_the_slowest_pod_and_the_metrics(start_up: int, lead_time: int) -> None:
    world = World(start_up=timedelta(seconds=start_up))
    assert default_policy(world).spec.capacity.lead_time_seconds == lead_time


def test_the_default_policy_fits_its_own_world() -> None:
    world = World(start_up=timedelta(seconds=30), seed=5)
    assert world_for(default_policy(world), world) == world


def test_a_world_takes_pods_objective_and_bounds_from_a_policy() -> None:
    policy = default_policy(
        World(
            pod=Load(per_replica=40, service_time_milliseconds=50),
            objective=Objective(p95_milliseconds=120),
            min_replicas=1,
            max_replicas=9,
        )
    )
    world = world_for(policy, World(seed=4))
    assert (world.pod.per_replica, world.service_time, world.objective_seconds) == (40, 0.05, 0.12)
    assert (world.min_replicas, world.max_replicas, world.seed) == (1, 9, 4)


def test_a_policy_without_latency_meets_pods_that_serve_one_request_at_a_time() -> None:
    policy = default_policy(World(pod=Load(per_replica=20, service_time_milliseconds=1)))
    spec = policy.spec.model_copy(
        update={
            "objective": Objective(utilization_percent=60),
            "signals": (policy.spec.signals[0].model_copy(update={"load": Load(per_replica=20)}),),
        }
    )
    world = world_for(policy.model_copy(update={"spec": spec}), World())
    assert (world.service_time, world.objective_seconds) == (0.05, 0.125)
