"""Prometheus in trouble: never a scale-down, a condition that says which trouble, and recovery by itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest

from testbed.clock import wait_until
from testbed.faults import Answer, Delay, Drop, NoData, Warn
from testbed.prometheus import Prometheus, ScrapeTarget
from testbed.proxy import Proxy
from tests.cluster.conftest import Operate, StartPrometheus, StartProxy
from tests.cluster.scene import JOB, REQUESTS, Scene

BUSY_RPS, QUIET_RPS = 300, 20
BUSY_REPLICAS = 30  # 300 requests/s at 10 a replica, before any slack
TEMPTED = timedelta(seconds=15)  # sweeps in which a naive controller would remove replicas
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
RECOVERED = timedelta(seconds=120)  # a breaker half-opens, and a rate over a minute sinks

Trouble = Callable[[Prometheus, Proxy], AbstractContextManager[None]]


@contextmanager
def stopped(prometheus: Prometheus, proxy: Proxy) -> Iterator[None]:
    del proxy
    prometheus.stop()
    yield
    prometheus.start()


def injected(effect: Answer | Warn | NoData | Drop | Delay) -> Trouble:
    @contextmanager
    def trouble(prometheus: Prometheus, proxy: Proxy) -> Iterator[None]:
        del prometheus
        with proxy.fault(effect):
            yield

    return trouble


TROUBLES: dict[str, tuple[Trouble, str]] = {
    "stopped": (stopped, ""),
    "answers 500": (injected(Answer(500, b"broken")), "500"),
    "answers with a warning": (injected(Warn("only one of two stores answered")), "only one of two stores answered"),
    "has no data": (injected(NoData()), "no data"),
    "answers HTML": (injected(Answer(200, b"<html>login</html>")), ""),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_never_removes_replicas_and_passes_by_itself(
    name: str,
    scene: Scene,
    start_prometheus: StartPrometheus,
    start_proxy: StartProxy,
    operate: Operate,
) -> None:
    trouble, said = TROUBLES[name]
    requests = scene.exporter.counter("http_requests_total", scene.labels(), rate=BUSY_RPS)
    prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)])
    proxy = start_proxy(prometheus.url)
    scene.source(proxy.url)
    scene.deployment(replicas=2)
    scene.policy(REQUESTS, behavior=AT_ONCE, objective={"p95Milliseconds": 250})
    operate()
    scene.wait_for_replicas(BUSY_REPLICAS, within=RECOVERED)

    with trouble(prometheus, proxy):
        requests.rate = QUIET_RPS
        scene.wait_for_condition("SignalsHealthy", "SignalUnhealthy")
        held = scene.replicas()
        scene.stays(held, during=TEMPTED)
        assert held >= BUSY_REPLICAS
        assert said in scene.condition("SignalsHealthy")["message"]

    scene.wait_for_condition("SignalsHealthy", "SignalsFresh", within=RECOVERED)
    assert wait_until(lambda: scene.replicas() < held, RECOVERED), "healthy again, but nothing was removed"
