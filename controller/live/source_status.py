"""What a MetricsSource is told about itself: whether it answers. Written after a sweep, and only when that changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from controller.cluster.client import KubernetesClient
from controller.cluster.status import apply_source_status
from controller.errors import ClusterUnavailable
from controller.live.mirror import Mirror
from controller.scaling.publishing.reachability import reachability

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Writes the Reachable condition of every source that is asked; `problems` says how each did, empty when well."""

    mirror: Mirror
    client: KubernetesClient
    problems: Callable[[], Mapping[str, str]]

    async def write(self, now: datetime) -> None:
        """Write each condition that changed; what fails is told, and tried again with the next sweep."""
        for name, problem in sorted(self.problems().items()):
            source = self.mirror.source(name)
            condition = reachability(source, problem, now=now) if source else None
            if condition is None:
                continue
            log.info("source", source=name, reachable=condition.status, message=condition.message)
            try:
                await apply_source_status(self.client, name, condition)
            except ClusterUnavailable as error:
                log.warning("source status not written", source=name, error=str(error))
