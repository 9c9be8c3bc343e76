"""Patch: what a decision writes, as plain data. Who writes it, and how, is the cluster door's business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScaleTargetRef


@dataclass(frozen=True, slots=True)
class ScaleChange:
    """Change the target's replicas, provided they are still `from_replicas`."""

    target: ScaleTargetRef
    from_replicas: int
    to_replicas: int


@dataclass(frozen=True, slots=True)
class EventNote:
    """A Kubernetes Event to post on the policy; posted once a change of reason."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """Everything one decision writes, in this order: status (the intent), scale, event. None: nothing to write."""

    policy: ObjectKey
    status: Mapping[str, Any] | None = None
    scale: ScaleChange | None = None
    event: EventNote | None = None

    @property
    def is_empty(self) -> bool:
        """True where nothing is to be written."""
        return self.status is None and self.scale is None and self.event is None
