"""ResourceQuotas as a limit: how many replicas of a target its namespace has room for. Read once a day for a policy.

What its policies share out of them, each minute, quota_usage.py reads.

What one more replica takes is read from a pod that runs, as admission has completed it: defaults of a LimitRange are in
it. Quotas with scopes count only some pods; which, is not guessed, so they are left out.
"""

import math
from collections.abc import Mapping

from pydantic import Field

from controller.api.metadata import ObjectMeta
from controller.cluster.address import PODS, RESOURCE_QUOTAS
from controller.cluster.client import KubernetesClient, Raw
from controller.cluster.pod_sizes import Amounts, SizedPod, taken_by
from controller.cluster.targets import TargetView
from controller.cluster.wire import Wire, parse
from controller.scaling.planning.outlook import Limit

ROUNDING = 1e-9  # keeps room for exactly ten from becoming nine


class QuotaSpec(Wire):
    """Which pods a quota counts; all of them where it has no scopes."""

    scopes: tuple[str, ...] | None = None
    scope_selector: Mapping[str, object] | None = None


class QuotaStatus(Wire):
    """What a quota allows, and what is used of it."""

    hard: Amounts = Field(default_factory=dict)
    used: Amounts = Field(default_factory=dict)


class Quota(Wire):
    """A ResourceQuota."""

    metadata: ObjectMeta
    spec: QuotaSpec = QuotaSpec()
    status: QuotaStatus = QuotaStatus()

    @property
    def counts_all_pods(self) -> bool:
        """False where it has scopes."""
        return not self.spec.scopes and not self.spec.scope_selector


async def quota_limit(client: KubernetesClient, target: TargetView) -> Limit | None:
    """Return the replicas that the tightest quota of a target's namespace has room for; None where none limits it.

    Forbidden and ClusterUnavailable say why it cannot be told.
    """
    raw_quotas = await client.list_objects(RESOURCE_QUOTAS.at(target.key.namespace))
    if not raw_quotas or not target.selector:
        return None
    pods = await client.list_objects(PODS.at(target.key.namespace), label_selector=target.selector)
    sized = (parse(SizedPod, raw, "a pod") for raw in pods)
    pod = next((each for each in sized if each.counts), None)
    return None if pod is None else _tightest(raw_quotas, taken_by(pod.spec), target.spec_replicas)


def _tightest(raw_quotas: tuple[Raw, ...], taken: Mapping[str, float], replicas: int) -> Limit | None:
    limits = [
        Limit("ResourceQuota", replicas + _room(quota, resource, each), f"ResourceQuota {quota.metadata.name}")
        for quota in (parse(Quota, raw, "a ResourceQuota") for raw in raw_quotas)
        if quota.counts_all_pods
        for resource, each in taken.items()
        if resource in quota.status.hard and each > 0
    ]
    return min(limits, key=lambda limit: limit.replicas, default=None)


def _room(quota: Quota, resource: str, each: float) -> int:
    left = quota.status.hard[resource] - quota.status.used.get(resource, 0.0)
    return math.floor(max(left, 0.0) / each + ROUNDING)
