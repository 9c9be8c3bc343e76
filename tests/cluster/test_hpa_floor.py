"""The real HPA controller beside an HPAMinReplicas policy: each moves its own number, and nothing fights."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from testbed.clock import now, wait_until
from testbed.exporter import Gauge
from testbed.history import SampledSeries
from testbed.prometheus import ScrapeTarget
from tests.chart.rendering import render, the
from tests.cluster.conftest import OPERATOR_NAMESPACE, StartAdapter, StartOperator, StartPrometheus
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scene import JOB, QUEUE, REQUESTS, Scene, request_history

JOBS = {**QUEUE, "load": {"perReplica": 10}}
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
HPA_MOVES = timedelta(seconds=75)  # it looks every few seconds, and every 15 s on a cluster of one's own
OWN_FLOOR, FORESEEN, REACTED = 2, 12, 20
LONG = timedelta(minutes=5)
QUIET_RPS, SPIKE = 5, 12  # requests/s that one replica serves; the replicas that the daily spike needs
FITTED = timedelta(seconds=90)  # history, one fit and a sweep on a busy machine
RULES = """
externalRules:
  - seriesQuery: load{namespace!=""}
    resources: {overrides: {namespace: {resource: namespace}}}
    metricsQuery: <<.Series>>{<<.LabelMatchers>>}
"""


@dataclass
class Autoscaled:
    """A Deployment with an HPA that follows `load` at ten a replica, under an operator that may raise its floor."""

    scene: Scene
    load: Gauge
    operator: OperatorProcess

    def hpa(self) -> dict[str, Any]:
        """Return the HPA as it stands."""
        return self.scene.cluster.get("hpa/web", f"--namespace={self.scene.namespace}")

    def floor(self) -> int:
        """Return its minReplicas."""
        return int(self.hpa()["spec"]["minReplicas"])

    def write(self, signal: dict[str, Any] = JOBS, /, **spec: Any) -> None:  # noqa: ANN401  as the wire has it
        """Write the policy: what it measures now needs one replica."""
        self.scene.policy(signal, behavior=AT_ONCE, **{"actuator": "HPAMinReplicas", "minReplicas": 1, **spec})

    def announce(self) -> None:
        """Announce a launch that is due within the lead time, and has not begun."""
        begin = now() + LONG
        self.scene.event(start=begin.isoformat(), end=(begin + LONG).isoformat(), minReplicas=FORESEEN)

    def is_given_back(self) -> bool:
        """Return whether the HPA is again as its owner made it."""
        hpa = self.hpa()
        return hpa["spec"]["minReplicas"] == OWN_FLOOR and "headroom.dev" not in json.dumps(hpa["metadata"])


class Autoscale(Protocol):
    """Start it all, with this history in Prometheus."""

    def __call__(self, *history: SampledSeries) -> Autoscaled: ...


@pytest.fixture
def granted(scene: Scene, operator_identity: str) -> Iterator[str]:
    """The operator's identity with the right to patch HPAs, as the chart grants it."""
    role = the("ClusterRole", render("hpaMinReplicas=true"))
    scene.cluster.apply([role])
    yield operator_identity
    scene.cluster.apply([the("ClusterRole", render())])


@pytest.fixture
def autoscale(
    scene: Scene,
    granted: str,
    start_prometheus: StartPrometheus,
    start_adapter: StartAdapter,
    start_operator: StartOperator,
    tmp_path: Path,
) -> Autoscale:
    """Two replicas, an HPA between two and forty, and an operator without a policy."""

    def start(*history: SampledSeries) -> Autoscaled:
        load = scene.exporter.gauge("load", {"namespace": scene.namespace}, value=10)
        prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)], history=history)
        prometheus.wait_until("load")
        start_adapter(prometheus, RULES)
        scene.source(prometheus.url)
        scene.deployment(replicas=OWN_FLOOR)
        scene.cluster.apply([an_hpa(scene.namespace)])
        operator = start_operator(
            scene.cluster.kubeconfig(granted),
            "--sweep-seconds=2",
            f"--data-dir={tmp_path / 'history'}",
            "--host=127.0.0.1",
            "--port=0",
            f"--namespace={OPERATOR_NAMESPACE}",
            HEADROOM_HPA_MIN_REPLICAS="true",
        )
        return Autoscaled(scene, load, operator)

    return start


@pytest.fixture
def autoscaled(autoscale: Autoscale, scene: Scene) -> Autoscaled:
    """The same, with a queue for a policy to watch, which needs one replica."""
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=5)
    return autoscale()


def an_hpa(namespace: str) -> dict[str, Any]:
    """Return an HPA on Deployment `web` that lowers at once."""
    metric = {"metric": {"name": "load"}, "target": {"type": "AverageValue", "averageValue": "10"}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": OWN_FLOOR,
        "maxReplicas": 40,
        "metrics": [{"type": "External", "external": metric}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
    }
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**kind, "metadata": {"name": "web", "namespace": namespace}, "spec": spec}


