"""Who may act on a target: an HPA before any policy, and of several Active policies the oldest. Pure.

Only Active policies conflict; a policy that recommends works beside anything.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import Actuator, Mode, ScalingPolicy
from controller.cluster.hpas import HpaView
from controller.cluster.targets import TargetKey
from controller.scaling.observation import Obstacle
from controller.scaling.reasons import Reason

NEVER = datetime.max.replace(tzinfo=UTC)  # a policy that the API server did not store yet is the youngest of all


def find_owner_conflicts(
    policies: Iterable[ScalingPolicy], hpas: Iterable[HpaView], *, may_raise_floors: bool = False
) -> dict[ObjectKey, Obstacle]:
    """Return what keeps each Active policy from acting; a policy that may act is left out.

    `may_raise_floors` says whether the operator was given the right to patch HPAs.
    """
    active = [policy for policy in policies if policy.spec.mode is Mode.ACTIVE]
    owners: dict[TargetKey, ScalingPolicy] = {}
    for policy in sorted(active, key=_seniority):
        if policy.spec.actuator is not Actuator.METRIC:
            owners.setdefault(_target(policy), policy)
    of_targets = {hpa.target: hpa for hpa in hpas}
    conflicts = {
        policy.key: _beside_hpa(policy, of_targets.get(_target(policy)), may_raise_floors=may_raise_floors)
        or _beside_policy(policy, owners.get(_target(policy), policy))
        for policy in active
        if policy.spec.actuator is not Actuator.METRIC  # who writes nothing is in nobody's way
    }
    return {key: conflict for key, conflict in conflicts.items() if conflict}


def _beside_hpa(policy: ScalingPolicy, hpa: HpaView | None, *, may_raise_floors: bool) -> Obstacle | None:
    """Return what an HPA means to a policy: an owner of its target, or the one whose floor it raises."""
    target = _target(policy)
    workload = f"{target.kind} {target.name}"
    if policy.spec.actuator is Actuator.SCALE:
        if hpa is None:
            return None
        message = f"HorizontalPodAutoscaler {hpa.name} scales {workload}: delete it, or use actuator HPAMinReplicas"
        return Obstacle(Reason.TARGET_OWNED_BY_HPA, message)
    if hpa is None:
        message = f"no HorizontalPodAutoscaler scales {workload}: create one, or use actuator Scale"
        return Obstacle(Reason.HPA_NOT_FOUND, message)
    if hpa.controller:
        message = f"HorizontalPodAutoscaler {hpa.name} is made by {hpa.controller}: use actuator Metric"
        return Obstacle(Reason.HPA_NOT_OURS, message)
    if not may_raise_floors:
        message = "the operator may not patch HPAs: set hpaMinReplicas in the chart, or use another actuator"
        return Obstacle(Reason.ACTUATOR_NOT_GRANTED, message)
    return None


def _beside_policy(policy: ScalingPolicy, owner: ScalingPolicy) -> Obstacle | None:
    if owner.key == policy.key:
        return None
    target, older = _target(policy), f"the older Active ScalingPolicy {owner.key.name}"
    message = f"{older} scales {target.kind} {target.name}: keep one of the two Active"
    return Obstacle(Reason.TARGET_OWNED_BY_POLICY, message)


def _target(policy: ScalingPolicy) -> TargetKey:
    return TargetKey.of(policy.key.namespace, policy.spec.scale_target_ref)


def _seniority(policy: ScalingPolicy) -> tuple[datetime, str, ObjectKey]:
    return (policy.metadata.creation_timestamp or NEVER, policy.metadata.uid, policy.key)
