from collections.abc import MutableMapping
from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.cluster.client import CHUNK, KubernetesClient
from controller.errors import ClusterUnavailable
from controller.live.mirror import POLICIES, Mirror
from controller.live.relist import relist
from controller.live.watching import OUR_KINDS, WatchedKind
from tests.cluster_door.fake_api import FakeApi, refusal
from tests.live.raw_objects import raw_deployment, raw_event, raw_hpa, raw_policy, raw_source

Logs = list[MutableMapping[str, Any]]

DEPLOYMENTS = WatchedKind("apps", "v1", "deployments", "Deployment")
ALL = (*OUR_KINDS, DEPLOYMENTS)
POLICIES_PATH = "/apis/headroom.dev/v1alpha1/scalingpolicies"
PATHS = {
    "ScalingPolicy": POLICIES_PATH,
    "DemandEvent": "/apis/headroom.dev/v1alpha1/demandevents",
    "MetricsSource": "/apis/headroom.dev/v1alpha1/metricssources",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "Deployment": "/apis/apps/v1/deployments",
}


def stand(world: FakeApi, *raws: dict[str, Any]) -> None:
    """Let these objects be listed, without kind and apiVersion as in a real list."""
    for raw in raws:
        item = {key: value for key, value in raw.items() if key not in ("apiVersion", "kind")}
        world.put(f"{PATHS[raw['kind']]}/{raw['metadata']['name']}", item)


async def test_every_watched_kind_is_listed_once_and_understood(world: FakeApi, client: KubernetesClient) -> None:
    stand(world, raw_policy(), raw_event(), raw_source(), raw_hpa(), raw_deployment())
    mirror = Mirror(frozenset({("apps", "Deployment")}))

    await relist(client, mirror, ALL)

    (policy,) = mirror.policies()
    assert mirror.target("shop", policy.spec.scale_target_ref) is not None
    assert mirror.source("default") is not None
    assert (len(mirror.events()), len(mirror.hpas())) == (1, 1)
    assert sorted(world.seen) == sorted(f"GET {path}" for path in PATHS.values())


async def test_a_long_list_is_read_in_chunks(world: FakeApi, client: KubernetesClient) -> None:
    stand(world, *(raw_policy(f"p{number}") for number in range(CHUNK + 1)))
    mirror = Mirror()

    await relist(client, mirror, OUR_KINDS[:1])

    assert len(mirror.policies()) == CHUNK + 1
    assert len(world.seen) == 2


async def test_an_object_that_cannot_be_read_is_told_and_hides_no_other(
    world: FakeApi, client: KubernetesClient, logs: Logs
) -> None:
    stand(world, raw_event("odd", end="2026-03-02T12:00:00Z"), raw_event("launch"))
    mirror = Mirror()

    await relist(client, mirror, OUR_KINDS)

    assert [event.metadata.name for event in mirror.events()] == ["launch"]
    (told,) = [entry for entry in logs if entry["event"] == "object not understood"]
    assert (told["kind"], told["object"]) == ("DemandEvent", "shop/odd")


async def test_an_object_that_can_no_longer_be_read_stays_until_it_is_gone(
    world: FakeApi, client: KubernetesClient
) -> None:
    mirror = Mirror()
    stand(world, raw_event())
    await relist(client, mirror, OUR_KINDS)

    stand(world, raw_event(end="2026-03-02T12:00:00Z"))
    await relist(client, mirror, OUR_KINDS)
    kept = len(mirror.events())
    world.objects.clear()
    await relist(client, mirror, OUR_KINDS)

    assert (kept, len(mirror.events())) == (1, 0)


async def test_a_watch_that_missed_a_change_is_made_good(world: FakeApi, client: KubernetesClient) -> None:
    mirror = Mirror()
    stand(world, raw_policy("gone"), raw_policy("old"))
    await relist(client, mirror, OUR_KINDS)

    world.objects.clear()
    stand(world, raw_policy("old", maxReplicas=20), raw_policy("new"))
    await relist(client, mirror, OUR_KINDS)

    assert {policy.key.name: policy.spec.max_replicas for policy in mirror.policies()} == {"new": 100, "old": 20}


async def test_a_list_that_cannot_be_had_is_named_and_the_others_are_taken(
    world: FakeApi, client: KubernetesClient
) -> None:
    stand(world, raw_policy(), raw_deployment())
    world.broken = lambda request: (
        refusal(403, "deployments is forbidden")(request)
        if request.path == PATHS["Deployment"]
        else world._get(request)
    )
    mirror = Mirror()

    with pytest.raises(ClusterUnavailable, match="deployments is forbidden"):
        await relist(client, mirror, ALL)

    assert mirror.policy(ObjectKey("shop", "web")) is not None


async def test_a_list_that_fails_half_way_changes_nothing(world: FakeApi, client: KubernetesClient) -> None:
    mirror = Mirror()
    stand(world, raw_policy())
    await relist(client, mirror, OUR_KINDS[:1])
    stand(world, *(raw_policy(f"p{number}") for number in range(CHUNK)))
    world.broken = lambda request: (
        refusal(410, "the continue token is too old")(request) if "continue" in request.query else world._get(request)
    )

    with pytest.raises(ClusterUnavailable, match="too old"):
        await relist(client, mirror, OUR_KINDS[:1])

    assert len(mirror.versions(POLICIES)) == 1
