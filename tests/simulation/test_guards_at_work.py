"""What the guards of a decision are for, seen in whole replays."""

import math
from collections.abc import Iterator
from datetime import timedelta

import pytest

from controller.api.scaling_policy import Objective, ScalingPolicy
from controller.api.signals import Queue, Signal
from controller.scaling.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.variants.batches import Batches
from controller.simulation.variants.outage import Outage
from controller.simulation.world import World
from tests.simulation.made import (
    HOUR,
    MINUTE,
    MONDAY,
    busy_days,
    demand_of,
    hours_until,
    hpa_at_equal_cost,
    removes_nothing,
    steered,
    violated_minutes,
)

DRAIN_TARGET = timedelta(minutes=10)


@pytest.mark.slow
@pytest.mark.parametrize("hour", [9, 16.5])
def test_a_storm_of_retries_after_an_outage_violates_a_fifth_of_the_minutes_of_an_hpa(hour: float) -> None:
    outage = Outage(MONDAY + hour * HOUR)
    world = World(variants=(outage,))
    demand = demand_of(busy_days(hours_until((hour + 2) * HOUR)), evaluate_from=MONDAY + (hour - 4) * HOUR)
    ours = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)
    assert removes_nothing(ours, outage.begin, outage.end)
    late, hpa_late = (violated_minutes(each, outage.end, outage.end + HOUR) for each in (ours, hpa))
    assert late <= 0.2 * hpa_late


def a_queue_worker(world: World) -> ScalingPolicy:
    policy = default_policy(world)
    queue = Queue(arrivals="requests", drain_target_seconds=int(DRAIN_TARGET.total_seconds()))
    signals = (*policy.spec.signals, Signal(name="depth", preset="queue-depth", queue=queue))
    spec = policy.spec.model_copy(update={"signals": signals, "objective": Objective()})
    return policy.model_copy(update={"spec": spec})


def drained_in(timeline: Timeline, every: timedelta) -> Iterator[float]:
    """Yield for each whole batch the seconds until nothing of it waits; without end where something still does."""
    ticks = every // timeline.tick
    for start in range(0, len(timeline) - ticks + 1, ticks):
        empty = [tick for tick in range(ticks) if timeline.backlog[start + tick] <= 0]
        yield (empty[0] + 1) * timeline.tick.total_seconds() if empty else math.inf


@pytest.mark.slow
@pytest.mark.parametrize("start_up", [timedelta(seconds=30), timedelta(minutes=3)])
@pytest.mark.parametrize("every", [15 * MINUTE, 30 * MINUTE])
def test_batches_of_work_are_drained_in_the_target_time_give_or_take_15_percent(
    every: timedelta, start_up: timedelta
) -> None:
    world = World(start_up=start_up, max_replicas=500, variants=(Batches(every=every),))
    demand = demand_of(busy_days(hours_until(12 * HOUR)), evaluate_from=MONDAY + 8 * HOUR)
    timeline = steered(demand, world, a_queue_worker(world))
    shares = [seconds / DRAIN_TARGET.total_seconds() for seconds in drained_in(timeline, every)]
    assert len(shares) == 4 * HOUR / every
    assert [share for share in shares if not 0.85 <= share <= 1.15] == []
