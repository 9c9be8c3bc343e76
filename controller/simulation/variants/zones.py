"""Zones: pods are spread over a few of them, and a whole zone can go at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from controller.simulation.demand import TICK
from controller.simulation.world import PretendWorkload, Variant


@dataclass(frozen=True, slots=True)
class ZoneLoss(Variant):
    """At `at` every pod of one zone is gone; as many are created anew at once, in what is left."""

    at: datetime
    zones: Annotated[int, Field(ge=2)] = 3
    """How many there are; pods are spread over them in the order of creation."""

    def act(self, workload: PretendWorkload) -> None:
        """Lose the pods of the first zone."""
        if self.at - TICK < workload.now <= self.at:
            workload.pods.lose(lambda pod: pod.number % self.zones == 0, workload.seconds)
