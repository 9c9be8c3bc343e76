from datetime import timedelta
from typing import Any

import pytest

from controller.cluster.client import KubernetesClient
from controller.cluster.pods import list_pods, project_pod
from controller.errors import ClusterUnavailable
from controller.scaling.observation import Pod
from tests.builders import NOON
from tests.cluster_door.fake_api import FakeApi

READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-03-02T12:01:30Z"}
NOT_READY = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-03-02T12:00:10Z"}
NO_NODE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
GATED = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}


def a_pod(*conditions: dict[str, Any], name: str = "web-1", phase: str = "Running", **meta: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "creationTimestamp": "2026-03-02T12:00:00Z", **meta}
    return {"metadata": metadata, "status": {"phase": phase, "conditions": list(conditions)}}


@pytest.mark.parametrize(
    ("raw", "pod"),
    [
        pytest.param(
            a_pod(READY), Pod("web-1", NOON, ready_at=NOON + timedelta(seconds=90)), id="Ready since its condition"
        ),
        pytest.param(a_pod(NOT_READY), Pod("web-1", NOON), id="a time without Ready is no Ready time"),
        pytest.param(a_pod(NO_NODE, phase="Pending"), Pod("web-1", NOON, unschedulable=True), id="no room on any node"),
        pytest.param(a_pod(GATED, phase="Pending"), Pod("web-1", NOON), id="held back on purpose is not no room"),
        pytest.param(a_pod() | {"status": {"conditions": None}}, Pod("web-1", NOON), id="just created"),
        pytest.param(a_pod(READY, phase="Failed"), None, id="evicted pods are no capacity"),
        pytest.param(a_pod(READY, deletionTimestamp="2026-03-02T12:05:00Z"), None, id="nor are those being deleted"),
    ],
)
def test_a_pod_is_kept_as_created_ready_and_placed(raw: dict[str, Any], pod: Pod | None) -> None:
    assert project_pod(raw) == pod


def test_a_pod_without_a_creation_time_is_refused() -> None:
    with pytest.raises(ClusterUnavailable, match=r"metadata\.creationTimestamp"):
        project_pod({"metadata": {"name": "web-1"}})


async def test_pods_come_oldest_first(world: FakeApi, client: KubernetesClient) -> None:
    for name, second in (("b", 20), ("a", 20), ("c", 10)):
        raw = a_pod(name=name, creationTimestamp=f"2026-03-02T12:00:{second}Z")
        world.put(f"/api/v1/namespaces/shop/pods/{name}", raw)

    pods = await list_pods(client, "shop", "app=web")

    assert [pod.name for pod in pods] == ["c", "a", "b"]


async def test_an_empty_selector_never_means_everybodys_pods(world: FakeApi, client: KubernetesClient) -> None:
    world.put("/api/v1/namespaces/shop/pods/a", a_pod())

    assert await list_pods(client, "shop", "") == ()
