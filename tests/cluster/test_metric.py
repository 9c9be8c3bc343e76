"""The Metric actuator through the whole chain: gauge, real Prometheus, real prometheus-adapter, real HPA controller."""

import json
from datetime import timedelta
from typing import Any

from testbed.clock import wait_until
from testbed.endpoints import LOOPBACK, free_port
from testbed.errors import CommandFailed
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartAdapter, StartPrometheus
from tests.cluster.examples import KEDA, METRIC, example
from tests.cluster.scene import JOB, QUEUE, Scene
from tests.cluster.test_hpa_floor import HPA_MOVES

WISH = "headroom_wanted_replicas"
JOBS = {**QUEUE, "load": {"perReplica": 10}}
WANTED = 9
HPA_CONTROLLER = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"  # it has Kubernetes' own rights to read
SOON = timedelta(seconds=45)


def test_a_wish_reaches_an_hpa_by_the_example_and_headroom_writes_nothing_to_the_workload(
    scene: Scene, start_prometheus: StartPrometheus, start_adapter: StartAdapter, operate: Operate
) -> None:
    port = free_port()
    prometheus = start_prometheus(
        [ScrapeTarget(scene.exporter.address, JOB), ScrapeTarget(f"{LOOPBACK}:{port}", "headroom")]
    )
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=5)
    for others in ({"namespace": scene.namespace, "policy": "other"}, {"namespace": "other", "policy": "web"}):
        scene.exporter.gauge(WISH, others, value=5 * WANTED)
    scene.source(prometheus.url)
    scene.deployment(replicas=2)
    scene.policy(JOBS, actuator="Metric", minReplicas=WANTED)
    query = kedas_query(scene.namespace)

    operate(f"--port={port}")

    assert wait_until(lambda: prometheus.value(query) == WANTED, SOON), scene.status()
    rules = example(METRIC, "ConfigMap", namespace=scene.namespace)["data"]["config.yaml"]
    start_adapter(prometheus, rules)
    assert wait_until(lambda: bool(seen_by_the_hpa_controller(scene)), SOON)  # the adapter looks for series by itself
    assert seen_by_the_hpa_controller(scene) == [str(WANTED)]
    scene.cluster.apply([an_hpa_that_follows(scene.namespace)])
    scene.wait_for_replicas(WANTED, within=HPA_MOVES)
    scene.policy(JOBS, actuator="Metric", minReplicas=WANTED, mode="Recommend")
    assert wait_until(lambda: prometheus.value(query) is None, SOON)
    assert wait_until(lambda: metrics_of_the_hpa(scene) == "FailedGetExternalMetric", HPA_MOVES)
    assert scene.replicas() == WANTED
    deployment = scene.cluster.get("deployment/web", f"--namespace={scene.namespace}", "--show-managed-fields")
    assert "headroom" not in {entry["manager"] for entry in deployment["metadata"]["managedFields"]}


def kedas_query(namespace: str) -> str:
    """Return the query of the KEDA example, for the policy of this scene."""
    scaled = example(KEDA, "ScaledObject", namespace=namespace)
    query: str = scaled["spec"]["triggers"][0]["metadata"]["query"]
    return query


def an_hpa_that_follows(namespace: str) -> dict[str, Any]:
    """Return the HPA of the prometheus-adapter example on this scene's Deployment, without CPU, which has no source."""
    hpa = example(METRIC, "HorizontalPodAutoscaler", namespace=namespace)
    hpa["spec"]["minReplicas"] = 1
    hpa["spec"]["metrics"] = [metric for metric in hpa["spec"]["metrics"] if metric["type"] == "External"]
    return hpa


def seen_by_the_hpa_controller(scene: Scene) -> list[str]:
    """Return the values of the metric as an ordinary cluster's HPA controller is answered; none while it is unknown."""
    path = f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{scene.namespace}/{WISH}?labelSelector=policy%3Dweb"
    try:
        answer = json.loads(scene.cluster.kubectl("get", "--raw", path, f"--as={HPA_CONTROLLER}"))
    except CommandFailed:
        return []
    return [item["value"] for item in answer["items"]]


def metrics_of_the_hpa(scene: Scene) -> str:
    """Return the reason of what the HPA says about its metrics; empty while it says nothing."""
    hpa = scene.cluster.get("hpa/web", f"--namespace={scene.namespace}")
    conditions = hpa.get("status", {}).get("conditions", [])
    return next((condition["reason"] for condition in conditions if condition["type"] == "ScalingActive"), "")
