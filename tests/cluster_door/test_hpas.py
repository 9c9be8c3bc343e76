from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.client import KubernetesClient
from controller.cluster.hpas import HpaView, RaisedFloor, forgotten_floors, give_back_floor, project_hpa, write_floor
from controller.cluster.targets import TargetKey
from controller.errors import ClusterUnavailable, Conflict
from controller.scaling.publishing.patch import FloorChange
from tests.builders import a_policy
from tests.cluster_door.fake_api import FakeApi

PATH = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web"
WEB = TargetKey("shop", "apps", "Deployment", "web")
KEY = ObjectKey("shop", "web")
HELD = a_policy(actuator="HPAMinReplicas")
RAISED_BY_US = '{"original":2,"raised":20,"policy":"web"}'


def raw_hpa(*, floor: int = 2, annotation: str | None = None, owners: Any = ()) -> dict[str, Any]:  # noqa: ANN401  JSON
    annotations = {} if annotation is None else {"annotations": {"headroom.dev/raised-floor": annotation, "team": "a"}}
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metadata = {"name": "web", "namespace": "shop", "ownerReferences": list(owners), **annotations}
    return {"metadata": metadata, "spec": {"scaleTargetRef": ref, "minReplicas": floor, "maxReplicas": 50}}


@pytest.mark.parametrize(
    ("raw", "original"),
    [
        pytest.param(raw_hpa(floor=3), 3, id="never raised"),
        pytest.param(raw_hpa(floor=20, annotation=RAISED_BY_US), 2, id="raised by us"),
        pytest.param(raw_hpa(floor=7, annotation=RAISED_BY_US), 7, id="its owner set another one since"),
        pytest.param(raw_hpa(floor=20, annotation="not ours"), 20, id="not our writing"),
        pytest.param(raw_hpa(floor=20, annotation='{"original":0,"raised":20,"policy":"w"}'), 20, id="no floor"),
    ],
)
def test_the_floor_to_give_back_is_the_one_its_owner_set(raw: dict[str, Any], original: int) -> None:
    assert project_hpa(raw).original_floor == original


def test_an_hpa_is_kept_as_its_name_target_and_bounds() -> None:
    assert project_hpa(raw_hpa()) == HpaView("shop", "web", WEB, min_replicas=2, max_replicas=50)


def test_an_hpa_that_something_else_makes_says_whose_it_is() -> None:
    owner = {"kind": "ScaledObject", "name": "web", "controller": True}

    assert project_hpa(raw_hpa(owners=[owner])).controller == "ScaledObject web"


def test_an_hpa_without_a_target_is_refused() -> None:
    with pytest.raises(ClusterUnavailable, match="scaleTargetRef"):
        project_hpa({"metadata": {"name": "h", "namespace": "shop"}, "spec": {}})


async def test_a_raised_floor_keeps_the_original_on_the_hpa(world: FakeApi, client: KubernetesClient) -> None:
    world.put(PATH, raw_hpa())

    await write_floor(client, KEY, project_hpa(raw_hpa()), FloorChange("web", 2, 20, original=2))

    after = project_hpa(world.objects[PATH])
    assert (after.min_replicas, after.raised) == (20, RaisedFloor(original=2, raised=20, policy="web"))


async def test_a_floor_back_at_its_original_leaves_nothing_of_ours(world: FakeApi, client: KubernetesClient) -> None:
    raised = raw_hpa(floor=20, annotation=RAISED_BY_US)
    world.put(PATH, raised)

    await write_floor(client, KEY, project_hpa(raised), FloorChange("web", 20, 2, original=2))

    after = world.objects[PATH]
    assert (after["spec"]["minReplicas"], after["metadata"]["annotations"]) == (2, {"team": "a"})


async def test_a_floor_that_somebody_else_changed_is_not_overwritten(world: FakeApi, client: KubernetesClient) -> None:
    world.put(PATH, raw_hpa(floor=5))

    with pytest.raises(Conflict, match="somebody else changed it first"):
        await write_floor(client, KEY, project_hpa(raw_hpa()), FloorChange("web", 2, 20, original=2))

    assert world.objects[PATH]["spec"]["minReplicas"] == 5


@pytest.mark.parametrize(("floor", "left"), [(20, 2), (7, 7)], ids=["as we left it", "changed by its owner since"])
async def test_a_floor_is_given_back(world: FakeApi, client: KubernetesClient, floor: int, left: int) -> None:
    raised = raw_hpa(floor=floor, annotation=RAISED_BY_US)
    world.put(PATH, raised)

    await give_back_floor(client, project_hpa(raised))

    after = world.objects[PATH]
    assert (after["spec"]["minReplicas"], after["metadata"]["annotations"]) == (left, {"team": "a"})


@pytest.mark.parametrize(
    ("policies", "unreadable", "forgotten"),
    [
        pytest.param([HELD], [], False, id="held by its policy"),
        pytest.param([], [], True, id="its policy is deleted"),
        pytest.param([a_policy(mode="Recommend", actuator="HPAMinReplicas")], [], True, id="it only recommends now"),
        pytest.param([a_policy(actuator="Metric")], [], True, id="it acts through something else now"),
        pytest.param([a_policy(actuator="HPAMinReplicas", name="other")], [], False, id="another policy holds it"),
        pytest.param(
            [a_policy(actuator="HPAMinReplicas", scaleTargetRef={"name": "api"})], [], True, id="it has another target"
        ),
        pytest.param([], [KEY], False, id="its policy cannot be read"),
        pytest.param([a_policy(actuator="HPAMinReplicas", pause={})], [], False, id="a pause changes nothing"),
    ],
)
def test_a_floor_that_nobody_holds_is_forgotten(
    policies: list[ScalingPolicy],
    unreadable: list[ObjectKey],
    forgotten: bool,  # noqa: FBT001  a table's column
) -> None:
    raised = project_hpa(raw_hpa(floor=20, annotation=RAISED_BY_US))
    untouched = HpaView("shop", "other", WEB)

    assert forgotten_floors(policies, unreadable, [raised, untouched]) == ((raised,) if forgotten else ())
