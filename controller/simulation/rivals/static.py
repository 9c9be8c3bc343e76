"""Static: as many replicas as a quantile of the past needs, whatever comes. What a team without an autoscaler runs."""

import numpy as np

from controller.scaling.capacity import replicas_for
from controller.simulation.world import View, World, metric_means


class Static:
    """The fewest replicas that keep the objective at a quantile of the rates known at its first decision.

    With nothing known it keeps the replicas that it finds.
    """

    def __init__(self, quantile: float, world: World) -> None:
        self._quantile, self._world = quantile, world
        self._replicas: int | None = None

    def decide(self, view: View) -> int:
        """Return the replicas wanted always."""
        if self._replicas is None:
            self._replicas = self._sized(view)
        return self._replicas

    def _sized(self, view: View) -> int:
        rates = metric_means(view.past_rps)
        rates = rates[~np.isnan(rates)]
        if not len(rates):
            return view.created
        world = self._world
        needed = replicas_for(float(np.quantile(rates, self._quantile)), world.pod, world.objective)
        return min(max(needed, world.min_replicas), world.max_replicas)
