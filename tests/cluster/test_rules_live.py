"""Step rules on real metrics: queue depth over 1000 adds 50 %, p95 over 250 ms adds though CPU is low."""

from datetime import timedelta

from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import CPU, JOB, LATENCY, QUEUE, Scene

START_UP = timedelta(seconds=20)
STARTING = timedelta(seconds=12)  # long enough to see that a rule does not repeat while pods start
DEEP_QUEUE = {"name": "deep-queue", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
SLOW = {"name": "slow", "signal": "latency", "steps": [{"above": "250m", "addPercent": 25}]}


def test_a_queue_of_1500_adds_half_of_the_workers_once(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=1500)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment("worker", replicas=10, start_up=START_UP)
    scene.policy(QUEUE, name="worker", target="worker", stepScaling=[DEEP_QUEUE])

    operate()

    scene.wait_for_replicas(15, "worker")
    scene.stays(15, "worker", during=STARTING)
    assert scene.status("worker")["reason"] == "StepRule"
    assert "queue rose above 1000, adds 50 %" in scene.status("worker")["message"]


def test_a_p95_of_300_ms_adds_capacity_although_cpu_is_low(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    scene.exporter.histogram("http_request_duration_seconds", scene.labels(), rate=100, p95=0.3)
    scene.exporter.counter("container_cpu_usage_seconds_total", {**scene.labels(), "container": "app"}, rate=0.4)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=8, start_up=START_UP)
    scene.policy(LATENCY, {**CPU, "load": {"perReplica": 1}}, stepScaling=[SLOW])

    operate()

    scene.wait_for_replicas(10)
    scene.stays(10, during=STARTING)
    assert scene.status()["reason"] == "StepRule"
    assert "latency rose above 0.25, adds 25 %" in scene.status()["message"]
