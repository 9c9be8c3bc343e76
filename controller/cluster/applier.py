"""Writes patches: of each one the status first, then the scale, then the event; many at once, none stops another.

Status first makes it the intent: a process that dies after it finds its own decision there, and proposes the same
count again. Then nothing is applied twice, and nothing is forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from controller.api.metadata import ObjectKey
from controller.cluster.client import KubernetesClient
from controller.cluster.discovery import Discovery
from controller.cluster.events import EventRecorder
from controller.cluster.hpas import write_floor
from controller.cluster.parallel import in_parallel
from controller.cluster.scale import write_scale
from controller.cluster.status import apply_policy_status
from controller.cluster.view import ClusterView
from controller.errors import ClusterUnavailable, NotFound
from controller.scaling.publishing.patch import FloorChange, Patch, dump


class Step(StrEnum):
    """The parts of a patch, in the order they are written."""

    STATUS = "status"
    SCALE = "scale"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one patch: the steps that were written, and the error that ended it early."""

    patch: Patch
    written: tuple[Step, ...]
    error: ClusterUnavailable | None = None


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies patches, and tells `on_outcome` what became of each."""

    client: KubernetesClient
    view: ClusterView
    discovery: Discovery
    events: EventRecorder
    clock: Callable[[], datetime]
    on_outcome: Callable[[Outcome], None]

    async def apply(self, patches: Sequence[Patch]) -> None:
        """Write each patch; what fails is in its outcome, and is left to the next sweep."""
        await in_parallel([patch for patch in patches if not patch.is_empty], self._apply_one)

    async def _apply_one(self, patch: Patch) -> None:
        written: list[Step] = []
        error: ClusterUnavailable | None = None
        try:
            for step, write in ((Step.STATUS, self._status), (Step.SCALE, self._scale), (Step.EVENT, self._event)):
                if await write(patch):
                    written.append(step)
        except ClusterUnavailable as failed:
            error = failed
        self.on_outcome(Outcome(patch, tuple(written), error))

    async def _status(self, patch: Patch) -> bool:
        if patch.status is None:
            return False
        await apply_policy_status(self.client, patch.policy, dump(patch.status))
        return True

    async def _scale(self, patch: Patch) -> bool:
        if patch.scale is None:
            return False
        if isinstance(patch.scale, FloorChange):
            await self._floor(patch.policy, patch.scale)
            return True
        resource = await self.discovery.resource_of(patch.scale.target)
        address = resource.at(patch.policy.namespace, patch.scale.target.name, subresource="scale")
        await write_scale(self.client, address, patch.scale)
        return True

    async def _floor(self, policy: ObjectKey, change: FloorChange) -> None:
        hpas = (hpa for hpa in self.view.hpas() if (hpa.namespace, hpa.name) == (policy.namespace, change.hpa))
        hpa = next(hpas, None)
        if hpa is None:
            raise NotFound(f"HorizontalPodAutoscaler {policy.namespace}/{change.hpa} is gone")
        await write_floor(self.client, policy, hpa, change)

    async def _event(self, patch: Patch) -> bool:
        policy = self.view.policy(patch.policy)
        if patch.event is None or policy is None:  # an event about a policy that is gone says nothing to anybody
            return False
        await self.events.record(policy, patch.event, self.clock())
        return True
