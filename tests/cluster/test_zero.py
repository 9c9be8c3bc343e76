"""Zero on a real control plane: ours wakes with the first job that waits, a person's stays off."""

import json
from datetime import timedelta

import pytest

from testbed.clock import now
from testbed.exporter import Gauge
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, QUEUE, Scene

JOBS = {**QUEUE, "load": {"perReplica": 10}}
QUIET = timedelta(seconds=8)  # several sweeps


@pytest.fixture
def jobs(scene: Scene, start_prometheus: StartPrometheus) -> Gauge:
    """An empty queue, a Deployment at zero, and a policy that may rest."""
    waiting = scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=0)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=0)
    scene.policy(JOBS, scaleToZero={})
    return waiting


def test_what_headroom_took_to_zero_is_woken_by_the_first_job(scene: Scene, jobs: Gauge, operate: Operate) -> None:
    planted = json.dumps({"status": {"memory": {"rest": {"zeroSince": now().isoformat()}}}})
    here = f"--namespace={scene.namespace}"
    scene.cluster.kubectl("patch", "spol/web", "--subresource=status", "--type=merge", f"--patch={planted}", here)
    operate()
    scene.wait_for_condition("SignalsHealthy", "SignalsFresh")
    scene.stays(0, during=QUIET)

    jobs.value = 5

    scene.wait_for_replicas(2, within=timedelta(seconds=20))


def test_what_a_person_set_to_zero_stays_off(scene: Scene, jobs: Gauge, operate: Operate) -> None:
    operate()
    scene.wait_for_condition("Acting", "TargetOff")

    jobs.value = 50

    scene.stays(0, during=QUIET)
