"""What pods take of what a ResourceQuota may name, reckoned as the API server reckons it. Pure.

Source: kubernetes.io/docs/concepts/workloads/pods/init-containers (resource sharing) and .../sidecar-containers.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field

from controller.api.fields import Quantity
from controller.cluster.pods import FINISHED, PodMeta, PodObject
from controller.cluster.wire import Wire, parse
from controller.errors import ClusterUnavailable
from controller.scaling.sharing.namespace_quotas import Workload

Amounts = dict[str, Quantity]
Kind = Literal["requests", "limits"]

ONE_POD = ("pods", "count/pods")
SHORT_NAMES = ("cpu", "memory", "ephemeral-storage")  # of requests
TEMPLATE_HASH = "pod-template-hash"  # the name of a Deployment's ReplicaSet ends in it
NAMES = 1024  # of resources, kept once for all pods
FINISHED_POD: Mapping[str, float] = {"count/pods": 1.0}  # what a pod takes that runs no more, and is still on record


class Resources(Wire):
    """What a container asks for, and may use."""

    requests: Amounts = Field(default_factory=dict)
    limits: Amounts = Field(default_factory=dict)

    def of(self, kind: Kind) -> Amounts:
        """Return its requests or its limits."""
        return self.requests if kind == "requests" else self.limits


class Container(Wire):
    """A container of a pod. An init container that is restarted always is a sidecar: it stays."""

    resources: Resources = Field(default_factory=Resources)
    restart_policy: str | None = None


class PodSpec(Wire):
    """What makes a pod as large as it is; resources of the pod itself stand for those of its containers."""

    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = ()
    overhead: Amounts = Field(default_factory=dict)
    resources: Resources = Field(default_factory=Resources)


class OwnerReference(Wire):
    """What made a pod."""

    api_version: str
    kind: str
    name: str
    controller: bool = False


class SizedPodMeta(PodMeta):
    """The metadata of a pod, with what made it."""

    labels: dict[str, str] = Field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()


class SizedPod(PodObject):
    """A pod with what it asks for."""

    metadata: SizedPodMeta
    spec: PodSpec

    @property
    def is_finished(self) -> bool:
        """True of a pod that runs no more, and is still on record."""
        return self.status.phase in FINISHED

    @property
    def workload(self) -> Workload | None:
        """What made it; its Deployment where it is one of a Deployment's ReplicaSet."""
        owner = next((each for each in self.metadata.owner_references if each.controller), None)
        if owner is None:
            return None
        group = owner.api_version.rpartition("/")[0]
        ending = f"-{self.metadata.labels.get(TEMPLATE_HASH, '')}"
        if (group, owner.kind) == ("apps", "ReplicaSet") and len(ending) > 1 and owner.name.endswith(ending):
            return Workload(group, "Deployment", owner.name.removesuffix(ending))
        return Workload(group, owner.kind, owner.name)


def taken_by(pod: PodSpec) -> Mapping[str, float]:
    """Return what a pod takes of each resource that a quota may name, in its own unit: cores, bytes, pods."""
    taken = dict.fromkeys(ONE_POD, 1.0)
    for kind in ("requests", "limits"):
        for resource in _named(pod, kind):
            amount = _amount(pod, kind, resource)
            for name in _names(kind, resource):
                taken[name] = amount
    return taken


def taken_by_template(raw: Mapping[str, Any]) -> Mapping[str, float]:
    """Return what a pod takes that a raw workload's template makes; nothing where the template makes no sense to us.

    What admission adds to pods, defaults of a LimitRange or containers, is not in it.
    """
    template = raw["spec"].get("template")
    try:
        return taken_by(parse(PodSpec, template.get("spec") if template else None, "a pod template"))
    except ClusterUnavailable:
        return {}


def is_taken_by_pods(resource: str) -> bool:
    """Tell whether pods may take of a resource that a quota names."""
    if resource in (*ONE_POD, *SHORT_NAMES):
        return True
    return resource.startswith(("requests.", "limits.", "hugepages-")) and resource != "requests.storage"


def _named(pod: PodSpec, kind: Kind) -> set[str]:
    resources = (pod.resources, *(each.resources for each in (*pod.containers, *pod.init_containers)))
    return {name for each in resources for name in each.of(kind)}


def _amount(pod: PodSpec, kind: Kind, resource: str) -> float:
    """Return the most that runs side by side: first the init containers one by one, then all that stay."""
    whole = pod.resources.of(kind).get(resource)
    return pod.overhead.get(resource, 0.0) + (_side_by_side(pod, kind, resource) if whole is None else whole)


def _side_by_side(pod: PodSpec, kind: Kind, resource: str) -> float:
    most = sidecars = 0.0
    for container in pod.init_containers:
        each = container.resources.of(kind).get(resource, 0.0)
        most = max(most, sidecars + each)
        sidecars += each if container.restart_policy == "Always" else 0.0
    return max(most, sidecars + sum(each.resources.of(kind).get(resource, 0.0) for each in pod.containers))


@lru_cache(NAMES)
def _names(kind: Kind, resource: str) -> tuple[str, ...]:
    return (f"{kind}.{resource}", resource) if kind == "requests" else (f"{kind}.{resource}",)
