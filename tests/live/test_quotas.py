"""Quotas read for the sweep: how often, of which namespaces, and what holds when they cannot be read."""

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.cluster.client import KubernetesClient
from controller.live.quotas import KEPT, RHYTHM, QuotaReader
from controller.scaling.observation import Scale, Target
from controller.scaling.sharing.namespace_quotas import Footprint, NamespaceQuotas, Quota, Workload
from tests.builders import NOON, a_reading
from tests.cluster_door.fake_api import FakeApi, refusal
from tests.cluster_door.test_quotas import a_quota
from tests.live.raw_objects import metadata, raw_deployment, raw_policy, raw_source
from tests.live.stage import Stage

QUOTAS = "/api/v1/resourcequotas"
PODS = "/api/v1/namespaces/shop/pods"
SECOND = timedelta(seconds=1)
WEB = Workload("apps", "Deployment", "web")
A_CORE = {"pods": 1.0, "count/pods": 1.0, "requests.cpu": 1.0, "cpu": 1.0}
ONE_CORE = {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}
KNOWN = {"shop": NamespaceQuotas((Quota("team", "requests.cpu", 8.0, 0.0),), {WEB: Footprint(A_CORE, 0)})}


def a_deployment() -> dict[str, Any]:
    raw = raw_deployment()
    return raw | {"spec": raw["spec"] | {"template": {"spec": ONE_CORE}}}


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.mirror.watched_targets = frozenset({("apps", "Deployment")})
    stage.put(raw_source(), raw_policy(), a_deployment())
    return stage


@pytest.fixture
def reader(world: FakeApi, client: KubernetesClient, stage: Stage) -> QuotaReader:
    """A reader of a world with a full quota in namespace `shop`, where a policy is."""
    world.put(f"{QUOTAS}/team", a_quota(requests_cpu=("8", "8")))
    return QuotaReader(client, stage.mirror)


async def test_quotas_are_told_with_the_targets_of_policies(reader: QuotaReader) -> None:
    assert await reader.read(NOON) == KNOWN


@pytest.mark.parametrize(
    ("later", "looks"),
    [(RHYTHM - SECOND, 1), (RHYTHM, 2), (-SECOND, 2)],
    ids=["not within a minute", "after it", "after the clock was set back"],
)
async def test_many_sweeps_look_once(reader: QuotaReader, world: FakeApi, later: timedelta, looks: int) -> None:
    await reader.read(NOON)

    known = await reader.read(NOON + later)

    assert known == KNOWN
    assert world.seen == [f"GET {QUOTAS}", f"GET {PODS}"] * looks


async def test_only_namespaces_with_policies_are_looked_into(reader: QuotaReader, world: FakeApi) -> None:
    elsewhere = a_quota(requests_cpu=("8", "8"))
    elsewhere["metadata"] = metadata("team", "games")
    world.put(f"{QUOTAS}/games", elsewhere)

    assert list(await reader.read(NOON)) == ["shop"]


@pytest.mark.parametrize("used", ["3", None], ids=["the quota is far from full again", "the quota is gone"])
async def test_what_is_short_no_more_is_forgotten(reader: QuotaReader, world: FakeApi, used: str | None) -> None:
    await reader.read(NOON)
    del world.objects[f"{QUOTAS}/team"]
    if used:
        world.put(f"{QUOTAS}/team", a_quota(requests_cpu=("8", used)))

    assert await reader.read(NOON + RHYTHM) == {}


@pytest.mark.parametrize(
    ("later", "known"),
    [(RHYTHM, KNOWN), (KEPT, KNOWN), (KEPT + SECOND, {})],
    ids=["the next look", "for five minutes", "then others may take anything"],
)
async def test_what_was_read_last_holds_for_a_while(
    reader: QuotaReader,
    world: FakeApi,
    logs: list[MutableMapping[str, Any]],
    later: timedelta,
    known: dict[str, NamespaceQuotas],
) -> None:
    await reader.read(NOON)
    world.broken = refusal(403)

    assert await reader.read(NOON + later) == known
    assert [entry["event"] for entry in logs] == ["quotas not read"]


async def test_a_namespace_whose_pods_make_no_sense_stays_as_it_was(
    reader: QuotaReader, world: FakeApi, logs: list[MutableMapping[str, Any]]
) -> None:
    await reader.read(NOON)
    world.put(f"{PODS}/odd", {"metadata": {"name": "odd"}})

    assert await reader.read(NOON + RHYTHM) == KNOWN
    assert [(entry["event"], entry["namespace"]) for entry in logs] == [("quotas not read", "shop")]


async def test_a_sweep_decides_within_the_quotas(stage: Stage) -> None:
    stage.put(raw_policy(objective={"utilizationPercent": 100}))
    stage.readings, stage.target = {"requests": a_reading(102)}, Target(Scale(5, 5))
    sweep = stage.sweep()

    async def eight_cores(_now: datetime) -> dict[str, NamespaceQuotas]:
        return KNOWN

    sweep.read_quotas = eight_cores

    await sweep.run_once(NOON)

    (written,) = [patch.scale for patch in stage.written if patch.scale]
    assert written.to_replicas == 8
    assert stage.said("web") == ["QuotaShared"]
