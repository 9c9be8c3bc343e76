"""What is known of a namespace's ResourceQuotas: plain data, read by the doors, shared out by pools.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from controller.api.scaling_policy import ScaleTargetRef


class Workload(NamedTuple):
    """What makes pods in a namespace: references with different versions of one API group mean the same."""

    group: str
    kind: str
    name: str

    @classmethod
    def of(cls, ref: ScaleTargetRef) -> Self:
        """Return the workload that a reference means."""
        return cls(ref.api_version.rpartition("/")[0], ref.kind, ref.name)


@dataclass(frozen=True, slots=True)
class Quota:
    """One resource of one ResourceQuota: what it allows, and what pods take of it that belong to no policy's target.

    In the resource's own unit: cores, bytes, pods.
    """

    name: str
    resource: str
    hard: float
    others: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one pod of a policy's target takes of each resource, and how many of its pods there are."""

    takes: Mapping[str, float]
    pods: int


@dataclass(frozen=True, slots=True)
class NamespaceQuotas:
    """The quotas of a namespace, and the footprints of all targets of its policies whose size is known."""

    quotas: tuple[Quota, ...]
    footprints: Mapping[Workload, Footprint]
