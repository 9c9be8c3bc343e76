"""The operator killed in the middle of a sweep and started again: no replica changes by that."""

from datetime import timedelta

from testbed.clock import wait_until
from testbed.cluster import Cluster
from testbed.faults import Delay
from testbed.prometheus import ScrapeTarget
from testbed.proxy import Proxy
from tests.cluster.conftest import Operate, StartPrometheus, StartProxy
from tests.cluster.scene import JOB, QUEUE, Scene

DEEP_QUEUE = {"name": "deep-queue", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
TAKE_OVER = timedelta(seconds=60)  # the dead process's Lease runs out after 15 s
AFTERWARDS = timedelta(seconds=10)


def queue_scene(scene: Scene, start_prometheus: StartPrometheus) -> None:
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=1500)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment("worker", replicas=10, start_up=timedelta(seconds=20))
    scene.policy(QUEUE, name="worker", target="worker", stepScaling=[DEEP_QUEUE])


def test_a_kill_between_the_intent_and_the_scale_applies_it_once(
    scene: Scene,
    cluster: Cluster,
    start_prometheus: StartPrometheus,
    start_proxy: StartProxy,
    operate: Operate,
) -> None:
    queue_scene(scene, start_prometheus)
    proxy: Proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    with proxy.fault(Delay(timedelta(seconds=20)), when=lambda call: call.path.endswith("/scale") and call.writes):
        operator = operate(server=proxy.url)
        assert wait_until(lambda: scene.status("worker").get("desiredReplicas") == 15, TAKE_OVER)
        operator.kill()  # the intent is in the status, the scale is on its way at most
    assert scene.replicas("worker") == 10

    operator.restart()

    scene.wait_for_replicas(15, "worker", within=TAKE_OVER)
    scene.stays(15, "worker", during=AFTERWARDS)


def test_a_kill_after_the_scale_changes_no_replica_count(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    queue_scene(scene, start_prometheus)
    operator = operate()
    scene.wait_for_replicas(15, "worker")

    operator.kill()
    operator.restart()

    assert wait_until(lambda: operator.output().count('"event": "leading"') == 2, TAKE_OVER)
    scene.stays(15, "worker", during=AFTERWARDS)
