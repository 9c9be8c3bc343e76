"""Prometheus in trouble: never a scale-down, a condition that says which trouble, and recovery by itself.

Five namespaces, each with a source and a trouble of its own, under one operator: waiting is shared.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from testbed.clock import wait_until
from testbed.cluster import Cluster
from testbed.exporter import Counter, Exporter
from testbed.faults import Answer, Effect, NoData, Warn
from testbed.prometheus import Prometheus, ScrapeTarget
from testbed.proxy import Proxy
from tests.cluster.conftest import Operate, StartPrometheus, StartProxy
from tests.cluster.scene import JOB, REQUESTS, Scene

BUSY_RPS, QUIET_RPS = 300, 20
BUSY_REPLICAS = 30  # 300 requests/s at 10 a replica, before any slack
TEMPTED = timedelta(seconds=20)  # sweeps in which a naive controller would remove replicas
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
SCALED = timedelta(seconds=120)
RECOVERED = timedelta(seconds=240)  # a breaker half-opens after up to two minutes, and a rate over a minute sinks

TROUBLES = {
    "stopped": "cannot be reached",
    "answers 500": "500",
    "answers with a warning": "only one of two stores answered",
    "has no data": "has no fresh sample",
    "answers HTML": "",
}


@dataclass
class Tenant:
    """One namespace whose source is in trouble."""

    scene: Scene
    prometheus: Prometheus
    proxy: Proxy
    requests: Counter

    def trouble(self, name: str) -> AbstractContextManager[None]:
        """Return the trouble of this name, to be entered."""
        effects: dict[str, Effect] = {
            "answers 500": Answer(500, b"broken"),
            "answers with a warning": Warn("only one of two stores answered"),
            "has no data": NoData(),
            "answers HTML": Answer(200, b"<html>login</html>"),
        }
        return _stopped(self.prometheus) if name == "stopped" else self.proxy.fault(effects[name])


@contextmanager
def _stopped(prometheus: Prometheus) -> Iterator[None]:
    prometheus.stop()
    yield
    prometheus.start()


@pytest.fixture
def tenants(
    cluster: Cluster, exporter: Exporter, start_prometheus: StartPrometheus, start_proxy: StartProxy, namespace: str
) -> Iterator[dict[str, Tenant]]:
    """A busy workload for each trouble; two Prometheus servers, because one of them will be stopped."""
    targets = [ScrapeTarget(exporter.address, JOB)]
    servers = {"stopped": start_prometheus(targets)}
    shared = start_prometheus(targets)
    made: dict[str, Tenant] = {}
    for number, trouble in enumerate(TROUBLES):
        scene = Scene(cluster, f"{namespace}-{number}", exporter)
        cluster.kubectl("create", "namespace", scene.namespace)
        prometheus = servers.get(trouble, shared)
        proxy = start_proxy(prometheus.url)
        requests = exporter.counter("http_requests_total", scene.labels(), rate=BUSY_RPS)
        scene.source(prometheus.url if trouble in servers else proxy.url)
        scene.deployment(replicas=2)
        scene.policy(REQUESTS, behavior=AT_ONCE, objective={"p95Milliseconds": 250})
        made[trouble] = Tenant(scene, prometheus, proxy, requests)
    yield made
    for tenant in made.values():
        cluster.kubectl("delete", "namespace", tenant.scene.namespace, "--wait=false")


def test_trouble_never_removes_replicas_and_passes_by_itself(tenants: dict[str, Tenant], operate: Operate) -> None:
    operate()
    for tenant in tenants.values():
        tenant.scene.wait_for_replicas(BUSY_REPLICAS, within=SCALED)

    with ExitStack() as troubles:
        for name, tenant in tenants.items():
            troubles.enter_context(tenant.trouble(name))
            tenant.requests.rate = QUIET_RPS  # what a healthy source would now tell, and what would remove replicas
        for tenant in tenants.values():
            tenant.scene.wait_for_condition("SignalsHealthy", "SignalUnhealthy")
        held = {name: tenant.scene.replicas() for name, tenant in tenants.items()}
        moved = wait_until(lambda: held != {name: each.scene.replicas() for name, each in tenants.items()}, TEMPTED)
        messages = {name: each.scene.condition("SignalsHealthy")["message"] for name, each in tenants.items()}

    assert not moved, f"held {held}, now { ({name: each.scene.replicas() for name, each in tenants.items()}) }"
    assert min(held.values()) >= BUSY_REPLICAS
    assert {name: said in messages[name] for name, said in TROUBLES.items()} == dict.fromkeys(TROUBLES, True), messages
    for name, tenant in tenants.items():
        tenant.scene.wait_for_condition("SignalsHealthy", "SignalsFresh", within=RECOVERED)
        assert _sinks_below(held[name], tenant.scene), f"{name}: healthy again, but nothing was removed"


def _sinks_below(held: int, scene: Scene) -> bool:
    return wait_until(lambda: scene.replicas() < held, RECOVERED)
