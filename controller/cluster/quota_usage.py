"""The ResourceQuotas of a namespace that may run short, and what its pods take of them, summed over one list of pods.

The sum is made here, not taken from a quota's status: pods that a target has lost already are then no longer its own,
and none of somebody else's either. Quotas with scopes are left out, as in quotas.py.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from controller.cluster.address import PODS
from controller.cluster.client import KubernetesClient, Raw
from controller.cluster.pod_sizes import FINISHED_POD, SizedPod, is_taken_by_pods, taken_by
from controller.cluster.quotas import Quota
from controller.cluster.wire import parse
from controller.scaling.sharing import namespace_quotas as known
from controller.scaling.sharing.namespace_quotas import Footprint, NamespaceQuotas, Workload

# Of a quota. Below it a namespace may double what runs until somebody looks again, so its pods need not be listed.
HALF_FULL = 0.5
BREATH = 500  # pods read before whoever shares the event loop gets a turn: some 25 ms

Sizes = Mapping[Workload, Mapping[str, float]]


async def read_namespace(
    client: KubernetesClient, namespace: str, raw_quotas: Iterable[Raw], templates: Sizes
) -> NamespaceQuotas | None:
    """Return what is known of a namespace's quotas; None where none of them may run short soon.

    `templates` are the targets of its policies, and what a pod of their templates takes. ClusterUnavailable says why
    it cannot be told.
    """
    parsed = (parse(Quota, raw, "a ResourceQuota") for raw in raw_quotas)
    quotas = [quota for quota in parsed if quota.counts_all_pods]
    if not any(map(_may_run_short, quotas)):
        return None
    pods = []
    for number, raw in enumerate(await client.list_objects(PODS.at(namespace))):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        pods.append(parse(SizedPod, raw, "a pod"))
    return used_by(pods, quotas, templates)


def used_by(pods: Sequence[SizedPod], quotas: Iterable[Quota], templates: Sizes) -> NamespaceQuotas:
    """Return what pods take: those of targets by the newest of each, or by its template, all others together."""
    theirs = [pod for pod in pods if pod.is_finished or pod.workload not in templates]
    ours = [pod for pod in pods if pod.counts and pod.workload in templates]
    others: dict[str, float] = {}
    for pod in theirs:
        for resource, amount in (FINISHED_POD if pod.is_finished else taken_by(pod.spec)).items():
            others[resource] = others.get(resource, 0.0) + amount
    shared = tuple(
        known.Quota(quota.metadata.name, resource, hard, others.get(resource, 0.0))
        for quota in quotas
        for resource, hard in sorted(quota.status.hard.items())
        if is_taken_by_pods(resource)
    )
    return NamespaceQuotas(shared, _footprints(ours, templates))


def _footprints(pods: Iterable[SizedPod], templates: Sizes) -> Mapping[Workload, Footprint]:
    """Return what one pod takes, and how many there are; of targets whose size is known."""
    of_target: dict[Workload | None, list[SizedPod]] = {}
    for pod in sorted(pods, key=lambda each: each.metadata.creation_timestamp):
        of_target.setdefault(pod.workload, []).append(pod)
    running = {target: of_target.get(target, []) for target in templates}
    sizes = {target: taken_by(pods[-1].spec) if pods else templates[target] for target, pods in running.items()}
    return {target: Footprint(size, len(running[target])) for target, size in sizes.items() if size}


def _may_run_short(quota: Quota) -> bool:
    """Tell whether it is half full, or nobody has told yet how full it is."""
    used = quota.status.used
    return any(
        is_taken_by_pods(resource) and (resource not in used or used[resource] >= HALF_FULL * hard)
        for resource, hard in quota.status.hard.items()
    )
