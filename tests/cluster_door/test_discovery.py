from datetime import datetime, timedelta

import pytest

from controller.api.scaling_policy import ScaleTargetRef
from controller.cluster.address import Resource
from controller.cluster.client import KubernetesClient
from controller.cluster.discovery import Discovery
from controller.errors import ClusterUnavailable, NotFound
from tests.builders import NOON
from tests.cluster_door.fake_api import FakeApi, raw_answer

APPS = {
    "resources": [
        {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get"]},
        {"name": "deployments/scale", "kind": "Scale", "namespaced": True, "group": "autoscaling"},
        {"name": "daemonsets", "kind": "DaemonSet", "namespaced": True},
        {"name": "fleets", "kind": "Fleet", "namespaced": False},
        {"name": "fleets/scale", "kind": "Scale", "namespaced": False},
    ]
}
ROLLOUT = ScaleTargetRef(api_version="argoproj.io/v1alpha1", kind="Rollout", name="web")
ROLLOUTS = {
    "resources": [
        {"name": "rollouts", "kind": "Rollout", "namespaced": True},
        {"name": "rollouts/scale", "kind": "Scale", "namespaced": True},
    ]
}


class Wristwatch:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


async def test_a_kind_is_looked_up_once(world: FakeApi, client: KubernetesClient) -> None:
    world.objects["/apis/apps/v1"] = APPS
    discovery = Discovery(client, Wristwatch())

    found = [await discovery.resource_of(ScaleTargetRef(name=name)) for name in ("web", "api")]

    assert found == [Resource("apps/v1", "deployments")] * 2
    assert len(world.seen) == 1


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        pytest.param("apps/v1", "DaemonSet", id="no scale subresource"),
        pytest.param("apps/v1", "Fleet", id="not namespaced: nothing a tenant may name"),
        pytest.param("apps/v1", "Deploiment", id="a typo in the kind"),
        pytest.param("aps/v1", "Deployment", id="a typo in the group"),
    ],
)
async def test_a_kind_that_cannot_be_scaled_is_not_found(
    world: FakeApi, client: KubernetesClient, api_version: str, kind: str
) -> None:
    world.objects["/apis/apps/v1"] = APPS
    ref = ScaleTargetRef(api_version=api_version, kind=kind, name="web")

    with pytest.raises(NotFound, match=f"no namespaced kind {kind} with a /scale in {api_version}"):
        await Discovery(client, Wristwatch()).resource_of(ref)


async def test_a_miss_is_asked_again_after_a_minute_and_not_before(world: FakeApi, client: KubernetesClient) -> None:
    watch = Wristwatch()
    discovery = Discovery(client, watch)
    for _sweep in range(3):
        with pytest.raises(NotFound):
            await discovery.resource_of(ROLLOUT)
    world.objects["/apis/argoproj.io/v1alpha1"] = ROLLOUTS

    asked_early = len(world.seen)
    watch.time += timedelta(minutes=1)
    found = await discovery.resource_of(ROLLOUT)

    assert asked_early == 1
    assert found == Resource("argoproj.io/v1alpha1", "rollouts")


async def test_a_passing_fault_is_not_remembered_as_a_miss(world: FakeApi, client: KubernetesClient) -> None:
    discovery = Discovery(client, Wristwatch())
    world.faults = [raw_answer(401, b"{}")]
    with pytest.raises(ClusterUnavailable):
        await discovery.resource_of(ROLLOUT)
    world.objects["/apis/argoproj.io/v1alpha1"] = ROLLOUTS

    assert (await discovery.resource_of(ROLLOUT)).plural == "rollouts"


async def test_versions_that_tenants_invent_neither_fill_the_memory_nor_push_out_real_ones(
    world: FakeApi, client: KubernetesClient
) -> None:
    world.objects["/apis/apps/v1"] = APPS
    discovery = Discovery(client, Wristwatch())
    await discovery.resource_of(ScaleTargetRef(name="web"))
    for number in range(1005):
        with pytest.raises(NotFound):
            await discovery.resource_of(ScaleTargetRef(api_version=f"example.com/v{number}", kind="Web", name="web"))

    asked = len(world.seen)
    await discovery.resource_of(ScaleTargetRef(name="web"))
    assert len(discovery._known) <= 1000
    assert len(world.seen) == asked
