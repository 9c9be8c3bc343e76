"""The chart, installed by the real helm into a control plane of its own that has never heard of Headroom."""

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest

from controller.api.crds import RESOURCES, crd
from testbed.binaries import find
from testbed.clock import wait_until
from testbed.cluster import Cluster
from testbed.control_plane import ControlPlane
from testbed.errors import BinaryMissing, CommandFailed
from tests.api.bad_policies import a_document
from tests.chart.rendering import CHART, PROMETHEUS

pytestmark = pytest.mark.cluster

NAMESPACE = "headroom-system"
OPERATOR = f"system:serviceaccount:{NAMESPACE}:headroom"
SEEN_DEADLINE = timedelta(seconds=30)  # controllers and admission follow by watches
HELM_TIMEOUT_SECONDS = 120


class Release:
    """A release called `headroom` in a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def install(self) -> str:
        """Install and return what helm prints; no --wait, since the pod has no node here."""
        return self._helm("install", "headroom", str(CHART), f"--set={PROMETHEUS}", "--create-namespace")

    def uninstall(self) -> None:
        """Take it away; CRDs stay."""
        self._helm("uninstall", "headroom", "--wait")

    def _helm(self, *arguments: str) -> str:
        where = (f"--kubeconfig={self.cluster.kubeconfig()}", f"--namespace={NAMESPACE}")
        command = [str(find("helm")), *arguments, *where]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HELM_TIMEOUT_SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def fresh_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster without our definitions."""
    try:
        with ControlPlane(tmp_path_factory.mktemp("chart")) as control_plane:
            yield control_plane.cluster
    except BinaryMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="module")
def release(fresh_cluster: Cluster) -> Iterator[Release]:
    """An installed release. A test that takes it away puts it back."""
    installed = Release(fresh_cluster)
    installed.install()
    yield installed
    installed.uninstall()


def test_one_command_and_one_value_install_all_of_it(release: Release) -> None:
    cluster = release.cluster

    served = cluster.kubectl("api-resources", "--api-group=headroom.dev", "--output=name").split()
    source = cluster.get("msrc", "default")["spec"]
    deployment = cluster.get("deployment", "headroom", f"--namespace={NAMESPACE}")

    assert sorted(served) == sorted(crd(resource)["metadata"]["name"] for resource in RESOURCES)
    assert source == {"url": PROMETHEUS.partition("=")[2], "scrapeIntervalSeconds": 30, "timeoutSeconds": 10}
    assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == "headroom"


def test_what_was_uninstalled_can_be_installed_again_and_policies_outlive_it(release: Release) -> None:
    release.cluster.apply([a_document()])

    release.uninstall()
    notes = release.install()

    assert "kubectl explain scalingpolicy.spec" in notes
    assert release.cluster.get("spol", "web")["spec"]["maxReplicas"] == 20
    assert release.cluster.get("msrc", "default")["spec"]["url"].startswith("http://")


def test_the_pod_template_is_one_that_the_restricted_standard_admits(release: Release) -> None:
    enforce = "pod-security.kubernetes.io/enforce=restricted"
    release.cluster.kubectl("label", "namespace", NAMESPACE, enforce, "--overwrite")
    template = release.cluster.get("deployment", "headroom", f"--namespace={NAMESPACE}")["spec"]["template"]
    metadata = {"name": "headroom-as-it-would-be", "namespace": NAMESPACE, "labels": template["metadata"]["labels"]}
    pod = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})

    created = release.cluster.kubectl("create", "--dry-run=server", "--filename=-", "--output=name", stdin=pod)

    assert created.strip() == "pod/headroom-as-it-would-be"


def test_the_admission_rules_are_bound_and_the_operator_itself_passes_them(release: Release) -> None:
    cluster = release.cluster
    cluster.apply([a_document(mode="Active")])
    allow_outsider(cluster)
    raised = json.dumps(a_document(mode="Active", maxReplicas=1000))

    def outsider_is_refused() -> bool:
        how = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename=-")
        try:
            cluster.kubectl(*how, identity="outsider", stdin=raised)
        except CommandFailed as refusal:
            return "needs your own right to patch its /scale" in str(refusal)
        return False

    assert wait_until(outsider_is_refused, SEEN_DEADLINE)
    said = {**a_document(), "status": {"reason": "NoVoice"}}
    del said["spec"]

    how = ("apply", "--server-side", "--subresource=status", "--filename=-")
    cluster.kubectl(*how, f"--as={OPERATOR}", stdin=json.dumps(said))

    assert cluster.get("spol", "web")["status"]["reason"] == "NoVoice"


def allow_outsider(cluster: Cluster) -> None:
    """Let somebody write policies in `default`, and nothing else."""
    group = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": ["headroom.dev"], "resources": ["scalingpolicies"], "verbs": ["*"]}]
    metadata = {"name": "outsider", "namespace": "default"}
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules}
    reference = {"apiGroup": group, "kind": "Role", "name": "outsider"}
    binding = {**role, "kind": "RoleBinding", "roleRef": reference, "subjects": [cluster.subject("outsider")]}
    binding.pop("rules")
    cluster.apply([role, binding])


@pytest.mark.parametrize(
    ("verb", "resource", "namespace", "allowed"),
    [
        ("patch", "deployments.apps/scale", "default", "yes"),
        ("watch", "statefulsets.apps", "default", "yes"),
        ("patch", "scalingpolicies.headroom.dev/status", "default", "yes"),
        ("patch", "leases.coordination.k8s.io", NAMESPACE, "yes"),
        ("patch", "deployments.apps", "default", "no"),
        ("patch", "scalingpolicies.headroom.dev", "default", "no"),
        ("watch", "pods", "default", "no"),
        ("get", "secrets", NAMESPACE, "no"),
        ("patch", "leases.coordination.k8s.io", "default", "no"),
        ("create", "metricssources.headroom.dev", "default", "no"),
    ],
)
def test_the_api_server_knows_the_operators_rights(
    release: Release, verb: str, resource: str, namespace: str, allowed: str
) -> None:
    assert can_i(release.cluster, verb, resource, namespace) == allowed


def can_i(cluster: Cluster, verb: str, resource: str, namespace: str) -> str:
    """Return whether the API server would let the operator do it."""
    plain, _, subresource = resource.partition("/")
    name, _, group = plain.partition(".")
    attributes = {"verb": verb, "group": group, "resource": name, "namespace": namespace, "subresource": subresource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": OPERATOR, "resourceAttributes": attributes},
    }
    answer = cluster.kubectl("create", "--filename=-", "--output=json", stdin=json.dumps(review))
    return "yes" if json.loads(answer)["status"]["allowed"] else "no"
