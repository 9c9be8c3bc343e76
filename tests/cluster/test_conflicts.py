"""Several who would scale one workload: the later is refused and told who owns it; Recommend works beside anybody."""

from datetime import timedelta

from testbed.clock import wait_until
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, REQUESTS, Scene

DECIDED = timedelta(seconds=60)


def busy_scene(scene: Scene, start_prometheus: StartPrometheus) -> None:
    scene.exporter.counter("http_requests_total", scene.labels(), rate=100)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=3)


def test_of_two_active_policies_on_one_target_the_later_is_refused(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    busy_scene(scene, start_prometheus)
    scene.policy(REQUESTS, name="first")
    assert wait_until(lambda: scene.age("first") >= timedelta(seconds=2), DECIDED)
    scene.policy(REQUESTS, name="second", minReplicas=50)
    scene.policy(REQUESTS, name="watching", mode="Recommend", minReplicas=60)

    operate()

    scene.wait_for_condition("Acting", "TargetOwnedByPolicy", "second")
    scene.wait_for_condition("Acting", "ReadyForScale", "first")
    scene.wait_for_condition("Acting", "Recommending", "watching")
    assert "first" in scene.condition("Acting", "second")["message"]
    scene.wait_for_replicas(10)
    assert scene.replicas() < 50
    assert scene.status("watching")["desiredReplicas"] == 60


def test_a_target_that_an_hpa_owns_is_left_to_it(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    busy_scene(scene, start_prometheus)
    scene.cluster.kubectl(
        "autoscale", "deployment/web", "--min=1", "--max=3", "--cpu=50%", f"--namespace={scene.namespace}"
    )
    scene.policy(REQUESTS, name="active")
    scene.policy(REQUESTS, name="watching", mode="Recommend")

    operate()

    scene.wait_for_condition("Acting", "TargetOwnedByHPA", "active")
    scene.wait_for_condition("Acting", "Recommending", "watching")
    assert "HorizontalPodAutoscaler web" in scene.condition("Acting", "active")["message"]
    assert wait_until(lambda: scene.status("watching").get("desiredReplicas", 0) > 3, DECIDED)
    assert scene.replicas() == 3
