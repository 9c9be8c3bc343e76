"""Oracle: the cheapest timeline that always has enough Ready pods, made by who knows the future.

It knows the true demand of every tick to come, so the fewest Ready pods d that keep the objective, and the start-up
times as they will be drawn: the k-th pod that is created takes the k-th draw, for it as for everybody. Level l of the
pods is needed where d >= l. Through a time without need a level keeps its pod if that costs no more than starting one
again, which is its start-up time; else the pod is dropped at once and the next one created just in time.

It starts with the pods that everybody starts with. What is missing in the first minutes could not have been there for
anybody. Where start-ups are alike no timeline costs less; it does not change its plan to give slow draws to other pods.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from controller.simulation.latency import needed_replicas
from controller.simulation.pods import StartUps
from controller.simulation.world import TICK_SECONDS, PretendWorkload, View, World
from forecasting.series import Values

BEFORE_ALL = -1_000_000_000  # the tick since which a level has no pod that never had one

Lag = Callable[[int], int]
"""Returns after how many ticks the k-th created pod is Ready, k from 0."""


class Gap(NamedTuple):
    """The ticks [begin, end) through which a level is not needed, between two times in which it is."""

    begin: int
    end: int


class Oracle:
    """Carries out the cheapest plan for one workload, from its present tick on."""

    def __init__(self, workload: PretendWorkload) -> None:
        world = workload.world
        ahead = needed_replicas(workload.demand.rps[workload.tick :], world)
        needed = ahead.clip(world.min_replicas, world.max_replicas)
        self._first_tick = workload.tick
        self._plan = cheapest_replicas(needed, start_with=workload.view().created, lag=drawn_lags(world)).tolist()

    def decide(self, view: View) -> int:
        """Return the replicas of the plan."""
        return int(self._plan[round(view.seconds / TICK_SECONDS) - self._first_tick])


def drawn_lags(world: World) -> Lag:
    """Return the start-ups of a world as they will be drawn."""
    start_ups = StartUps(world.start_up, world.seed)
    lags: list[int] = []

    def lag(number: int) -> int:
        while number >= len(lags):
            lags.append(math.ceil(start_ups.take() / TICK_SECONDS))
        return lags[number]

    return lag


def cheapest_replicas(needed: Values, *, start_with: int, lag: Lag) -> Values:
    """Return the replicas to have at each tick (n,) for `needed` Ready ones (n,); the first `start_with` are Ready."""
    kept, dropped = _split(gaps_of(needed, start_with), lag)
    restarts = _restarts(dropped, lag)
    # Pods are created in the order they are needed. Where a slow draw brings that forward to before the drop, or where
    # a younger pod on its way would be removed in place of the dropped one, keeping is cheaper after all.
    while pointless := [gap for gap, restart in zip(dropped, restarts, strict=True) if restart <= gap.begin]:
        kept += pointless
        dropped = [gap for gap, restart in zip(dropped, restarts, strict=True) if restart > gap.begin]
        restarts = _restarts(dropped, lag)
    started = [Gap(restart, gap.end) for gap, restart in zip(dropped, restarts, strict=True)]
    changes = np.zeros(len(needed) + 1)
    for begin, end in (*kept, *started):
        changes[begin] += 1
        changes[end] -= 1
    replicas: Values = needed + np.cumsum(changes[:-1])
    return replicas


def gaps_of(needed: Values, start_with: int) -> list[Gap]:
    """Return the gaps of all levels in the order in which they end; of those that end together the longest first."""
    gaps: list[Gap] = []
    idle: list[int] = []  # since when each level above the needed ones is not needed, the lowest level last
    level = start_with
    for tick, now in enumerate(needed.astype(int).tolist()):
        if now < level:
            idle += [tick] * (level - now)
        else:
            first = max(0, len(idle) - (now - level))
            begins = [BEFORE_ALL] * (now - level - (len(idle) - first)) + idle[first:]
            gaps += [Gap(begin, tick) for begin in begins]
            del idle[first:]
        level = now
    return gaps


def _split(gaps: Sequence[Gap], lag: Lag) -> tuple[list[Gap], list[Gap]]:
    """Return the gaps whose pods are kept and those whose pods are dropped, each dropped one taking the next draw."""
    kept: list[Gap] = []
    dropped: list[Gap] = []
    for gap in gaps:
        (kept if gap.end - gap.begin <= lag(len(dropped)) else dropped).append(gap)
    # Of pods needed together, the one dropped last is created first: none is on its way while another is dropped.
    return kept, sorted(dropped, key=lambda gap: (gap.end, -gap.begin))


def _restarts(dropped: Sequence[Gap], lag: Lag) -> list[int]:
    """Return when each pod is created anew: just in time, and not after one that is needed later."""
    restarts = [gap.end - lag(number) for number, gap in enumerate(dropped)]
    latest = np.minimum.accumulate(restarts[::-1])[::-1] if restarts else np.empty(0)
    return [max(0, int(restart)) for restart in latest]
