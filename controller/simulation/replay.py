"""Replay: one policy steers the pretend workload through the evaluated window; what happened comes out as a Timeline.

Who steers is a Pilot: ours.py is the real cycle, any rival is an Autoscaler. All of them meet the same world.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import numpy as np

from controller.scaling.timeline import Note, Timeline
from controller.simulation.demand import TICK, Demand
from controller.simulation.latency import late_share, needed_replicas, p95_latency
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
        """Ask the rival and resize the workload at once."""
        replicas = self._autoscaler.decide(self._workload.view())
        self._workload.resize(replicas)
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
        p95_ms=p95_latency(rps, ready, backlog, world=world) * 1000,
        late_share=late_share(rps, ready, backlog, world=world),
        needed_replicas=needed_replicas(rps, world),
        notes=notes,
    )
