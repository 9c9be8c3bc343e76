"""A release that costs 30 % of capacity, for a policy that learns what a pod can take from load and latency."""

import pytest

from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load
from controller.scaling.judging.score import score
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.learning.load_test import read_load_test, seed_capacities
from controller.simulation.defaults import default_policy
from controller.simulation.latency import p95_latency
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.variants.release import Release
from controller.simulation.world import PretendWorkload, World
from tests.builders import LATENCY
from tests.simulation.made import (
    HOUR,
    MONDAY,
    busy_days,
    demand_of,
    hours_until,
    hpa_at_equal_cost,
    steered,
    violated_minutes,
)

PODS = 10  # of the load test
LOADS = (0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97)  # shares of what a pod serves


def learning_policy() -> ScalingPolicy:
    """Return the shipped default without a given capacity, that knows a load test of the world as it was."""
    world = World()
    plain = default_policy(world).model_dump(mode="json", by_alias=True, exclude={"status"})
    plain["spec"]["signals"] = [{"name": "requests", "preset": "http-request-rate", "load": {}}, LATENCY]
    plain["spec"]["objective"] = {"p95Milliseconds": 250, "latencySignal": "latency"}
    policy = ScalingPolicy.model_validate(plain)
    slow = p95_latency([10 * PODS * load for load in LOADS], PODS, 0.0, world=world) * 1000
    rows = [f"{10 * load:g},{p95:.1f},{PODS}" for load, p95 in zip(LOADS, slow.tolist(), strict=True)]
    tested = read_load_test(["load_per_replica,p95_ms,replicas", *rows], "load-test.csv")
    known = policy.status.model_copy(update={"memory": seed_capacities(policy, tested, "load-test.csv")})
    return policy.model_copy(update={"status": known})


@pytest.mark.parametrize("hour", [10, 13], ids=["before the peak", "after the peak"])
def test_a_release_of_30_percent_less_is_noticed_while_a_twentieth_of_the_minutes_violates_at_most(hour: int) -> None:
    begin = MONDAY + hour * HOUR
    known = begin + 2 * HOUR
    world = World(variants=(Release(begin, speed=0.7),))
    demand = demand_of(busy_days(hours_until((hour + 2) * HOUR)), evaluate_from=begin - HOUR)
    pilots: list[CyclePilot] = []

    def board(workload: PretendWorkload) -> CyclePilot:
        pilots.append(CyclePilot(workload, learning_policy()))
        return pilots[-1]

    ours = replay(demand, world, board, name="headroom")
    told_once = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)

    policy = learning_policy()
    memory = pilots[-1]._carried.memories[policy.key]
    learned = capacity_of(policy.spec.load_signals[0], memory) or Load(per_replica=1)
    assert learned.per_replica == pytest.approx(7, rel=0.1)
    assert violated_minutes(ours, begin, known) <= 0.05 * 120
    assert violated_minutes(ours, begin, known) <= 0.1 * violated_minutes(hpa, begin, known)
    assert score(told_once).violation_minutes > 100  # what a capacity given once would have cost
