"""What the shipped default does in each regime of demand and world, beside the HPA whose target costs the same."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.judging.score import score
from controller.simulation.variants.batches import Batches
from controller.simulation.variants.blackout import Blackout
from controller.simulation.variants.outage import Outage
from controller.simulation.world import World
from forecasting.series import Values
from tests.builders import a_policy
from tests.simulation.made import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    STEP,
    between,
    busy_days,
    demand_of,
    hours_until,
    hpa_at_equal_cost,
    removes_nothing,
    steered,
    violated_minutes,
)

WORLD = World()
SLOW_START = World(start_up=timedelta(minutes=10))
GROWTH_A_DAY = 0.02


def growing_days() -> Values:
    hours = hours_until(21 * HOUR)
    return busy_days(hours) * (1 + GROWTH_A_DAY * hours / 24)


# ── Demand that can be known ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize(
    ("rps", "world", "share"),
    [
        (busy_days(hours_until(21 * HOUR)), WORLD, 0.05),
        (growing_days(), WORLD, 0.05),
        (busy_days(hours_until(21 * HOUR)), SLOW_START, 0.05),
    ],
    ids=["clean season", "trend of 2 % a day", "start-up of 10 minutes"],
)
def test_what_can_be_known_violates_a_small_share_of_the_minutes_of_an_hpa_at_equal_cost(
    rps: Values, world: World, share: float
) -> None:
    demand = demand_of(rps, evaluate_from=MONDAY + 5 * HOUR)
    ours = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)
    assert score(ours).violation_minutes <= share * score(hpa).violation_minutes


@pytest.mark.slow
def test_a_holiday_that_nobody_told_of_is_served_and_not_staffed_as_a_working_day() -> None:
    holiday, noon = MONDAY + 4 * DAY, 12 * HOUR  # a Friday
    hours = hours_until(5 * DAY + noon)
    saturday = 24 * 5  # hours from a Monday
    rps = np.where(hours // 24 == 4, busy_days(hours % 24 + saturday), busy_days(hours))
    ours = steered(demand_of(rps, evaluate_from=holiday), WORLD)
    day_after = holiday + DAY  # the Saturday, with the same demand
    on_it = ours.created_replicas[between(ours, holiday, holiday + noon)]
    needed_after = ours.needed_replicas[between(ours, day_after, day_after + noon)]
    assert violated_minutes(ours, holiday, day_after) <= 0.01 * 24 * 60
    assert on_it.mean() <= 1.34 * needed_after.mean()


# ── Demand that cannot be known ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_an_unannounced_flash_crowd_is_met_earlier_than_by_an_hpa_at_equal_cost(factor: float) -> None:
    begin, end = MONDAY + 10 * HOUR, MONDAY + 10 * HOUR + 45 * MINUTE
    hours = hours_until(14 * HOUR)
    crowd = (hours >= 10) & (hours < 10.75)
    demand = demand_of(busy_days(hours) * np.where(crowd, factor, 1.0), evaluate_from=MONDAY + 8 * HOUR)
    ours = steered(demand, WORLD)
    hpa = hpa_at_equal_cost(demand, WORLD, ours)
    assert violated_minutes(ours, begin, end) <= 0.9 * violated_minutes(hpa, begin, end)
    assert score(ours).violation_minutes <= 0.7 * score(hpa).violation_minutes


def test_after_a_level_shift_the_new_level_is_the_usual_one_within_two_hours() -> None:
    shift = MONDAY + 10 * HOUR
    hours = hours_until(DAY)
    demand = demand_of(busy_days(hours) * np.where(hours >= 10, 1.6, 1.0), evaluate_from=MONDAY + 8 * HOUR)
    ours = steered(demand, WORLD)
    hpa = hpa_at_equal_cost(demand, WORLD, ours)
    known = shift + 2 * HOUR
    assert score(ours).violation_minutes <= 0.4 * score(hpa).violation_minutes
    assert violated_minutes(ours, known, MONDAY + DAY) <= 0.02 * 12 * 60
    needed = ours.needed_replicas[between(ours, known, MONDAY + DAY)].mean()
    assert ours.created_replicas[between(ours, known, MONDAY + DAY)].mean() <= 1.2 * needed


@pytest.mark.slow
def test_bursts_on_a_first_day_are_met_no_worse_than_by_an_hpa_at_equal_cost() -> None:
    hours, ours_violated, hpa_violated = hours_until(DAY), 0, 0
    for seed in range(1, 6):  # one day says little: who is ahead changes from one to the next
        demand = demand_of(busy_days(hours) * bursts(len(hours), seed), evaluate_from=MONDAY)
        unknown = replace(demand, known_from=demand.evaluated_from)
        ours = steered(unknown, WORLD)
        ours_violated += score(ours).violation_minutes
        hpa_violated += score(hpa_at_equal_cost(unknown, WORLD, ours)).violation_minutes
    assert ours_violated <= hpa_violated


def bursts(count: int, seed: int) -> Values:
    """Return by how much demand is multiplied: ten minutes of 20 to 60 % more, twice an hour at random."""
    random, factors = np.random.default_rng(seed), np.ones(count)
    for begin in random.choice(count, size=2 * count * STEP // HOUR, replace=False):
        factors[begin : begin + 2] = random.uniform(1.2, 1.6)
    return factors


# ── A world that fails ───────────────────────────────────────────────────────────────────────────────────────────────
def test_20_minutes_without_metrics_remove_nothing_and_the_forecast_goes_on_adding() -> None:
    rises = [Blackout(MONDAY + hour * HOUR) for hour in (7, 16)]
    world = World(variants=tuple(rises))
    demand = demand_of(busy_days(hours_until(18 * HOUR)), evaluate_from=MONDAY + 6 * HOUR)
    ours = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)
    ours_violated = hpa_violated = 0
    for blackout in rises:
        end = blackout.begin + blackout.length
        dark = ours.created_replicas[between(ours, blackout.begin, end)]
        assert removes_nothing(ours, blackout.begin, end)
        assert dark[-1] > dark[0]
        ours_violated += violated_minutes(ours, blackout.begin, end)
        hpa_violated += violated_minutes(hpa, blackout.begin, end)
    assert ours_violated <= 0.1 * hpa_violated


@pytest.mark.parametrize("hour", [9, 10, 11.5])
def test_an_outage_removes_nothing_and_the_storm_after_it_violates_a_tenth_of_an_hpas_minutes(hour: float) -> None:
    outage = Outage(MONDAY + hour * HOUR, length=20 * MINUTE, storm=1.5)
    world = World(variants=(outage,))
    demand = demand_of(busy_days(hours_until((hour + 2.5) * HOUR)), evaluate_from=MONDAY + (hour - 1.5) * HOUR)
    ours = steered(demand, world)
    hpa = hpa_at_equal_cost(demand, world, ours)
    settled = outage.end + 45 * MINUTE
    hpa_violated = violated_minutes(hpa, outage.begin, settled)
    assert removes_nothing(ours, outage.begin, outage.end)
    assert violated_minutes(ours, outage.begin, settled) <= 0.1 * hpa_violated


@pytest.mark.parametrize("target", [10 * MINUTE, 20 * MINUTE], ids=["in 10 minutes", "in 20 minutes"])
@pytest.mark.parametrize("share", [0.5, 1.0], ids=["half in batches", "all in batches"])
def test_a_queue_worker_drains_batches_that_nobody_foresees_in_their_target_time(
    target: timedelta, share: float
) -> None:
    drained = [time / target for time in times_to_drain(Batches(HOUR, share, latest=20 * MINUTE), target)]
    assert len(drained) == 6
    assert min(drained) >= 0.95
    assert max(drained) <= 1.05


def test_a_queue_worker_drains_batches_that_it_foresees_in_their_target_time_too() -> None:
    target = 10 * MINUTE
    drained = [time / target for time in times_to_drain(Batches(HOUR), target)]
    assert len(drained) == 6
    assert min(drained) >= 0.95
    assert max(drained) <= 1.05


def times_to_drain(batches: Batches, target: timedelta) -> list[timedelta]:
    """Return how long each batch of six hours waits, until nothing is left of it, for workers with a target."""
    world = World(start_up=timedelta(seconds=60), variants=(batches,))
    demand = demand_of(np.full(len(hours_until(6 * HOUR)), 80.0), evaluate_from=MONDAY)
    timeline = steered(demand, world, queue_worker(target))
    arrived = np.flatnonzero(timeline.demand_rps > 1000)
    return [(int(np.argmax(timeline.backlog[tick:] < 1)) + 1) * timeline.tick for tick in arrived.tolist()]


def queue_worker(target: timedelta) -> ScalingPolicy:
    """Return a policy for workers on a queue that is to be drained within `target`."""
    arrivals = {"name": "arrivals", "preset": "http-request-rate", "load": {"perReplica": 10}}
    drain = {"arrivals": "arrivals", "drainTargetSeconds": int(target.total_seconds())}
    waiting = {"name": "waiting", "preset": "queue-depth", "queue": drain}
    return a_policy(arrivals, waiting, minReplicas=2, maxReplicas=200, capacity={"leadTimeSeconds": 130})
