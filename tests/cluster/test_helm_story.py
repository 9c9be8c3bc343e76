"""The chart as people install it: real helm, then the operator with the token of the chart's own ServiceAccount."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from testbed.clock import now, wait_until
from testbed.cluster import Cluster
from testbed.prometheus import ScrapeTarget
from testbed.proxy import Proxy
from tests.chart.rendering import CHART
from tests.cluster.conftest import StartOperator, StartPrometheus, StartProxy
from tests.cluster.scene import JOB, LATENCY, REQUESTS, Scene, last_value, request_history

RELEASE = "headroom-story"
FORBIDDEN = 403
SPIKE_DUE_IN = timedelta(minutes=6)
SPIKE_REPLICAS = 40  # 400 requests/s at 10 a replica, before any slack
DONE = timedelta(seconds=90)


@pytest.fixture
def released(cluster: Cluster, scene: Scene, start_prometheus: StartPrometheus) -> Iterator[str]:
    """The chart, installed by helm into a namespace of its own; its ServiceAccount as an identity."""
    moment = now()
    history = request_history(scene.labels(), end=moment, spike_at=moment + SPIKE_DUE_IN)
    scene.exporter.counter("http_requests_total", scene.labels(), rate=20, start=last_value(history))
    prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)], history=[history])
    home = f"{scene.namespace}-release"
    settings = [f"--set=prometheus.url={prometheus.url}", "--set=prometheus.scrapeIntervalSeconds=1"]
    cluster.helm("install", RELEASE, str(CHART), f"--namespace={home}", "--create-namespace", "--skip-crds", *settings)
    yield f"{home}/{RELEASE}"
    cluster.helm("uninstall", RELEASE, f"--namespace={home}")
    cluster.kubectl("delete", "namespace", home, "--wait=false")


def test_the_released_operator_scales_before_the_spike_and_nothing_is_refused(
    cluster: Cluster,
    scene: Scene,
    released: str,
    start_proxy: StartProxy,
    start_operator: StartOperator,
    tmp_path: Path,
) -> None:
    proxy: Proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    scene.exporter.histogram("http_request_duration_seconds", scene.labels(), rate=20, p95=0.1)
    scene.deployment(replicas=6, start_up=timedelta(seconds=3))
    lead_time = {"leadTimeSeconds": 600}
    scene.policy(REQUESTS, LATENCY, objective={"p95Milliseconds": 250}, capacity=lead_time, metricsSource="default")

    operator = start_operator(
        cluster.kubeconfig(released, server=proxy.url),
        "--sweep-seconds=1",
        f"--data-dir={tmp_path}",
        f"--namespace={released.partition('/')[0]}",
        "--host=127.0.0.1",
        "--port=0",
    )

    scene.wait_for_replicas(SPIKE_REPLICAS, within=DONE)
    assert wait_until(lambda: scene.ready() >= SPIKE_REPLICAS, DONE)
    assert wait_until(lambda: bool(scene.report().get("signals")), DONE)
    assert wait_until(lambda: any(event["reason"] == "Forecast" for event in scene.events()), DONE)
    refused = [f"{call.method} {call.path}" for call in proxy.calls if call.status == FORBIDDEN]
    assert refused == []
    operator.stop()
    assert operator.exit_code == 0
