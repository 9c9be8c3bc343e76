"""Batch arrivals: work reaches a queue in lumps, as exports and nightly jobs send it."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from controller.simulation.demand import TICK, Demand
from controller.simulation.world import Variant


@dataclass(frozen=True, slots=True)
class Batches(Variant):
    """All that would arrive within `every` arrives in its first tick; the evaluated window begins with such a lump."""

    every: timedelta = timedelta(minutes=15)

    def arrivals(self, demand: Demand) -> Demand:
        """Return the demand in lumps; the amount of work stays."""
        ticks = self.every // TICK
        first = demand.evaluated_from % ticks
        starts = np.arange(first, len(demand.rps), ticks)
        lumps = np.zeros(len(demand.rps))
        lumps[starts] = np.add.reduceat(demand.rps, starts)
        lumps[:first] = demand.rps[:first]
        return replace(demand, rps=lumps)
