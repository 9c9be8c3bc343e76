import pytest

from controller.api.scaling_policy import ScaleTargetRef
from controller.cluster.address import Resource
from controller.cluster.client import KubernetesClient
from controller.cluster.scale import read_scale, write_scale
from controller.errors import ClusterUnavailable, Conflict, NotFound
from controller.scaling.publishing.patch import ScaleChange
from tests.cluster_door.fake_api import FakeApi, refusal

SCALE = Resource("apps/v1", "deployments").at("shop", "web", subresource="scale")
UP = ScaleChange(ScaleTargetRef(name="web"), from_replicas=3, to_replicas=5)


async def test_a_scale_is_changed_while_it_is_what_was_seen(world: FakeApi, client: KubernetesClient) -> None:
    world.put(SCALE.path, {"spec": {"replicas": 3}})

    await write_scale(client, SCALE, UP)

    assert world.objects[SCALE.path]["spec"]["replicas"] == 5


async def test_a_scale_that_somebody_moved_is_left_alone_and_named(world: FakeApi, client: KubernetesClient) -> None:
    world.put(SCALE.path, {"spec": {"replicas": 8}})

    with pytest.raises(Conflict, match="from 3 to 5 replicas: somebody else set 8"):
        await write_scale(client, SCALE, UP)

    assert world.objects[SCALE.path]["spec"]["replicas"] == 8


async def test_a_target_that_is_gone_is_not_found(client: KubernetesClient) -> None:
    with pytest.raises(NotFound):
        await write_scale(client, SCALE, UP)


async def test_a_conflict_whose_cause_cannot_be_read_says_why(world: FakeApi, client: KubernetesClient) -> None:
    world.faults = [refusal(409), refusal(401, "who are you")]

    with pytest.raises(ClusterUnavailable, match="who are you"):
        await write_scale(client, SCALE, UP)


async def test_replicas_that_the_server_left_out_are_zero(world: FakeApi, client: KubernetesClient) -> None:
    world.put(SCALE.path, {"spec": {}, "status": {"replicas": 0, "selector": "app=web"}})

    scale = await read_scale(client, SCALE)

    assert (scale.spec.replicas, scale.status.selector) == (0, "app=web")


async def test_a_scale_that_makes_no_sense_is_refused(world: FakeApi, client: KubernetesClient) -> None:
    world.put(SCALE.path, {"spec": {"replicas": "many"}})

    with pytest.raises(ClusterUnavailable, match=r"spec\.replicas"):
        await read_scale(client, SCALE)


async def test_a_zero_that_the_api_server_leaves_out_is_changed_as_any_number(
    world: FakeApi, client: KubernetesClient
) -> None:
    world.put(SCALE.path, {"spec": {}})

    await write_scale(client, SCALE, ScaleChange(ScaleTargetRef(name="web"), from_replicas=0, to_replicas=2))

    assert world.objects[SCALE.path]["spec"] == {"replicas": 2}


async def test_a_zero_that_is_none_any_more_is_left_alone(world: FakeApi, client: KubernetesClient) -> None:
    world.put(SCALE.path, {"spec": {"replicas": 7}})

    with pytest.raises(Conflict, match="somebody else set 7"):
        await write_scale(client, SCALE, ScaleChange(ScaleTargetRef(name="web"), from_replicas=0, to_replicas=2))
