"""Who may act on a target: an HPA before any policy, and of several Active policies the oldest. Pure.

Only Active policies conflict; a policy that recommends works beside anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controller.api.metadata import ObjectKey, ObjectMeta
from controller.api.scaling_policy import Mode, ScalingPolicy
from controller.cluster.targets import TargetKey, group_of
from controller.cluster.wire import Wire, parse
from controller.scaling.observation import Obstacle
from controller.scaling.reasons import Reason

NEVER = datetime.max.replace(tzinfo=UTC)  # a policy that the API server did not store yet is the youngest of all


@dataclass(frozen=True, slots=True)
class HpaView:
    """What Headroom keeps of a HorizontalPodAutoscaler: its name, and which target it scales."""

    namespace: str
    name: str
    target: TargetKey


class HpaTarget(Wire):
    """An HPA's scaleTargetRef; its apiVersion may be empty."""

    api_version: str = ""
    kind: str
    name: str


class HpaSpec(Wire):
    """Spec of an HPA."""

    scale_target_ref: HpaTarget


class HpaObject(Wire):
    """autoscaling/v2 HorizontalPodAutoscaler."""

    metadata: ObjectMeta
    spec: HpaSpec


def project_hpa(raw: Mapping[str, Any]) -> HpaView:
    """Return the slim view of a raw HPA; ClusterUnavailable where it makes no sense."""
    hpa = parse(HpaObject, raw, "a watched HorizontalPodAutoscaler")
    meta, ref = hpa.metadata, hpa.spec.scale_target_ref
    target = TargetKey(meta.namespace, group_of(ref.api_version), ref.kind, ref.name)
    return HpaView(meta.namespace, meta.name, target)


def find_owner_conflicts(policies: Iterable[ScalingPolicy], hpas: Iterable[HpaView]) -> dict[ObjectKey, Obstacle]:
    """Return what keeps each Active policy from acting; a policy that may act is left out."""
    active = [policy for policy in policies if policy.spec.mode is Mode.ACTIVE]
    owners: dict[TargetKey, ScalingPolicy] = {}
    for policy in sorted(active, key=_seniority):
        owners.setdefault(_target(policy), policy)
    hpa_names = {hpa.target: hpa.name for hpa in hpas}
    conflicts = {policy.key: _conflict(policy, owners[_target(policy)], hpa_names) for policy in active}
    return {key: conflict for key, conflict in conflicts.items() if conflict}


def _conflict(policy: ScalingPolicy, owner: ScalingPolicy, hpa_names: Mapping[TargetKey, str]) -> Obstacle | None:
    target = _target(policy)
    workload = f"{target.kind} {target.name}"
    if target in hpa_names:
        message = f"HorizontalPodAutoscaler {hpa_names[target]} scales {workload}: delete it, or set mode Recommend"
        return Obstacle(Reason.TARGET_OWNED_BY_HPA, message)
    if owner.key != policy.key:
        message = f"the older Active ScalingPolicy {owner.key.name} scales {workload}: keep one of the two Active"
        return Obstacle(Reason.TARGET_OWNED_BY_POLICY, message)
    return None


def _target(policy: ScalingPolicy) -> TargetKey:
    return TargetKey.of(policy.key.namespace, policy.spec.scale_target_ref)


def _seniority(policy: ScalingPolicy) -> tuple[datetime, str, ObjectKey]:
    return (policy.metadata.creation_timestamp or NEVER, policy.metadata.uid, policy.key)
