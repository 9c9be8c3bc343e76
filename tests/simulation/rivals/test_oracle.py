"""The cheapest timeline with enough Ready pods at every tick, by hand and against all there are."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.demand import WARM_UP_TICKS, Demand
from controller.simulation.replay import AutoscalerPilot, replay
from controller.simulation.rivals.oracle import Gap, Oracle, cheapest_replicas, gaps_of
from controller.simulation.world import World
from forecasting.series import Values


def lags(*drawn: int) -> Callable[[int], int]:
    """Return lags that are drawn in this order, and the last one again and again."""
    return lambda number: drawn[min(number, len(drawn) - 1)]


@pytest.mark.parametrize(
    ("case", "needed", "start_with", "drawn", "replicas"),
    [
        ("a rise is prepared one start-up before", [1, 1, 1, 1, 2], 1, [3], [1, 2, 2, 2, 2]),
        ("what is needed no more is dropped at once", [2, 1, 1, 1, 1], 2, [3], [2, 1, 1, 1, 1]),
        ("a gap as long as a start-up is kept", [2, 1, 1, 1, 2], 2, [3], [2, 2, 2, 2, 2]),
        ("a longer one is dropped and started again", [2, 1, 1, 1, 1, 2], 2, [3], [2, 1, 2, 2, 2, 2]),
        ("each level by itself", [3, 2, 1, 2, 1, 1, 3], 3, [2], [3, 2, 2, 2, 3, 3, 3]),
        ("the first minutes cannot be helped", [2, 2, 2, 2], 1, [2], [2, 2, 2, 2]),
        ("pods that nobody needs at the start go", [1, 1, 1, 1, 1], 4, [2], [1, 1, 1, 1, 1]),
        ("a slow draw is taken earlier", [1, 1, 1, 1, 1, 2], 1, [4], [1, 2, 2, 2, 2, 2]),
        ("a slow second pod brings the first one forward", [1, 1, 1, 1, 1, 2, 3], 1, [2, 4], [1, 1, 3, 3, 3, 3, 3]),
    ],
)
def test_the_plan_is_the_cheapest(
    case: str, needed: list[int], start_with: int, drawn: list[int], replicas: list[int]
) -> None:
    plan = cheapest_replicas(np.array(needed, dtype=float), start_with=start_with, lag=lags(*drawn))
    assert plan.tolist() == replicas, case


def test_gaps_come_in_the_order_of_their_ends_the_longest_first() -> None:
    gaps = gaps_of(np.array([3.0, 2, 1, 3]), 3)
    assert gaps == [Gap(1, 3), Gap(2, 3)]


def cheapest_of_all(needed: Sequence[int], start_with: int, lag: int) -> int:
    """Return the least pods over all timelines that the world allows, by trying every one of them."""
    costs = {(0,) * start_with: 0}  # by how many ticks each pod is not Ready yet, oldest first
    for need in needed:
        after: dict[tuple[int, ...], int] = {}
        for pods, cost in costs.items():
            for replicas in range(max(needed) + 2):
                wanted = (pods + (lag,) * replicas)[:replicas]
                if sum(left == 0 for left in wanted) >= need:
                    passed = tuple(max(0, left - 1) for left in wanted)
                    after[passed] = min(cost + replicas, after.get(passed, cost + replicas))
        costs = after
    return min(costs.values())


@pytest.mark.parametrize("lag", [1, 2, 3])
@pytest.mark.parametrize("seed", range(25))
def test_no_timeline_costs_less(lag: int, seed: int) -> None:
    needed = np.random.default_rng(seed).integers(0, 4, 11)
    needed[: lag + 1] = np.minimum(needed[: lag + 1], needed[0])  # what the start can serve
    plan = cheapest_replicas(needed.astype(float), start_with=int(needed[0]), lag=lags(lag))
    assert plan.sum() == cheapest_of_all(needed.tolist(), int(needed[0]), lag)


def noisy_hills() -> Values:
    ticks = np.arange(WARM_UP_TICKS + 2000)
    return (300 + 250 * np.sin(ticks / 150)) * np.random.default_rng(5).normal(1, 0.08, len(ticks))


def flown(world: World) -> Timeline:
    demand = Demand(datetime(2026, 1, 5, tzinfo=UTC), noisy_hills(), known_from=0, evaluated_from=WARM_UP_TICKS)
    return replay(demand, world, lambda workload: AutoscalerPilot(workload, Oracle(workload)), name="oracle")


@pytest.mark.parametrize("seconds", [30, 180, 600])
@pytest.mark.parametrize("seed", [1, 2])
def test_in_the_world_there_are_enough_ready_pods_at_every_tick_once_pods_could_be_there(
    seconds: int, seed: int
) -> None:
    timeline = flown(World(start_up=timedelta(seconds=seconds), seed=seed))
    first = round(2 * seconds / 15)
    assert (timeline.ready_replicas >= timeline.needed_replicas)[first:].all()
    assert (timeline.p95_ms <= 250)[first:].all()


def test_without_a_need_for_start_ups_it_has_what_is_needed_and_no_more() -> None:
    timeline = flown(World(start_up=timedelta(seconds=1)))
    shares = timeline.created_replicas.sum() / np.maximum(timeline.needed_replicas, 2).sum()
    assert shares == pytest.approx(1.0, abs=0.06)  # a pod is asked for a tick before it is needed


def test_the_bounds_hold() -> None:
    timeline = flown(World(min_replicas=10, max_replicas=30))
    assert (timeline.created_replicas.min(), timeline.created_replicas.max()) == (10, 30)
    assert score(timeline).time_under > 0
