"""The Metric actuator through the whole chain: the operator's gauge, the real Prometheus, the real HPA controller."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from testbed.clock import wait_until
from testbed.endpoints import LOOPBACK, free_port
from testbed.external_metrics import ExternalMetrics
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, QUEUE, Scene
from tests.cluster.test_hpa_floor import CERTIFICATE, HPA_MOVES

EXAMPLES = Path(__file__).parents[2] / "examples" / "actuators"
JOBS = {**QUEUE, "load": {"perReplica": 10}}
WANTED = 9
SOON = timedelta(seconds=45)


def test_a_wish_reaches_an_hpa_through_prometheus_and_headroom_writes_nothing_to_the_workload(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    port = free_port()
    prometheus = start_prometheus(
        [ScrapeTarget(scene.exporter.address, JOB), ScrapeTarget(f"{LOOPBACK}:{port}", "headroom")]
    )
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=5)
    scene.source(prometheus.url)
    scene.deployment(replicas=2)
    scene.policy(JOBS, actuator="Metric", minReplicas=WANTED)
    query = kedas_query(scene.namespace)

    operate(f"--port={port}")

    assert wait_until(lambda: prometheus.value(query) == WANTED, SOON), scene.status()
    with ExternalMetrics(scene.cluster, scene.namespace, CERTIFICATE) as metrics:
        metrics.export(scene.namespace, "headroom_wanted_replicas", lambda: prometheus.value(query) or 0)
        scene.cluster.apply([an_hpa_that_follows(scene.namespace)])
        scene.wait_for_replicas(WANTED, within=HPA_MOVES)
    scene.policy(JOBS, actuator="Metric", minReplicas=WANTED, mode="Recommend")
    assert wait_until(lambda: prometheus.value(query) is None, SOON)
    deployment = scene.cluster.get("deployment/web", f"--namespace={scene.namespace}", "--show-managed-fields")
    assert "headroom" not in {entry["manager"] for entry in deployment["metadata"]["managedFields"]}


def kedas_query(namespace: str) -> str:
    """Return the query of the KEDA example, for the policy of this scene."""
    (scaled,) = yaml.safe_load_all((EXAMPLES / "metric-keda.yaml").read_text())
    query: str = scaled["spec"]["triggers"][0]["metadata"]["query"]
    return query.replace("shop", namespace).replace("checkout", "web")


def an_hpa_that_follows(namespace: str) -> dict[str, Any]:
    """Return the HPA of the prometheus-adapter example on this scene's Deployment, without CPU, which has no source."""
    _, hpa = yaml.safe_load_all((EXAMPLES / "metric-prometheus-adapter.yaml").read_text())
    text = yaml.safe_dump(hpa).replace("shop", namespace).replace("checkout", "web")
    made: dict[str, Any] = yaml.safe_load(text)
    made["spec"]["minReplicas"] = 1
    made["spec"]["metrics"] = [metric for metric in made["spec"]["metrics"] if metric["type"] == "External"]
    return made
