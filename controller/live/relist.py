"""Relist: compare the mirror with the API server and repair it: fills it at start, and a watch can fall silent."""

import asyncio
from collections.abc import Sequence

from controller.api.metadata import ObjectKey
from controller.cluster.address import Resource
from controller.cluster.client import KubernetesClient
from controller.cluster.parallel import in_parallel
from controller.errors import ClusterUnavailable, HeadroomError
from controller.live.mirror import Listed, Mirror, Seen, identify, parse_object
from controller.live.watching import WatchedKind, log

BREATH = 250  # objects read before whoever shares the event loop gets a turn: some 25 ms


async def relist(client: KubernetesClient, mirror: Mirror, kinds: Sequence[WatchedKind]) -> None:
    """List every watched kind and repair the mirror; ClusterUnavailable names each list that cannot be had."""

    async def one(kind: WatchedKind) -> str:
        try:
            await _relist_kind(client, mirror, kind)
        except ClusterUnavailable as error:
            return str(error)
        return ""

    problems = [problem for problem in await in_parallel(kinds, one) if problem]
    if problems:
        raise ClusterUnavailable("; ".join(problems))


async def _relist_kind(client: KubernetesClient, mirror: Mirror, kind: WatchedKind) -> None:
    before = mirror.versions(kind.kind)
    objects = await client.list_objects(Resource(kind.api_version, kind.plural).at(""))
    readable: dict[ObjectKey, Seen] = {}
    unreadable: set[ObjectKey] = set()
    for number, item in enumerate(objects):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        raw = {"apiVersion": kind.api_version, "kind": kind.kind, **item}  # the items of a list come without these
        key, _ = identify(kind.kind, raw)
        try:
            _, readable[key] = parse_object(kind.kind, raw)
        except HeadroomError as error:
            log.warning("object not understood", kind=kind.kind, object=str(key), error=str(error))
            unreadable.add(key)
    repaired = mirror.reconcile(kind.kind, Listed(readable, frozenset(unreadable)), before=before)
    if repaired:
        log.info("mirror filled", kind=kind.kind, objects=len(objects), repaired=repaired)
