"""What a namespace has room for: two pods run, each asks for half a core and 256Mi, and may use a core."""

from typing import Any

import pytest

from controller.cluster.client import KubernetesClient
from controller.cluster.quotas import quota_limit
from controller.cluster.targets import TargetKey, TargetView
from controller.errors import ClusterUnavailable, Forbidden
from controller.scaling.planning.outlook import Limit
from tests.cluster_door.fake_api import FakeApi, refusal
from tests.cluster_door.test_pods import a_pod

PODS, QUOTAS = "/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/resourcequotas"
HALF = {"requests": {"cpu": "250m", "memory": "128Mi"}, "limits": {"cpu": "500m"}}
TARGET = TargetView(
    TargetKey("shop", "apps", "Deployment", "web"), "uid", "1", 2, 2, rolling_out=False, selector="app=web"
)


def a_quota(name: str = "team", *, spec: dict[str, Any] | None = None, **hard_used: tuple[str, str]) -> dict[str, Any]:
    named = {resource.replace("_", "."): amounts for resource, amounts in hard_used.items()}
    status = {part: {resource: pair[i] for resource, pair in named.items()} for i, part in enumerate(("hard", "used"))}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec or {}, "status": status}


@pytest.fixture
def shop(world: FakeApi) -> FakeApi:
    for name in ("web-1", "web-2"):
        spec = {"containers": [{"resources": HALF}, {"resources": HALF}]}
        world.put(f"{PODS}/{name}", a_pod(name=name) | {"spec": spec})
    return world


@pytest.mark.parametrize(
    ("quota", "replicas"),
    [
        (a_quota(pods=("10", "5")), 7),
        (a_quota(requests_cpu=("4", "1")), 8),
        (a_quota(cpu=("4", "1")), 8),
        (a_quota(requests_memory=("1Gi", "512Mi")), 4),
        (a_quota(limits_cpu=("4500m", "2")), 4),
        (a_quota(pods=("10", "5"), requests_cpu=("1200m", "1")), 2),
        (a_quota(pods=("3", "5")), 2),
    ],
    ids=[
        "pods",
        "requests",
        "requests by their short name",
        "memory in binary units",
        "limits",
        "the tightest resource",
        "more used than allowed",
    ],
)
async def test_a_quota_has_room_for_so_many(
    shop: FakeApi, client: KubernetesClient, quota: dict[str, Any], replicas: int
) -> None:
    shop.put(f"{QUOTAS}/team", quota)

    assert await quota_limit(client, TARGET) == Limit("ResourceQuota", replicas, "ResourceQuota team")


async def test_of_two_quotas_the_tighter_one_limits(shop: FakeApi, client: KubernetesClient) -> None:
    shop.put(f"{QUOTAS}/team", a_quota(pods=("10", "5")))
    shop.put(f"{QUOTAS}/cpu", a_quota("cpu", requests_cpu=("2", "1")))

    assert await quota_limit(client, TARGET) == Limit("ResourceQuota", 4, "ResourceQuota cpu")


@pytest.mark.parametrize(
    "quota",
    [
        None,
        a_quota(pods=("9", "1"), spec={"scopes": ["BestEffort"]}),
        a_quota(pods=("9", "1"), spec={"scopeSelector": {"matchExpressions": []}}),
        a_quota(services=("9", "1")),
    ],
    ids=["no quota", "scopes", "a scope selector", "what pods do not take"],
)
async def test_what_does_not_count_these_pods_limits_nothing(
    shop: FakeApi, client: KubernetesClient, quota: dict[str, Any] | None
) -> None:
    if quota is not None:
        shop.put(f"{QUOTAS}/team", quota)

    assert await quota_limit(client, TARGET) is None


async def test_without_a_pod_nothing_is_known(world: FakeApi, client: KubernetesClient) -> None:
    world.put(f"{QUOTAS}/team", a_quota(pods=("9", "1")))

    assert await quota_limit(client, TARGET) is None


async def test_without_the_right_it_is_told(shop: FakeApi, client: KubernetesClient) -> None:
    shop.broken = refusal(403)

    with pytest.raises(Forbidden):
        await quota_limit(client, TARGET)


async def test_an_amount_that_makes_no_sense_is_refused(shop: FakeApi, client: KubernetesClient) -> None:
    shop.put(f"{QUOTAS}/team", a_quota(pods=("many", "1")))

    with pytest.raises(ClusterUnavailable, match="ResourceQuota"):
        await quota_limit(client, TARGET)
