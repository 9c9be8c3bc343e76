"""What the operator says: the status of a policy or source, and ForecastReports. Written by server-side apply.

Server-side apply removes what we said before and no longer say, and never touches what others say. Whether something
changed since it was last said is known to the caller, who does not come here when nothing did.
"""

from collections.abc import Mapping
from typing import Any

from controller.api.forecast_report import ForecastReport
from controller.api.metadata import API_VERSION, Condition, ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.address import FORECAST_REPORTS, METRICS_SOURCES, SCALING_POLICIES
from controller.cluster.client import KubernetesClient
from controller.errors import InputRefused

Status = Mapping[str, Any]


async def apply_policy_status(client: KubernetesClient, policy: ObjectKey, status: Status) -> None:
    """Make `status` (camelCase, JSON values) what the operator says about the policy; NotFound once it is deleted."""
    body = _object("ScalingPolicy", policy, {"status": dict(status)})
    await client.apply(SCALING_POLICIES.at(policy.namespace, policy.name, subresource="status"), body)


async def apply_source_status(client: KubernetesClient, name: str, condition: Condition) -> None:
    """Make `condition` what the operator says about a MetricsSource; NotFound once it is deleted."""
    said = {"conditions": [condition.model_dump(mode="json", by_alias=True)]}
    body = _object("MetricsSource", ObjectKey("", name), {"status": said})
    await client.apply(METRICS_SOURCES.at("", name, subresource="status"), body)


async def apply_report(client: KubernetesClient, report: ForecastReport, owner: ScalingPolicy) -> None:
    """Create or update the report, owned by its policy so that it goes when the policy goes; then its status."""
    if not owner.metadata.uid:
        raise InputRefused(f"policy {owner.key} has no uid: only a policy read from the API server can own a report")
    key = report.key
    said = report.model_dump(mode="json", by_alias=True, exclude_none=True, include={"spec", "status"})
    metadata = {"ownerReferences": [_controlled_by(owner)]}
    spec = _object("ForecastReport", key, {"spec": said["spec"]}, metadata)
    await client.apply(FORECAST_REPORTS.at(key.namespace, key.name), spec)
    status = _object("ForecastReport", key, {"status": said["status"]})
    await client.apply(FORECAST_REPORTS.at(key.namespace, key.name, subresource="status"), status)


def _controlled_by(owner: ScalingPolicy) -> dict[str, Any]:
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.key.name,
        "uid": owner.metadata.uid,
        "controller": True,
    }


def _object(kind: str, key: ObjectKey, said: Status, metadata: Status | None = None) -> dict[str, Any]:
    scope = {"namespace": key.namespace} if key.namespace else {}
    named = {"name": key.name, **scope, **(metadata or {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": named, **said}
