from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.cluster.client import KubernetesClient
from controller.live.mirror import SOURCES, parse_object
from controller.live.source_status import SourceStatus
from tests.builders import NOON
from tests.cluster_door.fake_api import FakeApi, refusal
from tests.live.raw_objects import raw_policy, raw_source
from tests.live.stage import Stage

Logs = list[MutableMapping[str, Any]]

PATH = "/apis/headroom.dev/v1alpha1/metricssources"
SWEEP = timedelta(seconds=15)


class Sources:
    """Sources on a pretend API server whose watch shows what is written to them, and how each of them does."""

    def __init__(self, world: FakeApi, client: KubernetesClient, *names: str) -> None:
        self.world, self.stage = world, Stage()
        self.problems: dict[str, str] = {}
        self.status = SourceStatus(self.stage.mirror, client, lambda: self.problems)
        for name in names:
            raw = raw_source(name)
            world.put(f"{PATH}/{name}", raw)
            self.stage.put(raw)

    async def write(self) -> int:
        """Write what is news, let the watch show it, and return how many requests that took."""
        before = len(self.world.seen)
        await self.status.write(NOON)
        for key in self.stage.mirror.versions(SOURCES):
            if raw := self.world.objects.get(f"{PATH}/{key.name}"):
                self.stage.mirror.show(SOURCES, *parse_object(SOURCES, raw))
        return len(self.world.seen) - before

    def said(self, name: str = "default") -> dict[str, Any]:
        condition: dict[str, Any] = self.world.objects[f"{PATH}/{name}"]["status"]["conditions"][0]
        return condition


async def test_a_source_is_told_once_that_it_answers(world: FakeApi, client: KubernetesClient) -> None:
    sources = Sources(world, client, "default")
    sources.problems = {"default": ""}

    assert [await sources.write() for _sweep in range(3)] == [1, 0, 0]
    assert sources.said() == {
        "type": "Reachable",
        "status": "True",
        "reason": "Answering",
        "message": "queries are answered",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-03-02T12:00:00Z",
    }
    assert world.objects[f"{PATH}/default"]["spec"] == {"url": "http://127.0.0.1:9090"}


async def test_a_source_that_falls_silent_is_told_why(world: FakeApi, client: KubernetesClient) -> None:
    sources = Sources(world, client, "default")
    sources.problems = {"default": ""}
    await sources.write()

    sources.problems = {"default": "MetricsSource default answers 503"}
    await sources.write()

    assert (sources.said()["status"], sources.said()["message"]) == ("False", "MetricsSource default answers 503")


@pytest.mark.parametrize(
    "problems",
    [
        pytest.param({}, id="a source that nobody asks"),
        pytest.param({"gone": ""}, id="a source that was deleted meanwhile"),
    ],
)
async def test_nothing_is_said_about_what_is_not_known(
    world: FakeApi, client: KubernetesClient, problems: dict[str, str]
) -> None:
    sources = Sources(world, client, "default")
    sources.problems = problems

    assert await sources.write() == 0


async def test_a_write_that_fails_is_told_stops_no_other_and_is_tried_again(
    world: FakeApi, client: KubernetesClient, logs: Logs
) -> None:
    sources = Sources(world, client, "a", "b")
    sources.problems = {"a": "", "b": ""}
    world.faults.append(refusal(500))

    await sources.write()
    first = [entry["source"] for entry in logs if entry["log_level"] == "warning"]
    await sources.write()

    assert first == ["a"]
    assert [sources.said(name)["status"] for name in ("a", "b")] == ["True", "True"]


async def test_only_a_leader_tells_its_sources(world: FakeApi, client: KubernetesClient) -> None:
    sources = Sources(world, client, "default")
    sources.problems = {"default": ""}
    stage = sources.stage
    stage.put(raw_policy())
    sweep = stage.sweep(source_status=sources.status)

    stage.leads = False
    await sweep.run_once(NOON)
    as_standby = list(world.seen)
    stage.leads = True
    await sweep.run_once(NOON + SWEEP)

    assert as_standby == []
    assert sources.said()["status"] == "True"


async def test_a_status_of_another_version_is_said_anew(world: FakeApi, client: KubernetesClient) -> None:
    sources = Sources(world, client)
    odd = raw_source(version=1) | {"status": {"aFieldOfTomorrow": 1}}
    world.put(f"{PATH}/default", odd)
    sources.stage.put(odd)
    sources.problems = {"default": ""}

    await sources.write()

    assert sources.stage.mirror.source("default") is not None
    assert ObjectKey("", "default") in sources.stage.mirror.versions(SOURCES)
    assert sources.said()["status"] == "True"
