"""What is learned of a workload in closed loop: only from what is delivered, never from the world's constants."""

from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pytest

from controller.api.capacity_memory import Capacity
from controller.api.objective import Objective
from controller.api.scaling_policy import Capacity as LeadTime
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import LoadSpec, Signal
from controller.scaling.capacity import replicas_for
from controller.scaling.decision import Decision
from controller.scaling.judging.timeline import Timeline
from controller.scaling.learning.lead_time import known_lead_time
from controller.scaling.lookahead import peak
from controller.simulation.defaults import default_policy
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.variants.release import Release
from controller.simulation.world import World
from tests.simulation.made import DAY, HOUR, MONDAY, between, busy_days, demand_of, hours_until, violated_minutes

THURSDAY = MONDAY + 3 * DAY
RELEASE = THURSDAY + 8 * HOUR  # on the way to the noon's load
TRUTH = 10.0  # requests/s of the world's pod


class Flight(NamedTuple):
    """What happened, and what was known at each decision."""

    timeline: Timeline
    known: dict[datetime, Capacity]


def without_capacity(world: World) -> ScalingPolicy:
    """Return the shipped default, told neither what a pod serves nor how fast it is."""
    policy = default_policy(world)
    signals = (
        Signal(name="requests", preset="http-request-rate", load=LoadSpec()),
        Signal(name="latency", preset="http-p95-latency"),
    )
    objective = Objective(p95_milliseconds=world.objective.p95_milliseconds, latency_signal="latency")
    return policy.model_copy(
        update={"spec": policy.spec.model_copy(update={"signals": signals, "objective": objective})}
    )


@pytest.fixture(scope="module")
def flight() -> Flight:
    """Return three days and eleven hours; on the fourth a release costs 30 % of capacity."""
    world = World(variants=(Release(RELEASE, speed=0.7),))
    policy, known = without_capacity(world), {}

    def hear(decision: Decision) -> None:
        (state,) = decision.memory.capacities
        if state.used is not None:
            known[decision.at] = state.used

    demand = demand_of(busy_days(hours_until(THURSDAY + 11 * HOUR - MONDAY)), evaluate_from=MONDAY)
    timeline = replay(demand, world, lambda workload: CyclePilot(workload, policy, heard=hear), name="headroom")
    return Flight(timeline, known)


@pytest.mark.slow
def test_capacity_is_learned_within_a_tenth_of_the_truth_after_three_days(flight: Flight) -> None:
    capacity = flight.known[THURSDAY]
    assert (capacity.source, capacity.provisional) == ("Learned", False)
    assert capacity.per_replica == pytest.approx(TRUTH, rel=0.1)
    assert capacity.service_time_milliseconds == pytest.approx(100, rel=0.1)


@pytest.mark.slow
def test_while_it_is_learned_few_minutes_violate_the_objective(flight: Flight) -> None:
    minutes = 3 * DAY // timedelta(minutes=1)
    assert violated_minutes(flight.timeline, MONDAY, THURSDAY) <= 0.025 * minutes


@pytest.mark.slow
def test_a_release_that_costs_30_percent_is_noticed_within_two_hours(flight: Flight) -> None:
    capacity = flight.known[RELEASE + 2 * HOUR]
    assert capacity.per_replica == pytest.approx(0.7 * TRUTH, rel=0.1)
    assert capacity.service_time_milliseconds == pytest.approx(100 / 0.7, rel=0.1)


@pytest.mark.slow
def test_meanwhile_95_of_100_requests_stay_within_the_objective(flight: Flight) -> None:
    window = between(flight.timeline, RELEASE, RELEASE + 2 * HOUR)
    late = np.average(flight.timeline.late_share[window], weights=flight.timeline.demand_rps[window])
    assert late <= 0.05


class Rise(NamedTuple):
    """What a forecast asked for: when, for when, how many replicas, and how many of them are no room for swings."""

    asked: datetime
    due: datetime
    wish: int
    need: int


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [20, 120, 600])
def test_what_a_forecast_asked_for_is_ready_before_its_need_in_95_of_100_rises(seconds: int) -> None:
    world = World(start_up=timedelta(seconds=seconds))
    policy = default_policy(world)
    policy = policy.model_copy(update={"spec": policy.spec.model_copy(update={"capacity": LeadTime()})})
    rises: list[Rise] = []
    wishes = [0]

    def hear(decision: Decision) -> None:
        lead, wish = known_lead_time(policy, decision.memory), decision.plan.forecast_replicas or 0
        if wish > decision.current_replicas and wish > wishes[-1] and lead.source == "Learned":
            ahead = timedelta(seconds=lead.seconds)
            foreseen = peak(decision.observation, "requests", horizon=ahead) or 0.0
            need = replicas_for(foreseen, world.pod, world.objective)
            rises.append(Rise(decision.at, decision.at + ahead, wish, need))
        wishes.append(wish)

    demand = demand_of(busy_days(hours_until(22 * HOUR)), evaluate_from=MONDAY)
    timeline = replay(demand, world, lambda workload: CyclePilot(workload, policy, heard=hear), name="headroom")

    ended = timeline.start + len(timeline) * timeline.tick
    over = [rise for rise in rises if rise.due < ended]
    assert len(over) >= 8
    assert np.mean([is_ready(timeline, rise.asked, rise.due, rise.need) for rise in over]) >= 0.95
    assert np.mean([is_ready(timeline, rise.asked, rise.due, rise.wish) for rise in over]) >= 0.9  # it is a p90


def is_ready(timeline: Timeline, asked: datetime, due: datetime, desired: int) -> bool:
    """Tell whether what was asked for, as far as nobody took it back since, is Ready when it is due."""
    window = between(timeline, asked, due)
    wanted = min(desired, int(timeline.desired_replicas[window].min(initial=desired)))
    return bool(timeline.ready_replicas[window.stop] >= wanted)
