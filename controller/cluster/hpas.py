"""HorizontalPodAutoscalers: how the watch shows one, and how its floor is raised, lowered and given back.

The floor that its owner set is kept in an annotation on the HPA itself, so that it can be given back by whoever finds
it there: a policy that is deleted has no finalizer, and may be gone together with its status.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import Actuator, Mode, ScalingPolicy
from controller.cluster.address import HPAS
from controller.cluster.client import KubernetesClient
from controller.cluster.managed_fields import ManagedMeta, written_by
from controller.cluster.targets import TargetKey, group_of
from controller.cluster.wire import Wire, parse
from controller.errors import ClusterUnavailable, Conflict
from controller.scaling.observation import Written
from controller.scaling.publishing.patch import FloorChange

RAISED = "headroom.dev/raised-floor"
RAISED_PATH = "/metadata/annotations/headroom.dev~1raised-floor"  # as a JSON pointer writes it
ANNOTATIONS, FLOOR = "/metadata/annotations", "/spec/minReplicas"

Bound = Annotated[int, Field(strict=True, ge=0)]
Operations = tuple[Mapping[str, Any], ...]


class RaisedFloor(Wire):
    """What the annotation holds: the floor that the owner set, the one it was raised to, and by which policy."""

    original: Annotated[int, Field(ge=1)]
    raised: Annotated[int, Field(ge=1)]
    policy: str


@dataclass(frozen=True, slots=True)
class HpaView:
    """What Headroom keeps of a HorizontalPodAutoscaler.

    `controller` is whose object it is (a ScaledObject's), where it has such an owner; `written` who set the floor.
    """

    namespace: str
    name: str
    target: TargetKey
    min_replicas: int = 1
    max_replicas: int = 1
    controller: str = ""
    annotated: bool = False
    raised: RaisedFloor | None = None
    written: Written | None = None

    @property
    def original_floor(self) -> int:
        """The floor to give back. Whoever set another one meanwhile meant that one."""
        mine = self.raised is not None and self.raised.raised == self.min_replicas
        return self.raised.original if self.raised and mine else self.min_replicas


class OwnerReference(Wire):
    """Whose object this is."""

    kind: str
    name: str
    controller: bool | None = None


class HpaMeta(ManagedMeta):
    """Metadata of an HPA."""

    annotations: Mapping[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()


class HpaTarget(Wire):
    """An HPA's scaleTargetRef; its apiVersion may be empty."""

    api_version: str = ""
    kind: str
    name: str


class HpaSpec(Wire):
    """Spec of an HPA. The API server fills in a floor that is left out."""

    scale_target_ref: HpaTarget
    min_replicas: Bound = 1
    max_replicas: Bound = 1


class HpaObject(Wire):
    """autoscaling/v2 HorizontalPodAutoscaler."""

    metadata: HpaMeta
    spec: HpaSpec


def project_hpa(raw: Mapping[str, Any]) -> HpaView:
    """Return the slim view of a raw HPA; ClusterUnavailable where it makes no sense."""
    hpa = parse(HpaObject, raw, "a watched HorizontalPodAutoscaler")
    meta, ref = hpa.metadata, hpa.spec.scale_target_ref
    return HpaView(
        meta.namespace,
        meta.name,
        TargetKey(meta.namespace, group_of(ref.api_version), ref.kind, ref.name),
        hpa.spec.min_replicas,
        hpa.spec.max_replicas,
        controller=next((f"{each.kind} {each.name}" for each in meta.owner_references if each.controller), ""),
        annotated=bool(meta.annotations),
        raised=_read_annotation(meta.annotations.get(RAISED)),
        written=written_by(meta.managed_fields, "spec", "minReplicas"),
    )


def forgotten_floors(
    policies: Iterable[ScalingPolicy], unreadable: Iterable[ObjectKey], hpas: Iterable[HpaView]
) -> tuple[HpaView, ...]:
    """Return the HPAs with a raised floor that no policy holds any more. One that cannot be read may hold its own."""
    held = {
        TargetKey.of(policy.key.namespace, policy.spec.scale_target_ref)
        for policy in policies
        if policy.spec.mode is Mode.ACTIVE and policy.spec.actuator is Actuator.HPA_MIN_REPLICAS
    }
    unknown = set(unreadable)
    return tuple(
        hpa
        for hpa in hpas
        if hpa.raised and hpa.target not in held and ObjectKey(hpa.namespace, hpa.raised.policy) not in unknown
    )


async def write_floor(client: KubernetesClient, policy: ObjectKey, hpa: HpaView, change: FloorChange) -> None:
    """Change the floor, provided it is still what was seen; Conflict where somebody else changed it meanwhile."""
    raised = RaisedFloor(original=change.original, raised=change.to_replicas, policy=policy.name)
    keep = () if change.to_replicas == change.original else _annotate(hpa, raised)
    drop = _drop_annotation(hpa) if change.to_replicas == change.original else ()
    await _patch(client, hpa, (*_replace_floor(change.from_replicas, change.to_replicas), *keep, *drop))


async def give_back_floor(client: KubernetesClient, hpa: HpaView) -> None:
    """Set the floor that its owner set, and take our annotation away; a floor that he changed since stays."""
    original = hpa.original_floor
    floor = _replace_floor(hpa.min_replicas, original) if original != hpa.min_replicas else ()
    await _patch(client, hpa, (*floor, *_drop_annotation(hpa)))


def _replace_floor(before: int, after: int) -> Operations:
    return ({"op": "test", "path": FLOOR, "value": before}, {"op": "replace", "path": FLOOR, "value": after})


def _annotate(hpa: HpaView, raised: RaisedFloor) -> Operations:
    empty = () if hpa.annotated else ({"op": "add", "path": ANNOTATIONS, "value": {}},)
    return (*empty, {"op": "add", "path": RAISED_PATH, "value": raised.model_dump_json(by_alias=True)})


def _drop_annotation(hpa: HpaView) -> Operations:
    return ({"op": "remove", "path": RAISED_PATH},) if hpa.raised else ()


async def _patch(client: KubernetesClient, hpa: HpaView, operations: Sequence[Mapping[str, Any]]) -> None:
    address = HPAS.at(hpa.namespace, hpa.name)
    try:
        await client.patch_json(address, operations)
    except Conflict as conflict:
        raise Conflict(f"the floor of {address} was not changed: somebody else changed it first") from conflict


def _read_annotation(text: str | None) -> RaisedFloor | None:
    """Return what was raised; None for what is not our writing, since nobody knows then what to give back."""
    try:
        return parse(RaisedFloor, json.loads(text), RAISED) if text else None
    except (ValueError, ClusterUnavailable):
        return None
