"""Start-up load: pods use CPU while they start, and nothing of it is demand."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from controller.simulation.world import PretendWorkload, Variant


@dataclass(frozen=True, slots=True)
class StartUpLoad(Variant):
    """Every pod that is not Ready yet keeps `cores` busy."""

    cores: Annotated[float, Field(ge=0)] = 1.0

    def act(self, workload: PretendWorkload) -> None:
        """Add what is used in this tick."""
        starting = len(workload.pods) - workload.pods.ready(workload.seconds)
        workload.starting_cores[workload.tick] = self.cores * starting
