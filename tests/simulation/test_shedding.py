"""Shedding by the admit fraction: with half the replicas that demand needs, what is admitted keeps its objective."""

import numpy as np
import pytest

from controller.scaling.admission import admit_fraction
from controller.scaling.decision import Decision
from controller.simulation.defaults import default_policy
from controller.simulation.latency import p95_latency
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.world import World
from tests.simulation.made import HOUR, MONDAY, demand_of, hours_until

HALF = World(max_replicas=31)  # of the 62 that 600 requests/s need
SETTLED = 2 * 60  # ticks: what waited before anybody shed is served


@pytest.mark.parametrize(("noise", "most"), [(0.0, 0.0), (0.05, 0.05)], ids=["steady", "with noise"])
def test_what_is_admitted_is_served_within_the_objective(noise: float, most: float) -> None:
    demand = demand_of(np.full(len(hours_until(4 * HOUR)), 600.0), evaluate_from=MONDAY, noise=noise)
    policy, decisions = default_policy(HALF), list[Decision]()

    shed = replay(
        demand, HALF, lambda workload: CyclePilot(workload, policy, heard=decisions.append, sheds=True), name="headroom"
    )

    admitted = np.array([admit_fraction(decision.observation) for decision in decisions], dtype=float)
    p95 = p95_latency(shed.demand_rps * admitted, shed.ready_replicas, shed.backlog, world=HALF, speed=np.ones(1))
    assert (p95[SETTLED:] > HALF.objective_seconds).mean() <= most
    assert 0.4 < admitted[SETTLED:].mean() < 0.5
