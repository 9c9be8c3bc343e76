"""Quotas: once a minute, the ResourceQuotas of namespaces with policies, as far as they may run short.

One list of quotas over the cluster, and a list of pods for each namespace that is half full: nothing for a policy. They
are read within a sweep, so that the first decisions of a new leader know them, too.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from controller.cluster.address import RESOURCE_QUOTAS
from controller.cluster.client import KubernetesClient, Raw
from controller.cluster.parallel import in_parallel
from controller.cluster.quota_usage import read_namespace
from controller.errors import ClusterUnavailable
from controller.live.mirror import Mirror, identify
from controller.scaling.sharing.namespace_quotas import NamespaceQuotas, Workload

log = structlog.get_logger()

RHYTHM = timedelta(minutes=1)
READING_SECONDS = 5.0  # of a sweep's 15 s
KEPT = timedelta(minutes=5)  # what was read last; after that what others take is not known, and the quota itself limits


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a namespace, and when."""

    at: datetime
    quotas: NamespaceQuotas


@dataclass
class QuotaReader:
    """Tells each sweep the quotas of namespaces that may run short. A namespace that cannot be read stays as it was."""

    client: KubernetesClient
    mirror: Mirror
    looked_at: datetime | None = None
    known: dict[str, Read] = field(default_factory=dict)

    async def read(self, now: datetime) -> Mapping[str, NamespaceQuotas]:
        """Return what is known, looked at anew where that is due."""
        if self.looked_at is None or not timedelta(0) <= now - self.looked_at < RHYTHM:
            self.looked_at = now
            try:
                async with asyncio.timeout(READING_SECONDS):
                    await self._look(now)
            except (ClusterUnavailable, TimeoutError) as error:
                log.warning("quotas not read", error=str(error) or f"not all within {READING_SECONDS:g} s")
        self.known = {namespace: read for namespace, read in self.known.items() if now - read.at <= KEPT}
        return {namespace: read.quotas for namespace, read in self.known.items()}

    async def _look(self, now: datetime) -> None:
        quotas: dict[str, list[Raw]] = defaultdict(list)
        for raw in await self.client.list_objects(RESOURCE_QUOTAS.at("")):
            quotas[identify("ResourceQuota", raw)[0].namespace].append(raw)
        templates = self._templates(quotas)
        for gone in self.known.keys() - templates.keys():
            del self.known[gone]
        longest_ago = sorted(templates, key=lambda each: self.known[each].at if each in self.known else now - KEPT)
        await in_parallel(longest_ago, partial(self._look_at, now, quotas, templates))

    def _templates(self, quotas: Mapping[str, object]) -> Mapping[str, dict[Workload, Mapping[str, float]]]:
        """Return the watched targets of policies in namespaces with quotas, and what a pod of their templates takes."""
        templates: dict[str, dict[Workload, Mapping[str, float]]] = defaultdict(dict)
        for policy in self.mirror.policies():
            namespace, ref = policy.key.namespace, policy.spec.scale_target_ref
            target = self.mirror.target(namespace, ref) if namespace in quotas else None
            if target is not None:
                templates[namespace][Workload.of(ref)] = target.takes
        return templates

    async def _look_at(
        self,
        now: datetime,
        quotas: Mapping[str, list[Raw]],
        templates: Mapping[str, dict[Workload, Mapping[str, float]]],
        namespace: str,
    ) -> None:
        try:
            read = await read_namespace(self.client, namespace, quotas[namespace], templates[namespace])
        except ClusterUnavailable as error:
            log.warning("quotas not read", namespace=namespace, error=str(error))
            return
        if read is None:
            self.known.pop(namespace, None)
        else:
            self.known[namespace] = Read(now, read)
