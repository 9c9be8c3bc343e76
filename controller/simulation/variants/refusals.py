"""Refusals: a workload that sheds load answers part of the requests with an error while its queue is long."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from controller.simulation.variants.quantities import Share
from controller.simulation.world import PretendWorkload, Variant


@dataclass(frozen=True, slots=True)
class Refusals(Variant):
    """While more than `longest_queue` requests wait, a share of those that arrive is refused."""

    longest_queue: Annotated[float, Field(ge=0)]
    share: Share = 1.0

    def act(self, workload: PretendWorkload) -> None:
        """Refuse this tick's share."""
        if workload.waiting > self.longest_queue:
            workload.refused[workload.tick] = self.share
