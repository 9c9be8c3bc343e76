"""Fixtures of the real servers: one cluster a session; a namespace, exporters and Prometheus servers a test.

HEADROOM_TEST_KUBECONFIG names an existing cluster to use instead of starting one; our definitions stay in it.
A test that asks for a real server is marked by that, so that `make test-fast` leaves it out.
"""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from testbed.clock import wait_until
from testbed.cluster import IDENTITIES, Cluster, Manifest
from testbed.control_plane import ControlPlane
from testbed.errors import BinaryMissing
from testbed.exporter import Exporter
from testbed.history import SampledSeries
from testbed.pretend_node import NODE_NAME, PretendNode
from testbed.prometheus import Prometheus, ScrapeTarget
from testbed.prometheus_adapter import PrometheusAdapter
from testbed.proxy import Proxy
from tests.chart.rendering import render, the
from tests.cluster.examples import METRIC, example
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scene import Scene

EXISTING_CLUSTER = "HEADROOM_TEST_KUBECONFIG"
CRDS = Path(__file__).parents[2] / "crds"
OPERATOR_NAMESPACE = "headroom-system"
RIGHTS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
RIGHTS_KNOWN = timedelta(seconds=30)  # the API server reads roles by a watch
HPA_SYNC_PERIOD = timedelta(seconds=3)  # a fifth of Kubernetes' default: as it decides, and sooner
LOG_LINES = 80  # of each server's log, shown with a test that failed
LOGS = pytest.StashKey[list[Path]]()


class StartPrometheus(Protocol):
    """Start a Prometheus; it is stopped after the test."""

    def __call__(
        self,
        targets: Sequence[ScrapeTarget] = (),
        *,
        scrape_interval: timedelta = timedelta(seconds=1),
        history: Sequence[SampledSeries] = (),
    ) -> Prometheus: ...


class StartAdapter(Protocol):
    """Start prometheus-adapter behind the example's APIService, by these rules; it is stopped after the test."""

    def __call__(self, prometheus: Prometheus, rules: str) -> PrometheusAdapter: ...


class StartProxy(Protocol):
    """Start a proxy; it is stopped after the test."""

    def __call__(self, upstream: str, *, ca_file: Path | None = None) -> Proxy: ...


class StartOperator(Protocol):
    """Start `headroom run` with a kubeconfig, more arguments and more environment; it is stopped after the test."""

    def __call__(self, kubeconfig: Path, *args: str, **environment: str) -> OperatorProcess: ...


class Operate(Protocol):
    """Start the operator under the chart's rights; `server` is another address of the API server, a proxy's."""

    def __call__(self, *args: str, server: str | None = None) -> OperatorProcess: ...


