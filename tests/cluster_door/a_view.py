"""A watch cache as a test writes it down."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScaleTargetRef, ScalingPolicy
from controller.cluster.hpas import HpaView
from controller.cluster.targets import TargetKey, TargetView

WEB = TargetView(
    key=TargetKey("shop", "apps", "Deployment", "web"),
    uid="u1",
    resource_version="1",
    spec_replicas=3,
    ready_replicas=3,
    rolling_out=False,
    selector="app=web",
)


@dataclass
class WrittenView:
    """Deployments of apps/v1 are watched, nothing else."""

    all_policies: tuple[ScalingPolicy, ...] = ()
    all_hpas: tuple[HpaView, ...] = ()
    all_targets: tuple[TargetView, ...] = (WEB,)

    def policies(self) -> Iterable[ScalingPolicy]:
        return self.all_policies

    def policy(self, key: ObjectKey) -> ScalingPolicy | None:
        return next((policy for policy in self.all_policies if policy.key == key), None)

    def hpas(self) -> Iterable[HpaView]:
        return self.all_hpas

    def watches(self, ref: ScaleTargetRef) -> bool:
        return (ref.api_version, ref.kind) == ("apps/v1", "Deployment")

    def target(self, namespace: str, ref: ScaleTargetRef) -> TargetView | None:
        return next((view for view in self.all_targets if view.key == TargetKey.of(namespace, ref)), None)

    def scaled(self, *, asked: int, ready: int) -> None:
        """Let the watch report these replicas of `web`."""
        self.all_targets = (replace(WEB, spec_replicas=asked, ready_replicas=ready),)
