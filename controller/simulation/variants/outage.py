"""An outage in front of the workload: most requests do not arrive, part of the rest fails, then clients retry."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from controller.simulation.demand import TICK, Demand
from controller.simulation.variants.quantities import Factor, Length, Share
from controller.simulation.world import PretendWorkload, Variant


@dataclass(frozen=True, slots=True)
class Outage(Variant):
    """From `begin` on, for `length`, a share of the usual demand is lost; a retry storm follows."""

    begin: datetime
    length: Length = timedelta(minutes=20)
    lost: Share = 0.9
    """Share of the usual demand that does not arrive."""
    errors: Share = 0.5
    """Share of the requests that do arrive which are answered with an error."""
    storm: Factor = 1.5
    """Demand after the outage, times the usual one."""
    storm_length: Length = timedelta(minutes=10)

    @property
    def end(self) -> datetime:
        """When demand comes back."""
        return self.begin + self.length

    def arrivals(self, demand: Demand) -> Demand:
        """Return the demand with the dip and the storm."""
        factors = np.ones(len(demand.rps))
        factors[demand.ticks(self.begin, self.end)] = 1 - self.lost
        factors[demand.ticks(self.end, self.end + self.storm_length)] = self.storm
        return replace(demand, rps=demand.rps * factors)

    def act(self, workload: PretendWorkload) -> None:
        """Let requests fail during the outage; that is not the workload's fault, and costs it no capacity."""
        if self.begin - TICK < workload.now < self.end:
            workload.failed[workload.tick] = self.errors
