"""A release: pods of another capacity, brought in by a rolling update."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from controller.simulation.pods import Template
from controller.simulation.variants.quantities import Factor
from controller.simulation.world import PretendWorkload, Variant

DEFAULT_SURGE = 0.25  # maxSurge of a Deployment; its maxUnavailable is taken as 0


@dataclass(frozen=True, slots=True)
class Release(Variant):
    """From `at` on, pods are made of a new template; those there are get replaced, a surge at a time."""

    at: datetime
    speed: Factor = 0.7
    """Capacity of a new pod as a share of the world's; its service time grows by as much."""
    surge: Annotated[float, Field(gt=0, le=1)] = DEFAULT_SURGE
    """Pods above the wanted number during the rollout, as a share of it."""

    def act(self, workload: PretendWorkload) -> None:
        """Go on with the rollout."""
        if workload.now < self.at:
            return
        workload.pods.adopt(Template((self.at - workload.demand.start).total_seconds(), self.speed))
        workload.pods.roll(self.surge, workload.seconds)
