"""A blackout: for a while nothing, or only part of it, is measured. The workload itself goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.simulation.demand import Demand
from controller.simulation.variants.quantities import Length
from controller.simulation.world import Variant


@dataclass(frozen=True, slots=True)
class Blackout(Variant):
    """From `begin` on, for `length`, there are no samples; they do not come later either."""

    begin: datetime
    length: Length = timedelta(minutes=20)
    presets: frozenset[str] = frozenset()
    """The presets that are not measured; none named means no metric at all."""

    def unmeasured(self, demand: Demand, preset: str) -> slice:
        """Return the ticks of the blackout where it concerns the preset."""
        if self.presets and preset not in self.presets:
            return slice(0, 0)
        return demand.ticks(self.begin, self.begin + self.length)
