from collections.abc import MutableMapping
from copy import deepcopy
from typing import Any

import pytest

from controller.api.crds import RESOURCES, crd
from controller.cluster.client import KubernetesClient
from controller.errors import InputRefused
from controller.live.crd_check import APPLY, MAX_NAMED, check_served_crds
from tests.cluster_door.fake_api import FakeApi, refusal

Logs = list[MutableMapping[str, Any]]

DISCOVERY = "/apis/headroom.dev/v1alpha1"
OPENAPI = "/openapi/v3/apis/headroom.dev/v1alpha1"
ALL = tuple(resource.plural for resource in RESOURCES)


def serve(world: FakeApi, *plurals: str) -> dict[str, Any]:
    """Serve these kinds as of today; return their schemas by kind, which the test may spoil."""
    world.objects[DISCOVERY] = {"resources": [{"name": name} for name in plurals]}
    schemas = {}
    for resource in RESOURCES:
        schema = deepcopy(crd(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
        named = {"group": "headroom.dev", "version": "v1alpha1", "kind": resource.kind}
        schemas[resource.kind] = schema | {"x-kubernetes-group-version-kind": [named]}
    world.objects[OPENAPI] = {"components": {"schemas": {f"dev.headroom.{kind}": schemas[kind] for kind in schemas}}}
    return schemas


def spec_of(schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schema["properties"]["spec"]["properties"]
    return properties


async def test_crds_that_fit_are_not_worth_a_word(world: FakeApi, client: KubernetesClient, logs: Logs) -> None:
    serve(world, *ALL)

    await check_served_crds(client)

    assert logs == []


@pytest.mark.parametrize(
    ("served", "named"),
    [
        pytest.param((), "demandevents, forecastreports, metricssources, scalingpolicies", id="none of them"),
        pytest.param(("scalingpolicies", "metricssources", "forecastreports"), "demandevents", id="all but one"),
    ],
)
async def test_kinds_that_are_not_served_are_named_with_the_command_that_mends_it(
    world: FakeApi, client: KubernetesClient, served: tuple[str, ...], named: str
) -> None:
    serve(world, *served)

    with pytest.raises(InputRefused) as refused:
        await check_served_crds(client)

    assert str(refused.value) == f"the API server does not serve {named} of headroom.dev/v1alpha1: run `{APPLY}`"


async def test_a_cluster_that_never_saw_our_group_lacks_all_kinds(client: KubernetesClient) -> None:
    with pytest.raises(InputRefused, match="scalingpolicies"):
        await check_served_crds(client)


async def test_fields_that_an_older_crd_lacks_are_named_once_a_part(
    world: FakeApi, client: KubernetesClient, logs: Logs
) -> None:
    schemas = serve(world, *ALL)
    del spec_of(schemas["ScalingPolicy"])["behavior"]
    del spec_of(schemas["ScalingPolicy"])["signals"]["items"]["properties"]["load"]
    del spec_of(schemas["DemandEvent"])["description"]

    await check_served_crds(client)

    (told,) = logs
    assert (told["log_level"], told["run"]) == ("warning", APPLY)
    assert told["lacking"] == [
        "scalingpolicies: spec.signals[].load",
        "scalingpolicies: spec.behavior",
        "demandevents: spec.description",
    ]
    assert told["and_others"] == 0


async def test_of_many_fields_a_few_are_named_and_the_others_counted(
    world: FakeApi, client: KubernetesClient, logs: Logs
) -> None:
    schemas = serve(world, *ALL)
    lost = len(spec_of(schemas["ScalingPolicy"]))
    schemas["ScalingPolicy"]["properties"]["spec"]["properties"] = {}

    await check_served_crds(client)

    (told,) = logs
    assert len(told["lacking"]) == MAX_NAMED
    assert told["and_others"] == lost - MAX_NAMED


async def test_a_newer_crd_is_not_worth_a_word(world: FakeApi, client: KubernetesClient, logs: Logs) -> None:
    schemas = serve(world, *ALL)
    spec_of(schemas["ScalingPolicy"])["aFieldOfTomorrow"] = {"type": "string"}

    await check_served_crds(client)

    assert logs == []


async def test_a_schema_that_is_not_published_yet_says_nothing(
    world: FakeApi, client: KubernetesClient, logs: Logs
) -> None:
    serve(world, *ALL)
    world.objects[OPENAPI] = {"components": {"schemas": {}}}

    await check_served_crds(client)

    assert logs == []


async def test_an_api_server_that_tells_no_schemas_is_no_reason_not_to_start(
    world: FakeApi, client: KubernetesClient, logs: Logs
) -> None:
    serve(world, *ALL)
    world.broken = lambda request: (
        refusal(403, "openapi is forbidden")(request) if request.path == OPENAPI else world._get(request)
    )

    await check_served_crds(client)

    (told,) = logs
    assert "openapi is forbidden" in told["error"]
