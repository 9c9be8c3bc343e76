"""Somebody else who writes the same replicas, on a real control plane: found within two cycles, named, yielded to."""

import json
from datetime import timedelta

import pytest

from testbed.clock import now, wait_until
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scene import JOB, QUEUE, Scene

SWEEP = timedelta(seconds=4)
ONE_SWEEP = SWEEP + timedelta(seconds=3)  # what kubectl and the writes take on a busy machine
TAKE_OVER = timedelta(seconds=60)  # the dead process's Lease runs out after 15 s
JOBS = {**QUEUE, "load": {"perReplica": 10}}
NEEDED = 4  # replicas for 28 jobs at 70 % of ten each
SCRIPT = "capacity-script"


@pytest.fixture
def operator(scene: Scene, start_prometheus: StartPrometheus, operate: Operate) -> OperatorProcess:
    """An operator that has scaled a Deployment to the four replicas that its demand needs."""
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=28)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=2)
    scene.policy(JOBS)
    running = operate(f"--sweep-seconds={SWEEP.total_seconds():g}")
    scene.wait_for_replicas(NEEDED)
    return running


def script_sets(scene: Scene, replicas: int) -> None:
    """Do what a script does that knows no other writer."""
    patch = json.dumps({"spec": {"replicas": replicas}})
    scene.cluster.kubectl(
        "patch",
        "deployment/web",
        f"--patch={patch}",
        f"--field-manager={SCRIPT}",
        f"--namespace={scene.namespace}",
    )


def fight(scene: Scene) -> None:
    """Let the script set back twice what Headroom writes, and wait until it is found."""
    script_sets(scene, 2)
    scene.wait_for_replicas(NEEDED, within=ONE_SWEEP)
    script_sets(scene, 2)
    scene.wait_for_condition("Acting", "SecondWriter", within=ONE_SWEEP)


def test_a_script_that_sets_replicas_back_is_named_and_yielded_to_over_a_restart(
    scene: Scene, operator: OperatorProcess
) -> None:
    fight(scene)

    assert scene.condition("Acting")["message"].startswith(f"{SCRIPT} goes on changing the replicas of Deployment web")
    assert wait_until(lambda: any(event["reason"] == "SecondWriter" for event in scene.events()), ONE_SWEEP)
    operator.restart()
    assert wait_until(lambda: operator.output().count('"event": "leading"') == 2, TAKE_OVER)
    scene.stays(2, during=3 * SWEEP)
    assert scene.status()["desiredReplicas"] == NEEDED


def test_replicas_are_taken_up_again_when_the_script_has_been_gone_for_a_while(
    scene: Scene, operator: OperatorProcess
) -> None:
    fight(scene)
    operator.stop()
    ten_minutes_ago = (now() - timedelta(minutes=10)).isoformat()
    patch = json.dumps({"status": {"memory": {"writer": {"changedAt": ten_minutes_ago}}}})
    scene.cluster.kubectl(
        "patch",
        "spol/web",
        "--subresource=status",
        "--type=merge",
        f"--patch={patch}",
        f"--namespace={scene.namespace}",
    )

    operator.restart()

    scene.wait_for_replicas(NEEDED)
    scene.wait_for_condition("Acting", "ReadyForScale")


def test_an_hpa_made_later_gets_the_target_and_its_end_gives_it_back(scene: Scene, operator: OperatorProcess) -> None:
    del operator
    here = f"--namespace={scene.namespace}"
    scene.cluster.kubectl("autoscale", "deployment/web", "--name=late", "--min=1", "--max=3", "--cpu=50%", here)

    scene.wait_for_condition("Acting", "TargetOwnedByHPA", within=ONE_SWEEP)

    assert "HorizontalPodAutoscaler late scales Deployment web" in scene.condition("Acting")["message"]
    scene.policy(JOBS, minReplicas=9)
    scene.cluster.kubectl("delete", "hpa/late", here)
    scene.wait_for_replicas(9, within=ONE_SWEEP)
    scene.wait_for_condition("Acting", "ReadyForScale")