class Grant(Protocol):
    """Give an identity rights in a namespace, or in the whole cluster where no namespace is named."""

    def __call__(self, identity: str, rules: Sequence[Manifest], *, namespace: str | None = None) -> None: ...


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the real servers it asks for; side by side, those have one worker, and other files another."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "cluster" in fixtures:
            item.add_marker(pytest.mark.cluster)
        if "start_prometheus" in fixtures:
            item.add_marker(pytest.mark.prometheus)
        real = any(item.get_closest_marker(marker) for marker in ("cluster", "prometheus"))
        item.add_marker(pytest.mark.xdist_group("testbed" if real else item.location[0]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a test that failed what its servers logged last."""
    report = yield
    if report.failed:
        for log in item.stash.get(LOGS, []):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"last lines of {log}", "\n".join(lines)))
    return report


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real cluster with our resources installed."""
    directory = tmp_path_factory.mktemp("cluster")
    with ExitStack() as running:
        try:
            running_cluster = _open_cluster(directory, running)
        except BinaryMissing as missing:
            pytest.fail(str(missing), pytrace=False)
        if any(CRDS.glob("*.yaml")):
            running_cluster.kubectl("apply", "--server-side", f"--filename={CRDS}")
            running_cluster.kubectl("wait", "--for=condition=Established", f"--filename={CRDS}", "--timeout=60s")
        yield running_cluster


def _open_cluster(directory: Path, running: ExitStack) -> Cluster:
    if existing := os.environ.get(EXISTING_CLUSTER):
        opened = Cluster(Path(existing).absolute(), directory)
        running.callback(opened.kubectl, "delete", f"node/{NODE_NAME}", f"namespace/{IDENTITIES}", "--ignore-not-found")
        running.enter_context(PretendNode(opened, directory))
        return opened
    return running.enter_context(ControlPlane(directory, hpa_sync_period=HPA_SYNC_PERIOD)).cluster


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace, deleted afterwards."""
    manifest = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "headroom-test-"}}'
    name = cluster.kubectl("create", "--filename=-", "--output=name", stdin=manifest).strip().removeprefix("namespace/")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def grant(cluster: Cluster) -> Grant:
    """Rights for identities."""

    def give(identity: str, rules: Sequence[Manifest], *, namespace: str | None = None) -> None:
        kind = "ClusterRole" if namespace is None else "Role"
        where = {} if namespace is None else {"namespace": namespace}
        group = "rbac.authorization.k8s.io"
        metadata = {"name": f"test-{identity.replace('/', '-')}", **where}
        role = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "rules": list(rules)}
        binding = {
            "apiVersion": f"{group}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": kind, "name": metadata["name"]},
            "subjects": [cluster.subject(identity)],
        }
        cluster.apply([role, binding])
        assert wait_until(lambda: _may(cluster, identity, rules, namespace=namespace), RIGHTS_KNOWN)

    return give


def _may(cluster: Cluster, identity: str, rules: Sequence[Manifest], *, namespace: str | None) -> bool:
    """Return whether the API server lets an identity do all this: it learns of rights a moment after it took them."""
    reviews = []
    for rule in rules:
        resource, _, subresource = rule["resources"][0].partition("/")
        asked = {"verb": rule["verbs"][0], "group": rule["apiGroups"][0], "resource": resource}
        where = {"subresource": subresource, "namespace": namespace or "", "name": rule.get("resourceNames", [""])[0]}
        spec = {"user": cluster.username(identity), "resourceAttributes": {**asked, **where}}
        reviews.append({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
    each = '--output=jsonpath={.status.allowed}{"\\n"}'
    said = cluster.kubectl("create", "--filename=-", each, stdin=yaml.safe_dump_all(reviews)).split()
    return said == ["true"] * len(rules)


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    """An exporter whose series the test sets."""
    with Exporter() as running:
        yield running


@pytest.fixture
def start_prometheus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartPrometheus]:
    """Prometheus servers of one test."""
    with ExitStack() as running:

        def start(
            targets: Sequence[ScrapeTarget] = (),
            *,
            scrape_interval: timedelta = timedelta(seconds=1),
            history: Sequence[SampledSeries] = (),
        ) -> Prometheus:
            directory = tmp_path / f"prometheus-{len(_logs(request))}"
            try:
                started = Prometheus(directory, targets, scrape_interval=scrape_interval, history=history)
            except BinaryMissing as missing:
                pytest.fail(str(missing), pytrace=False)
            _logs(request).append(started.log)
            return running.enter_context(started)

        yield start


@pytest.fixture
def start_adapter(
    request: pytest.FixtureRequest, cluster: Cluster, namespace: str, tmp_path: Path
) -> Iterator[StartAdapter]:
    """The server of external metrics of one test: a cluster has one at a time."""
    with ExitStack() as running:

        def start(prometheus: Prometheus, rules: str) -> PrometheusAdapter:
            started = PrometheusAdapter(
                cluster,
                tmp_path / "prometheus-adapter",
                prometheus=prometheus.url,
                rules=rules,
                api_service=example(METRIC, "APIService", namespace=namespace),
            )
            _logs(request).append(started.log)
            return running.enter_context(started)

        yield start


@pytest.fixture
def start_proxy() -> Iterator[StartProxy]:
    """Proxies of one test."""
    with ExitStack() as running:

        def start(upstream: str, *, ca_file: Path | None = None) -> Proxy:
            return running.enter_context(Proxy(upstream, ca_file=ca_file))

        yield start


@pytest.fixture
def start_operator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartOperator]:
    """Operators of one test; their logs are shown when it fails."""
    with ExitStack() as running:

        def start(kubeconfig: Path, *args: str, **environment: str) -> OperatorProcess:
            log = tmp_path / f"operator-{len(_logs(request))}.log"
            _logs(request).append(log)
            return running.enter_context(OperatorProcess(kubeconfig, args, environment, log=log))

        yield start


@pytest.fixture(scope="session")
def operator_identity(cluster: Cluster) -> str:
    """A ServiceAccount with exactly the rights that the chart gives the operator."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OPERATOR_NAMESPACE}}
    rights = [item for item in render() if item["kind"] in RIGHTS]
    cluster.apply([namespace, *rights])
    account = the("ServiceAccount", rights)["metadata"]["name"]
    return f"{OPERATOR_NAMESPACE}/{account}"


@pytest.fixture
def scene(cluster: Cluster, namespace: str, exporter: Exporter) -> Scene:
    """A namespace with an exporter, ready for a workload."""
    return Scene(cluster, namespace, exporter)


@pytest.fixture
def operate(cluster: Cluster, operator_identity: str, start_operator: StartOperator, tmp_path: Path) -> Operate:
    """Start the operator under the chart's rights, quick enough for a test: a sweep a second."""

    def start(*args: str, server: str | None = None) -> OperatorProcess:
        kubeconfig = cluster.kubeconfig(operator_identity, server=server)
        quick = ["--sweep-seconds=1", f"--data-dir={tmp_path / 'history'}", "--host=127.0.0.1", "--port=0"]
        return start_operator(kubeconfig, *quick, f"--namespace={OPERATOR_NAMESPACE}", *args)

    return start


def _logs(request: pytest.FixtureRequest) -> list[Path]:
    node: pytest.Item = request.node
    return node.stash.setdefault(LOGS, [])
