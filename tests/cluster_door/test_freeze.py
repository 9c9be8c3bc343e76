from typing import Any

import pytest

from controller.api.behavior import PauseDirection
from controller.cluster.client import KubernetesClient
from controller.cluster.freeze import FreezeSwitch, parse_freeze
from controller.errors import ClusterUnavailable
from controller.scaling.observation import Freeze
from tests.builders import NOON
from tests.cluster_door.fake_api import FakeApi, refusal

PATH = "/api/v1/namespaces/headroom-system/configmaps/headroom-freeze"


def raw_freeze(**data: str) -> dict[str, Any]:
    metadata = {
        "name": "headroom-freeze",
        "namespace": "headroom-system",
        "creationTimestamp": "2026-03-02T11:58:00Z",
        "managedFields": [
            {"manager": "kubectl-create", "time": "2026-03-02T11:58:00Z"},
            {"manager": "kubectl-edit", "time": "2026-03-02T11:59:00Z"},
        ],
    }
    return {"metadata": metadata, **({"data": data} if data else {})}


@pytest.fixture
def switch(client: KubernetesClient, told: list[ClusterUnavailable]) -> FreezeSwitch:
    return FreezeSwitch(client, "headroom-system", told.append)


@pytest.fixture
def told() -> list[ClusterUnavailable]:
    return []


async def test_without_the_configmap_nothing_is_frozen(switch: FreezeSwitch) -> None:
    assert await switch.read() is None


async def test_the_configmap_alone_freezes_everything_and_says_by_what_tool_it_was_made(
    world: FakeApi, switch: FreezeSwitch
) -> None:
    world.put(PATH, raw_freeze())

    freeze = await switch.read()

    made = "ConfigMap headroom-system/headroom-freeze, made by kubectl-edit at 2026-03-02 11:58 UTC,"
    assert freeze == Freeze(made, PauseDirection.BOTH, None)


async def test_what_was_read_last_holds_while_it_cannot_be_read(
    world: FakeApi, switch: FreezeSwitch, told: list[ClusterUnavailable]
) -> None:
    world.put(PATH, raw_freeze(by="anna"))
    frozen = await switch.read()
    world.broken = refusal(503)

    assert await switch.read() == frozen
    assert len(told) == 1


async def test_a_cluster_that_was_not_frozen_stays_so_while_the_switch_cannot_be_read(
    world: FakeApi, switch: FreezeSwitch
) -> None:
    await switch.read()
    world.broken = refusal(503)

    assert await switch.read() is None


async def test_a_switch_that_never_could_be_read_is_taken_for_on_until_it_can(
    world: FakeApi, switch: FreezeSwitch
) -> None:
    world.broken = refusal(403, "no right")
    unknown = await switch.read()
    world.broken = None

    assert unknown is not None
    assert "cannot be read" in unknown.note
    assert "no right" in unknown.note
    assert await switch.read() is None


@pytest.mark.parametrize(
    ("data", "direction", "until", "note"),
    [
        pytest.param({}, "Both", None, "", id="nothing said"),
        pytest.param({"until": "2026-03-02T12:00:00Z"}, "Both", NOON, "", id="an end"),
        pytest.param({"until": " 2026-03-02T13:00:00+01:00\n"}, "Both", NOON, "", id="in another zone, with spaces"),
        pytest.param({"direction": "ScaleDown"}, "ScaleDown", None, "", id="one way"),
        pytest.param({"until": "noon"}, "Both", None, "its until is no time like", id="an end that is none"),
        pytest.param({"until": "2026-03-02T12:00:00"}, "Both", None, "its until is no time", id="an end without zone"),
        pytest.param({"direction": "down"}, "Both", None, "its direction is none of Both or", id="no direction"),
    ],
)
def test_data_may_limit_a_freeze_and_what_makes_no_sense_limits_nothing(
    data: dict[str, str], direction: str, until: object, note: str
) -> None:
    freeze = parse_freeze(raw_freeze(by="anna", **data))

    assert (freeze.direction, freeze.until) == (direction, until)
    assert freeze.note.startswith(note)
    assert bool(freeze.note) == bool(note)
    assert "made by anna" in freeze.origin
