"""Batch arrivals: work reaches a queue in lumps, as exports and nightly jobs send it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

import numpy as np
from pydantic import Field

from controller.simulation.demand import TICK, Demand
from controller.simulation.variants.quantities import Length, Share
from controller.simulation.world import Variant


@dataclass(frozen=True, slots=True)
class Batches(Variant):
    """What would arrive within `every` arrives in one tick; the first such time begins with the evaluated window."""

    every: Length = timedelta(minutes=15)
    share: Share = 1.0
    """How much of the work comes in lumps; the rest arrives as it would."""
    latest: Annotated[timedelta, Field(ge=timedelta(0))] = timedelta(0)
    """A lump comes between the begin of its time and this much later; the draw is the same for a seed."""
    seed: Annotated[int, Field(ge=0)] = 1

    def arrivals(self, demand: Demand) -> Demand:
        """Return the demand with its lumps; the amount of work stays."""
        ticks = self.every // TICK
        begins = np.arange(demand.evaluated_from % ticks, len(demand.rps), ticks)
        late = np.random.default_rng(self.seed).integers(0, self.latest // TICK, len(begins), endpoint=True)
        lumps = np.minimum(begins + late, len(demand.rps) - 1)
        rps = demand.rps.copy()
        rps[begins[0] :] *= 1 - self.share
        rps[lumps] += np.add.reduceat(demand.rps, begins) * self.share
        return replace(demand, rps=rps)
