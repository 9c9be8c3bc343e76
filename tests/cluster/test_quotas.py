"""A ResourceQuota that two policies share on a real control plane, which counts and refuses pods by it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from testbed.clock import wait_until
from testbed.prometheus import ScrapeTarget
from tests.chart.rendering import render, the
from tests.cluster.conftest import OPERATOR_NAMESPACE, StartOperator, StartPrometheus
from tests.cluster.scene import JOB, QUEUE, Scene

SWEEP = timedelta(seconds=2)
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
HALF_A_CORE = "500m"


@pytest.fixture
def granted(scene: Scene, operator_identity: str) -> Iterator[str]:
    """The operator's identity with the right to list quotas, as the chart grants it."""
    scene.cluster.apply([the("ClusterRole", render("resourceQuotas=true"))])
    yield operator_identity
    scene.cluster.apply([the("ClusterRole", render())])


@pytest.fixture
def workloads(scene: Scene, start_prometheus: StartPrometheus) -> Scene:
    """Three Deployments with pods of half a core, in a namespace that may take six cores: all of it is taken.

    `web` needs 12 replicas for its 84 jobs at 70 % of ten each, and has 8; `mail` needs 8, and has 2; nobody scales
    `other`.
    """
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team", "namespace": scene.namespace}}
    scene.cluster.apply([quota | {"spec": {"hard": {"requests.cpu": "6", "pods": "50"}}}])
    for name, replicas in (("web", 8), ("mail", 2), ("other", 2)):
        scene.deployment(name, replicas=replicas, cpu=HALF_A_CORE)
    for name, waiting in (("web", 84), ("mail", 56)):
        scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": name}, value=waiting)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    assert wait_until(lambda: used(scene) == "6", timedelta(seconds=30))
    return scene


def used(scene: Scene) -> str | None:
    """Return the cores that the quota's own controller has counted."""
    quota = scene.cluster.get("resourcequota/team", f"--namespace={scene.namespace}")
    cores: str | None = quota.get("status", {}).get("used", {}).get("requests.cpu")
    return cores


def jobs(queue: str) -> dict[str, Any]:
    """Return a signal that needs a replica for each ten jobs of a queue."""
    return {**QUEUE, "workload": queue, "load": {"perReplica": 10}}


def is_refused_pods(scene: Scene, name: str) -> bool:
    """Tell whether the API server has refused pods of a Deployment."""
    status = scene.cluster.get(f"deployment/{name}", f"--namespace={scene.namespace}")["status"]
    return any(each["type"] == "ReplicaFailure" for each in status["conditions"])


def test_the_higher_priority_gets_its_wish_and_the_other_the_rest_to_the_pod(
    workloads: Scene, granted: str, start_operator: StartOperator, tmp_path: Path
) -> None:
    # Six cores are twelve pods; two of them are the other's. Of the ten left mail has its eight, and web the rest.
    scene = workloads
    scene.policy(jobs("web"), name="web", target="web", minReplicas=1, behavior=AT_ONCE)
    scene.policy(jobs("mail"), name="mail", target="mail", minReplicas=1, behavior=AT_ONCE, priority=10)

    start_operator(
        scene.cluster.kubeconfig(granted),
        f"--sweep-seconds={SWEEP.total_seconds():g}",
        f"--data-dir={tmp_path}",
        "--host=127.0.0.1",
        "--port=0",
        f"--namespace={OPERATOR_NAMESPACE}",
        HEADROOM_RESOURCE_QUOTAS="true",
    )

    assert wait_until(lambda: scene.ready("mail") == 8, timedelta(seconds=60)), scene.status("mail")
    scene.wait_for_condition("ScalingLimited", "QuotaShared")
    scene.stays(2, "web", during=3 * SWEEP)
    limited = scene.condition("ScalingLimited")["message"]
    assert limited == "ResourceQuota team (requests.cpu) leaves 2 of 12 replicas, by priority and need"
    assert (scene.replicas("mail"), scene.ready("web")) == (8, 2)
    assert wait_until(lambda: used(scene) == "6", timedelta(seconds=30)), used(scene)  # it counts a little later
    assert not is_refused_pods(scene, "web")
    assert not is_refused_pods(scene, "mail")
