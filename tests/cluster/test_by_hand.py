"""What people hold by hand, on a real control plane: a pause, a pin, and the kill switch work within one sweep."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest

from testbed.clock import now, wait_until
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import OPERATOR_NAMESPACE, Operate, StartPrometheus
from tests.cluster.scene import JOB, QUEUE, Scene

SWEEP = timedelta(seconds=4)
ONE_SWEEP = SWEEP + timedelta(seconds=3)  # what kubectl and the writes take on a busy machine
SEVERAL_SWEEPS = 2 * SWEEP
JOBS = {**QUEUE, "load": {"perReplica": 10}}
WAITING = 28  # jobs, that need four replicas at 70 % of ten each
AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0, "tolerancePercent": 0}}
FREEZE = "configmap/headroom-freeze"


class Freezer(Protocol):
    """Freeze all policies."""

    def __call__(self, **data: str) -> None: ...


class Workload:
    """A policy whose wish a test moves by its minReplicas."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def write(self, **spec: Any) -> None:  # noqa: ANN401  as the wire has it
        """Write the policy anew; what is not named here is taken out of it."""
        self.scene.policy(JOBS, behavior=AT_ONCE, **spec)


@pytest.fixture
def workload(scene: Scene, start_prometheus: StartPrometheus, operate: Operate) -> Workload:
    """A Deployment that has settled at the four replicas that its demand needs."""
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=WAITING)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=2)
    settled = Workload(scene)
    settled.write()
    operate(f"--sweep-seconds={SWEEP.total_seconds():g}")
    scene.wait_for_replicas(4)
    return settled


@pytest.fixture
def frozen(workload: Workload) -> Iterator[Freezer]:
    """The kill switch, off again after the test."""
    cluster = workload.scene.cluster

    def freeze(**data: str) -> None:
        literals = [f"--from-literal={key}={value}" for key, value in data.items()]
        cluster.kubectl("create", "configmap", "headroom-freeze", f"--namespace={OPERATOR_NAMESPACE}", *literals)

    yield freeze
    cluster.kubectl("delete", FREEZE, f"--namespace={OPERATOR_NAMESPACE}", "--ignore-not-found")


def test_a_freeze_stops_every_change_until_it_is_deleted(workload: Workload, frozen: Freezer) -> None:
    scene = workload.scene
    frozen(by="anna, incident 4711")

    scene.wait_for_condition("Acting", "Frozen", within=ONE_SWEEP)
    workload.write(minReplicas=20)
    scene.stays(4, during=SEVERAL_SWEEPS)
    assert "made by anna, incident 4711 at" in scene.condition("Acting")["message"]
    assert "until it is deleted" in scene.condition("Acting")["message"]
    scene.cluster.kubectl("delete", FREEZE, f"--namespace={OPERATOR_NAMESPACE}")

    scene.wait_for_replicas(20, within=ONE_SWEEP)
    scene.wait_for_condition("Acting", "ReadyForScale")


def test_a_freeze_ends_by_itself_at_the_time_it_names(workload: Workload, frozen: Freezer) -> None:
    scene, end = workload.scene, now() + 4 * SWEEP
    frozen(until=end.isoformat())
    scene.wait_for_condition("Acting", "Frozen", within=ONE_SWEEP)

    workload.write(minReplicas=20)

    scene.stays(4, during=end - now())
    scene.wait_for_replicas(20, within=ONE_SWEEP)


def test_a_pin_holds_its_number_within_a_sweep_and_ends_by_itself(workload: Workload) -> None:
    scene, end = workload.scene, now() + 4 * SWEEP
    workload.write(pin={"replicas": 33, "until": end.isoformat()})

    scene.wait_for_replicas(33, within=ONE_SWEEP)

    scene.stays(33, during=end - now() - timedelta(seconds=1))
    assert wait_until(lambda: scene.replicas() == 4, ONE_SWEEP + timedelta(seconds=1))


def test_a_pause_of_one_direction_forbids_that_one_alone(workload: Workload) -> None:
    scene = workload.scene
    workload.write(pause={"direction": "ScaleDown"}, minReplicas=20)
    scene.wait_for_replicas(20, within=ONE_SWEEP)

    workload.write(pause={"direction": "ScaleDown"})

    assert wait_until(lambda: scene.status()["reason"] == "Paused", ONE_SWEEP)
    scene.stays(20, during=SEVERAL_SWEEPS)
    workload.write()
    assert wait_until(lambda: scene.replicas() == 4, ONE_SWEEP)
