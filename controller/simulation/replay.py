"""Replay: one policy steers the pretend workload through the evaluated window; what happened comes out as a Timeline.

Who steers is a Pilot: ours.py is the real cycle, any rival is an Autoscaler. All of them meet the same world.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import numpy as np

from controller.scaling.capacity import PERCENTILE_MISSED
from controller.scaling.judging.timeline import Note, Timeline
from controller.simulation.demand import TICK, Demand
from controller.simulation.latency import OVERLOADED_OBJECTIVES, late_share, needed_replicas, p95_latency
from controller.simulation.world import PretendWorkload, View, World
from forecasting.series import Values

PROGRESS_TICKS = timedelta(hours=1) // TICK  # how often a progress bar hears of it

Progress = Callable[[int], None]
"""Told how many ticks have passed since it was last told."""


class Pilot(Protocol):
    """Who decides on the replicas of a workload."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """Why it decided as it did, where that changed."""
        ...

    async def steer(self) -> int:
        """Scale the workload as wanted at the begin of its tick; return the replicas wanted."""
        ...


class Autoscaler(Protocol):
    """A rival: replicas from what it may see, every tick."""

    def decide(self, view: View) -> int:
        """Return the replicas wanted now."""
        ...


class AutoscalerPilot:
    """Carries out what a rival wants."""

    notes: tuple[Note, ...] = ()

    def __init__(self, workload: PretendWorkload, autoscaler: Autoscaler) -> None:
        self._workload, self._autoscaler = workload, autoscaler

    async def steer(self) -> int:
        """Ask the rival and resize the workload at once; while no metric arrives it is not asked, and all stays."""
        workload = self._workload
        replicas = workload.pods.wanted if workload.is_blind else self._autoscaler.decide(workload.view())
        workload.resize(replicas)
        return replicas


def replay(
    demand: Demand,
    world: World,
    pilot: Callable[[PretendWorkload], Pilot],
    *,
    name: str,
    progress: Progress = lambda _: None,
) -> Timeline:
    """Return what happens in the world when the pilot steers through the evaluated window.

    The pilot is made for the workload of this replay; the same arguments always return the same timeline.
    """
    workload = PretendWorkload(demand, world)
    flown = pilot(workload)
    desired = asyncio.run(_fly(workload, flown, progress))
    return _timeline(workload, np.array(desired, dtype=float), name=name, notes=flown.notes)


def replay_rival(
    demand: Demand, world: World, rival: Autoscaler, *, name: str, progress: Progress = lambda _: None
) -> Timeline:
    """Return what happens when a rival decides. A rival remembers: give each replay its own."""
    return replay(demand, world, lambda workload: AutoscalerPilot(workload, rival), name=name, progress=progress)


async def _fly(workload: PretendWorkload, pilot: Pilot, progress: Progress) -> list[int]:
    """Run the whole window on one event loop; return the replicas wanted at each tick."""
    desired = []
    while workload.tick < workload.end:
        desired.append(await pilot.steer())
        workload.serve()
        if len(desired) % PROGRESS_TICKS == 0:
            progress(PROGRESS_TICKS)
    progress(len(desired) % PROGRESS_TICKS)
    return desired


def _timeline(workload: PretendWorkload, desired: Values, *, name: str, notes: tuple[Note, ...]) -> Timeline:
    demand, world = workload.demand, workload.world
    evaluated = slice(demand.evaluated_from, None)
    rps, ready, backlog = demand.rps[evaluated], workload.ready[evaluated], workload.backlog[evaluated]
    p95, late = _service(workload, evaluated)
    return Timeline(
        policy=name,
        start=demand.at(demand.evaluated_from),
        tick=TICK,
        objective_ms=world.objective_seconds * 1000,
        demand_rps=rps,
        measured_rps=workload.measured_rps[evaluated],
        desired_replicas=desired,
        created_replicas=workload.created[evaluated],
        ready_replicas=ready,
        backlog=backlog,
        p95_ms=p95 * 1000,
        late_share=late,
        needed_replicas=needed_replicas(rps, world, speed=workload.speed[evaluated]),
        notes=notes,
    )


def _service(workload: PretendWorkload, ticks: slice) -> tuple[Values, Values]:
    """Return the p95 in seconds and the share of late requests; a refused one is never answered, so it is late."""
    refused, world, speed = workload.refused[ticks], workload.world, workload.speed[ticks]
    queue = (workload.demand.rps[ticks] * (1 - refused), workload.ready[ticks], workload.backlog[ticks])
    p95 = p95_latency(*queue, world=world, speed=speed)
    late = late_share(*queue, world=world, speed=speed)
    unanswered = world.service_time + OVERLOADED_OBJECTIVES * world.objective_seconds
    p95 = np.where(refused > PERCENTILE_MISSED, np.maximum(p95, unanswered), p95)
    return p95, refused + (1 - refused) * late
