"""The live cluster as the cycle sees it (cycle.Cluster): targets are read here, patches are written here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.applier import Applier, Outcome
from controller.cluster.client import KubernetesClient
from controller.cluster.discovery import Discovery
from controller.cluster.events import EventRecorder
from controller.cluster.hpas import HpaView, forgotten_floors, give_back_floor
from controller.cluster.parallel import in_parallel
from controller.cluster.target_reader import TargetReader
from controller.cluster.view import ClusterView
from controller.errors import ClusterUnavailable
from controller.scaling.observation import Target
from controller.scaling.publishing.patch import Patch


class KubernetesCluster:
    """Reads from `view` and, where it does not reach, from the API server; writes through `client` and its fence.

    `instance` names this process in Events; `on_outcome` is told what became of every patch, `on_unread` which target
    could not be read this time. `may_raise_floors` says whether it was given the right to patch HPAs.
    """

    def __init__(
        self,
        client: KubernetesClient,
        view: ClusterView,
        *,
        clock: Callable[[], datetime],
        instance: str,
        on_outcome: Callable[[Outcome], None],
        on_unread: Callable[[ObjectKey, ClusterUnavailable], None],
        may_raise_floors: bool = False,
    ) -> None:
        discovery = Discovery(client, clock)
        self._client, self._view, self._may_raise_floors = client, view, may_raise_floors
        self._reader = TargetReader(client, view, discovery, on_unread, may_raise_floors=may_raise_floors)
        self._applier = Applier(client, view, discovery, EventRecorder(client, instance), clock, on_outcome)

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:  # noqa: ARG002  what is watched is as of now already
        """Return the target of every policy of a sweep, or what stands in the way."""
        return await self._reader.read(policies)

    async def apply(self, patches: Sequence[Patch]) -> None:
        """Write each patch: status, then scale, then event."""
        await self._applier.apply(patches)

    async def give_back_floors(self, unreadable: Collection[ObjectKey]) -> Sequence[str]:
        """Give back every HPA's floor that no policy holds any more; return what went wrong, for the next sweep.

        `unreadable` are the policies whose spec makes no sense now: nobody knows whether they hold their floor.
        """
        if not self._may_raise_floors:
            return ()
        hpas = forgotten_floors(self._view.policies(), unreadable, self._view.hpas())

        async def one(hpa: HpaView) -> str:
            try:
                await give_back_floor(self._client, hpa)
            except ClusterUnavailable as error:
                return str(error)
            return ""

        return [problem for problem in await in_parallel(hpas, one) if problem]
