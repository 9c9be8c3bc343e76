"""Relist: compare the mirror with the API server and repair it: fills it at start, and a watch can fall silent."""

from controller.api.metadata import ObjectKey
from controller.cluster.address import Resource
from controller.cluster.client import KubernetesClient
from controller.cluster.parallel import in_parallel
from controller.errors import HeadroomError
from controller.live.mirror import Mirror, Seen, parse_object
from controller.live.watching import WatchedKind, log


async def relist(client: KubernetesClient, mirror: Mirror, kinds: tuple[WatchedKind, ...]) -> None:
    """List every watched kind and repair the mirror; ClusterUnavailable where a list cannot be had."""

    async def one(kind: WatchedKind) -> None:
        await _relist_kind(client, mirror, kind)

    await in_parallel(kinds, one)


async def _relist_kind(client: KubernetesClient, mirror: Mirror, kind: WatchedKind) -> None:
    known_before = mirror.keys(kind.kind)
    listed: dict[ObjectKey, Seen] = {}
    for raw in await client.list_objects(Resource(kind.api_version, kind.plural).at("")):
        try:
            key, seen = parse_object(kind.kind, {"apiVersion": kind.api_version, "kind": kind.kind, **raw})
        except HeadroomError as error:
            log.warning("object not understood", kind=kind.kind, error=str(error))
            continue
        listed[key] = seen
    repaired = mirror.reconcile(kind.kind, listed, known_before=known_before)
    if repaired:
        log.info("mirror filled", kind=kind.kind, objects=len(listed), repaired=repaired)