def test_the_floor_is_raised_before_a_spike_the_hpa_reacts_above_it_and_it_is_lowered_after(
    autoscaled: Autoscaled,
) -> None:
    scene = autoscaled.scene
    autoscaled.write(capacity={"leadTimeSeconds": 600})
    scene.wait_for_condition("Acting", "ReadyForScale")

    autoscaled.announce()
    assert wait_until(lambda: autoscaled.floor() == FORESEEN, timedelta(seconds=20)), scene.status()
    scene.wait_for_replicas(FORESEEN, within=HPA_MOVES)

    autoscaled.load.value = 10 * REACTED
    scene.wait_for_replicas(REACTED, within=HPA_MOVES)
    assert autoscaled.floor() == FORESEEN

    scene.cluster.kubectl("delete", "de/launch", f"--namespace={scene.namespace}")
    assert wait_until(autoscaled.is_given_back, timedelta(seconds=20)), autoscaled.hpa()
    scene.stays(REACTED, during=timedelta(seconds=5))
    autoscaled.load.value = 10
    assert wait_until(lambda: scene.replicas() == OWN_FLOOR, HPA_MOVES)
    _nothing_fought(scene)


def test_the_forecast_itself_raises_the_floor_before_a_daily_spike_and_lowers_it_after(
    autoscale: Autoscale, scene: Scene, start_prometheus: StartPrometheus, tmp_path: Path
) -> None:
    scene.exporter.counter("http_requests_total", scene.labels(), rate=QUIET_RPS)
    due = now() + LONG
    autoscaled = autoscale(quiet_but_for_a_daily_spike(scene, spike_at=due))

    autoscaled.write(REQUESTS, capacity={"leadTimeSeconds": 600})
    assert wait_until(lambda: autoscaled.floor() >= SPIKE, FITTED), scene.status()
    scene.wait_for_replicas(SPIKE, within=HPA_MOVES)
    assert now() < due, "the spike had come already: this machine was too slow for the story"
    assert wait_until(lambda: any(event["reason"] == "Forecast" for event in scene.events()), FITTED)
    assert scene.condition("ForecastReady")["reason"] == "Predictable"

    autoscaled.load.value = 10 * REACTED
    scene.wait_for_replicas(REACTED, within=HPA_MOVES)
    assert SPIKE <= autoscaled.floor() < REACTED

    # An hour later: the same days, with an operator that knows nothing but what it wrote to the cluster.
    autoscaled.operator.stop()
    shutil.rmtree(tmp_path / "history")
    history = quiet_but_for_a_daily_spike(scene, spike_at=due - timedelta(hours=1))
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)], history=[history]).url)
    autoscaled.operator.restart()
    assert wait_until(autoscaled.is_given_back, FITTED), autoscaled.hpa()
    assert scene.condition("ForecastReady")["reason"] == "Predictable"
    scene.stays(REACTED, during=timedelta(seconds=5))
    autoscaled.load.value = 10
    assert wait_until(lambda: scene.replicas() == OWN_FLOOR, HPA_MOVES)
    _nothing_fought(scene)


def quiet_but_for_a_daily_spike(scene: Scene, *, spike_at: datetime) -> SampledSeries:
    """Return two weeks of requests up to now, which one replica serves but for half an hour a day."""
    return request_history(scene.labels(), end=now(), spike_at=spike_at, base=QUIET_RPS, peak=10 * SPIKE)


def _nothing_fought(scene: Scene) -> None:
    """Headroom wrote no replicas, the HPA wrote no floor, and neither was taken for a second writer."""
    deployment = scene.cluster.get("deployment/web", f"--namespace={scene.namespace}", "--show-managed-fields")
    assert "headroom" not in {entry["manager"] for entry in deployment["metadata"]["managedFields"]}
    assert scene.condition("Acting")["reason"] == "ReadyForScale"
    assert not any(event["reason"] == "SecondWriter" for event in scene.events())


@pytest.mark.parametrize("end", ["deleted", "Recommend", "Metric"])
def test_a_floor_that_nobody_holds_any_more_is_given_back(autoscaled: Autoscaled, end: str) -> None:
    scene = autoscaled.scene
    autoscaled.write(minReplicas=FORESEEN)
    assert wait_until(lambda: autoscaled.floor() == FORESEEN, timedelta(seconds=30)), scene.status()
    if end == "deleted":
        autoscaled.operator.stop()
        scene.cluster.kubectl("delete", "spol/web", f"--namespace={scene.namespace}")
        autoscaled.operator.restart()
    else:
        autoscaled.write(minReplicas=FORESEEN, **{"mode": end} if end == "Recommend" else {"actuator": end})

    assert wait_until(autoscaled.is_given_back, timedelta(seconds=40)), autoscaled.hpa()


def test_without_an_hpa_a_condition_says_so(autoscaled: Autoscaled) -> None:
    scene = autoscaled.scene
    scene.cluster.kubectl("delete", "hpa/web", f"--namespace={scene.namespace}")

    autoscaled.write(minReplicas=FORESEEN)

    scene.wait_for_condition("Acting", "HPANotFound")
    assert "no HorizontalPodAutoscaler scales Deployment web" in scene.condition("Acting")["message"]
    assert scene.replicas() == OWN_FLOOR
