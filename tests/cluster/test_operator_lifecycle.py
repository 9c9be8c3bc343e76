"""How the operator ends, and who takes over: on the real control plane, each test with a Lease of its own."""

from datetime import timedelta
from pathlib import Path

import pytest

from testbed.clock import monotonic, wait_until
from testbed.cluster import Cluster
from testbed.faults import Drop
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus, StartProxy
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scene import CPU, JOB, QUEUE, REQUESTS, Scene
from tests.cluster.test_story import recorded

AT_ONCE = timedelta(seconds=8)  # candidates ask every 2 s
TAKE_OVER = timedelta(seconds=25)  # the dead leader's Lease runs out after 15 s
DEEP_QUEUE = {"name": "deep-queue", "signal": "queue", "steps": [{"above": 1000, "addReplicas": 5}]}
ENDED = timedelta(seconds=60)  # a start, or the end of all that runs, on a busy machine


@pytest.fixture
def own_lease(cluster: Cluster, namespace: str, operator_identity: str) -> str:
    """The flag that gives an operator a Lease in the test's own namespace, and its rights there."""
    group = "rbac.authorization.k8s.io"
    metadata = {"name": "lease", "namespace": namespace}
    leases = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create", "get", "patch"]}
    freeze = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["headroom-freeze"], "verbs": ["get"]}
    reference = {"apiGroup": group, "kind": "Role", "name": "lease"}
    subject = cluster.subject(operator_identity)
    cluster.apply(
        [
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [leases, freeze]},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": reference,
                "subjects": [subject],
            },
        ]
    )
    return f"--namespace={namespace}"


def holder(scene: Scene) -> str:
    lease = scene.cluster.get("lease", "headroom", f"--namespace={scene.namespace}")
    return str(lease["spec"].get("holderIdentity", ""))


def leads(operator: OperatorProcess, *, within: timedelta) -> bool:
    return wait_until(lambda: '"event": "leading"' in operator.output(), within)


def ended(operator: OperatorProcess) -> int | None:
    wait_until(lambda: operator.exit_code is not None, ENDED)
    return operator.exit_code


def test_a_stop_gives_the_lease_back_and_ends_well(scene: Scene, own_lease: str, operate: Operate) -> None:
    first = operate(own_lease)
    assert leads(first, within=TAKE_OVER)
    second = operate(own_lease)
    second.wait_for_log('"event": "started"')

    first.stop()

    assert first.exit_code == 0
    assert leads(second, within=AT_ONCE)
    assert '"level": "error"' not in first.output()


def test_a_standby_writes_nothing_and_takes_over_from_the_dead(
    scene: Scene, own_lease: str, cluster: Cluster, start_proxy: StartProxy, operate: Operate
) -> None:
    scene.deployment(replicas=1)
    scene.source("http://127.0.0.1:9")
    scene.policy(REQUESTS)
    first = operate(own_lease)
    assert leads(first, within=TAKE_OVER)
    proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    second = operate(own_lease, server=proxy.url)
    second.wait_for_log('"event": "started"')
    assert not leads(second, within=timedelta(seconds=3))

    written = proxy.writes()
    first.kill()
    died = monotonic()

    assert leads(second, within=TAKE_OVER)
    assert written == ()
    assert monotonic() - died < TAKE_OVER.total_seconds()
    assert holder(scene)


def test_who_loses_the_lease_ends_with_an_error(
    scene: Scene, own_lease: str, cluster: Cluster, start_proxy: StartProxy, operate: Operate
) -> None:
    proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    operator = operate(own_lease, server=proxy.url)
    assert leads(operator, within=TAKE_OVER)

    with proxy.fault(Drop(), when=lambda call: "/leases" in call.path):
        code = ended(operator)

    assert code is not None
    assert code > 0
    assert "lost the lead" in operator.output()


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--port=70000", "settings: port: "),
        ("--data-dir=/proc/headroom", "--data-dir: "),
        ("--record=/proc/headroom", "--record: "),
        ("--kubeconfig=/nowhere/kubeconfig", "no cluster to connect to"),
    ],
    ids=lambda value: value.partition("=")[0],
)
def test_an_operator_that_cannot_start_says_why_in_a_sentence(
    own_lease: str, operate: Operate, flag: str, said: str
) -> None:
    operator = operate(own_lease, flag)

    assert ended(operator) == 2
    assert f"headroom: {said}" in operator.output()
    assert "Traceback" not in operator.output()


def test_what_is_decided_is_recorded_line_by_line(
    scene: Scene, own_lease: str, start_prometheus: StartPrometheus, operate: Operate, tmp_path: Path
) -> None:
    scene.exporter.gauge("queue_depth", {"namespace": scene.namespace, "queue": "orders"}, value=1500)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=2)
    scene.policy(QUEUE, stepScaling=[DEEP_QUEUE], maxReplicas=3)
    folder = tmp_path / "record"
    operator = operate(own_lease, f"--record={folder}")
    scene.wait_for_replicas(3)

    operator.stop()

    records = recorded(folder, scene.namespace)
    first = next(record for record in records if record["desiredReplicas"] == 3)
    assert "StepRule" in {voice["reason"] for voice in first["candidates"]}
    assert all("limiters" in record for record in records)
    assert first["observation"]["spec"]["maxReplicas"] == 3


def test_a_source_shows_whether_it_answers(
    scene: Scene, own_lease: str, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    scene.exporter.gauge("container_cpu_usage_seconds_total", scene.labels(), value=1)
    prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)])
    scene.source(prometheus.url)
    scene.deployment(replicas=1)
    scene.policy(CPU | {"load": {"perReplica": 1}})
    operate(own_lease)
    source = ("msrc", scene.namespace)

    assert wait_until(lambda: "True" in scene.cluster.kubectl("get", *source), TAKE_OVER)
    prometheus.stop()
    assert wait_until(lambda: "False" in scene.cluster.kubectl("get", *source), TAKE_OVER)

    (condition,) = scene.cluster.get(*source)["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("Reachable", "NotAnswering")
    assert condition["message"]
