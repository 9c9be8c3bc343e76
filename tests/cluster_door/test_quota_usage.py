"""What is known of a namespace that may run short: its quotas, what others take, what a pod of each target takes."""

from typing import Any

import pytest

from controller.cluster.client import KubernetesClient
from controller.cluster.quota_usage import read_namespace
from controller.errors import ClusterUnavailable
from controller.scaling.sharing.namespace_quotas import Footprint, Quota, Workload
from tests.cluster_door.fake_api import FakeApi
from tests.cluster_door.test_pods import a_pod
from tests.cluster_door.test_quotas import a_quota

PODS = "/api/v1/namespaces/shop/pods"
WEB = Workload("apps", "Deployment", "web")
API = Workload("apps", "Deployment", "api")
TEMPLATE = {"pods": 1.0, "requests.cpu": 9.0}


def cores_of(amount: str) -> dict[str, Any]:
    return {"containers": [{"resources": {"requests": {"cpu": amount}}}]}


def of_web(name: str, cpu: str = "500m", **meta: Any) -> dict[str, Any]:  # noqa: ANN401  as the wire has it
    """Return a pod of Deployment `web`."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8c", "controller": True}
    pod = a_pod(name=name, **{key: value for key, value in meta.items() if key != "phase"}) | {"spec": cores_of(cpu)}
    pod["metadata"] |= {"ownerReferences": [owner], "labels": {"pod-template-hash": "5d8c"}}
    pod["status"]["phase"] = meta.get("phase", "Running")
    return pod


def of_nobody(name: str, cpu: str = "500m", **more: str) -> dict[str, Any]:
    return a_pod(name=name, **more) | {"spec": cores_of(cpu)}


@pytest.mark.parametrize(
    ("pods", "others", "web"),
    [
        ([of_web("web-1"), of_web("web-2")], 0.0, Footprint({"requests.cpu": 0.5}, 2)),
        (
            [of_web("web-2", "2", creationTimestamp="2026-03-02T13:00:00Z"), of_web("web-1", "1")],
            0.0,
            Footprint({"requests.cpu": 2.0}, 2),
        ),
        ([of_web("web-1"), of_nobody("job", "3")], 3.0, Footprint({"requests.cpu": 0.5}, 1)),
        (
            [of_web("web-1"), of_web("web-2", deletionTimestamp="2026-03-02T12:05:00Z")],
            0.0,
            Footprint({"requests.cpu": 0.5}, 1),
        ),
        (
            [of_web("web-1"), of_nobody("job", "3", deletionTimestamp="2026-03-02T12:05:00Z")],
            3.0,
            Footprint({"requests.cpu": 0.5}, 1),
        ),
        ([of_nobody("job", "3", phase="Succeeded")], 0.0, Footprint({"requests.cpu": 9.0}, 0)),
        ([of_web("web-1", "3", phase="Failed")], 0.0, Footprint({"requests.cpu": 9.0}, 0)),
    ],
    ids=[
        "all pods are the target's",
        "the newest tells what one takes",
        "a pod of nobody's target is another's",
        "one that the target has lost is nobody's",
        "one that others are losing is still there",
        "one that has finished takes nothing",
        "nor does one that was evicted",
    ],
)
async def test_pods_are_told_apart(
    world: FakeApi, client: KubernetesClient, pods: list[dict[str, Any]], others: float, web: Footprint
) -> None:
    for pod in pods:
        world.put(f"{PODS}/{pod['metadata']['name']}", pod)

    known = await read_namespace(client, "shop", [a_quota(requests_cpu=("4", "2"))], {WEB: TEMPLATE})

    assert known is not None
    assert known.quotas == (Quota("team", "requests.cpu", 4.0, others),)
    (footprint,) = known.footprints.values()
    assert (footprint.takes["requests.cpu"], footprint.pods) == (web.takes["requests.cpu"], web.pods)


async def test_a_pod_that_has_finished_is_still_an_object(world: FakeApi, client: KubernetesClient) -> None:
    world.put(f"{PODS}/job", of_nobody("job", phase="Succeeded"))

    amounts = {"count/pods": "4", "pods": "4"}
    quota = {"metadata": {"name": "team"}, "status": {"hard": amounts, "used": amounts}}

    known = await read_namespace(client, "shop", [quota], {})

    assert known is not None
    assert known.quotas == (Quota("team", "count/pods", 4.0, 1.0), Quota("team", "pods", 4.0, 0.0))


async def test_a_target_without_a_pod_and_a_readable_template_is_not_known(
    world: FakeApi, client: KubernetesClient
) -> None:
    world.put(f"{PODS}/web-1", of_web("web-1"))

    known = await read_namespace(client, "shop", [a_quota(requests_cpu=("4", "2"))], {WEB: {}, API: {}})

    assert known is not None
    assert list(known.footprints) == [WEB]


@pytest.mark.parametrize(
    ("quotas", "short"),
    [
        ([a_quota(requests_cpu=("4", "1900m"))], False),
        ([a_quota(requests_cpu=("4", "2"))], True),
        ([a_quota(requests_cpu=("4", "1"), pods=("10", "5"))], True),
        ([a_quota(services=("1", "1"))], False),
        ([a_quota(requests_cpu=("4", "4"), spec={"scopes": ["BestEffort"]})], False),
        ([{"metadata": {"name": "team"}, "status": {"hard": {"pods": "10"}}}], True),
        ([{"metadata": {"name": "team"}}], False),
    ],
    ids=[
        "less than half full",
        "half full",
        "one of its resources",
        "of what no pod takes",
        "with scopes",
        "nobody has told yet how full it is",
        "nobody has told yet what it allows",
    ],
)
async def test_pods_are_listed_only_where_a_quota_may_run_short(
    world: FakeApi, client: KubernetesClient, quotas: list[dict[str, Any]], *, short: bool
) -> None:
    known = await read_namespace(client, "shop", quotas, {WEB: TEMPLATE})

    assert (known is not None) is short
    assert world.seen == ([f"GET {PODS}"] if short else [])


async def test_a_pod_that_makes_no_sense_is_told(world: FakeApi, client: KubernetesClient) -> None:
    world.put(f"{PODS}/odd", of_nobody("odd", "many"))

    with pytest.raises(ClusterUnavailable, match="a pod as the API server sent it makes no sense"):
        await read_namespace(client, "shop", [a_quota(pods=("4", "4"))], {WEB: TEMPLATE})
