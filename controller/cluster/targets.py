"""Scale targets as the watch shows them: a slim projection of Deployments and StatefulSets. Pure.

The watch itself is the live operator's; targets of other kinds are read through `/scale` (scale.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from controller.api.scaling_policy import ScaleTargetRef
from controller.cluster.managed_fields import ManagedMeta, written_by
from controller.cluster.pod_sizes import taken_by_template
from controller.cluster.selector import LabelSelector
from controller.cluster.wire import Count, Wire, parse
from controller.scaling.observation import Written

PROJECTED = frozenset({("apps", "Deployment"), ("apps", "StatefulSet")})  # group and kind
DEPLOYMENT_REVISION = "deployment.kubernetes.io/revision"  # counts up with every template, back to an older one too
ON_DELETE = "OnDelete"  # pods of a StatefulSet change when somebody deletes them: nothing rolls by itself


class TargetKey(NamedTuple):
    """Which workload: two references with different versions of one API group mean the same."""

    namespace: str
    group: str
    kind: str
    name: str

    @classmethod
    def of(cls, namespace: str, ref: ScaleTargetRef) -> "TargetKey":
        """Return the workload that a reference in `namespace` means."""
        return cls(namespace, group_of(ref.api_version), ref.kind, ref.name)


def group_of(api_version: str) -> str:
    """Return the API group; empty for the core group."""
    return api_version.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class TargetView:
    """What Headroom keeps of one watched workload."""

    key: TargetKey
    uid: str
    resource_version: str
    spec_replicas: int
    ready_replicas: int
    rolling_out: bool
    selector: str
    revision: str = ""
    """The template pods are made from; empty while the cluster does not name it."""
    written: Written | None = None
    """Who asked for these replicas; None where nobody is on record."""
    takes: Mapping[str, float] = field(default_factory=dict)
    """What a pod of its template takes of each resource that a quota may name; empty where that is not known."""

    @property
    def in_flight(self) -> bool:
        """True while replicas are asked for that are not Ready."""
        return self.spec_replicas > self.ready_replicas


class RollingUpdate(Wire):
    """Of a StatefulSet: pods below `partition` keep the old template until somebody lowers it."""

    partition: Count | None = None


class UpdateStrategy(Wire):
    """How a StatefulSet moves to a new template."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class WorkloadSpec(Wire):
    """Spec of a Deployment or StatefulSet. The API server always fills in replicas: its absence is an error."""

    replicas: Count
    selector: LabelSelector
    update_strategy: UpdateStrategy = UpdateStrategy()


class WorkloadStatus(Wire):
    """Status of a Deployment or StatefulSet. The API server leaves out counts that are 0."""

    observed_generation: Count = 0
    replicas: Count = 0
    ready_replicas: Count = 0
    updated_replicas: Count = 0
    update_revision: str = ""


class WorkloadMeta(ManagedMeta):
    """Metadata of a Deployment or StatefulSet; the annotations of a Deployment hold its revision."""

    annotations: Mapping[str, str] = {}


class Workload(Wire):
    """A Deployment or StatefulSet."""

    api_version: str
    kind: str
    metadata: WorkloadMeta
    spec: WorkloadSpec
    status: WorkloadStatus = WorkloadStatus()


def project_target(raw: Mapping[str, Any]) -> TargetView:
    """Return the slim view of a raw Deployment or StatefulSet; ClusterUnavailable where it makes no sense."""
    workload = parse(Workload, raw, "a watched workload")
    meta = workload.metadata
    return TargetView(
        key=TargetKey(meta.namespace, group_of(workload.api_version), workload.kind, meta.name),
        uid=meta.uid,
        resource_version=meta.resource_version,
        spec_replicas=workload.spec.replicas,
        ready_replicas=workload.status.ready_replicas,
        rolling_out=_is_rolling_out(workload),
        selector=str(workload.spec.selector),
        revision=workload.status.update_revision or meta.annotations.get(DEPLOYMENT_REVISION, ""),
        written=written_by(meta.managed_fields, "spec", "replicas"),
        takes=taken_by_template(raw),
    )


def _is_rolling_out(workload: Workload) -> bool:
    """Tell whether pods of an older template remain, or may: a status about an older spec cannot say that none do."""
    strategy, status = workload.spec.update_strategy, workload.status
    if strategy.type == ON_DELETE:
        return False
    kept = strategy.rolling_update.partition or 0 if strategy.rolling_update else 0
    return status.observed_generation < workload.metadata.generation or status.updated_replicas < status.replicas - kept
