"""Tenants share queries, not faults: one namespace's malformed histogram is nobody else's problem."""

from collections.abc import Iterator

import pytest

from testbed.clock import wait_until
from testbed.cluster import Cluster
from testbed.exporter import Malformation
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, LATENCY, SOON, Scene

SLOW = {"name": "slow", "signal": "latency", "steps": [{"above": "250m", "addPercent": 25}]}


@pytest.fixture
def neighbour(cluster: Cluster, scene: Scene) -> Iterator[Scene]:
    """A second namespace on the same Prometheus."""
    name = f"{scene.namespace}-b"
    cluster.kubectl("create", "namespace", name)
    yield Scene(cluster, name, scene.exporter)
    cluster.kubectl("delete", "namespace", name, "--wait=false")


def test_a_malformed_histogram_makes_only_its_own_namespace_unhealthy(
    scene: Scene, neighbour: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)])
    scene.source(prometheus.url)
    for each in (scene, neighbour):
        histogram = each.exporter.histogram("http_request_duration_seconds", each.labels(), rate=100, p95=0.1)
        each.deployment(replicas=2)
        each.policy(LATENCY, stepScaling=[SLOW], metricsSource=scene.namespace)
    histogram.malformation = Malformation.BAD_BOUND

    operate()

    neighbour.wait_for_condition("SignalsHealthy", "SignalUnhealthy")
    scene.wait_for_condition("SignalsHealthy", "SignalsFresh")
    assert wait_until(lambda: "bucket" in neighbour.condition("SignalsHealthy")["message"], SOON)
