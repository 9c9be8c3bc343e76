"""What the door asks of the live operator's watch cache. The cache itself is the live operator's."""

from collections.abc import Iterable
from typing import Protocol

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScaleTargetRef, ScalingPolicy
from controller.cluster.hpas import HpaView
from controller.cluster.targets import TargetView


class ClusterView(Protocol):
    """A cache of watched objects; complete (every list has arrived once) before anybody asks it."""

    def policies(self) -> Iterable[ScalingPolicy]:
        """Return every valid ScalingPolicy of the cluster: ownership looks beyond one batch."""
        ...

    def policy(self, key: ObjectKey) -> ScalingPolicy | None:
        """Return one policy, if it is still there."""
        ...

    def hpas(self) -> Iterable[HpaView]:
        """Return every HorizontalPodAutoscaler."""
        ...

    def watches(self, ref: ScaleTargetRef) -> bool:
        """Tell whether targets of this apiVersion and kind are watched; the others are asked for one by one."""
        ...

    def target(self, namespace: str, ref: ScaleTargetRef) -> TargetView | None:
        """Return a watched target; None where there is none of that name."""
        ...
