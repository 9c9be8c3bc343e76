"""HPA matched to us: the targets at which it costs what we cost, and at which it is as good as we are.

HPA's one setting trades cost for quality, so one target alone says little about who is better: each comparison here
holds one of the two equal.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from controller.scaling.judging.score import Score, score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.demand import Demand
from controller.simulation.replay import replay_rival
from controller.simulation.rivals.hpa import requests_hpa
from controller.simulation.world import World

USUAL_TARGET = 70  # percent: near what the examples of Kubernetes set
TARGETS = range(40, 100)  # an HPA knows whole percents; below 40, more pods stand idle than work
MOST_REPLAYS = 2 * len(TARGETS).bit_length() + 1  # two bisections, and the usual target


@dataclass(frozen=True, slots=True)
class HPAReplay:
    """What happened under an HPA whose target is this many percent of the requests that a pod can serve."""

    target: int
    timeline: Timeline
    score: Score


@dataclass(frozen=True, slots=True)
class MatchedHPA:
    """HPA as it is usually set, at equal cost, and as good: over the objective for no longer, at the least cost.

    `as_good` is None where no target is.
    """

    usual: HPAReplay
    equal_cost: HPAReplay
    as_good: HPAReplay | None


def match_hpa(demand: Demand, world: World, ours: Score, *, tried: Callable[[], None] = lambda: None) -> MatchedHPA:
    """Return HPA on the requests that we see too, its target found by bisection: a higher one costs less, misses more.

    `tried` is called after each replay, at most MOST_REPLAYS times.
    """

    @cache
    def at(target: int) -> HPAReplay:
        rate = target / 100 * world.pod.per_replica
        hpa = requests_hpa(rate, min_replicas=world.min_replicas, max_replicas=world.max_replicas)
        timeline = replay_rival(demand, world, hpa, name=f"HPA {target} %")
        tried()
        return HPAReplay(target, timeline, score(timeline))

    as_good = bisect_right(TARGETS, ours.violation_minutes, key=lambda target: at(target).score.violation_minutes)
    return MatchedHPA(
        usual=at(USUAL_TARGET),
        equal_cost=at(_nearest(TARGETS, ours.pod_hours, lambda target: at(target).score.pod_hours)),
        as_good=at(TARGETS[as_good - 1]) if as_good else None,
    )


def _nearest(targets: Sequence[int], hours: float, cost: Callable[[int], float]) -> int:
    """Return the target whose cost, falling from target to target, is nearest to `hours`."""
    cheaper = bisect_left(targets, -hours, key=lambda target: -cost(target))
    around = targets[max(0, cheaper - 1) : cheaper + 1]
    return min(around, key=lambda target: abs(cost(target) - hours))
