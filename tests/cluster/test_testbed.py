"""The testbed does what the stories rely on: pods on time, real identities, real admission, a proxy that passes on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from testbed.clock import wait_until
from testbed.cluster import Cluster
from testbed.endpoints import session
from testbed.errors import CommandFailed
from testbed.faults import Answer
from testbed.pretend_node import NODE_NAME, READY_AFTER
from tests.cluster.conftest import Grant, StartProxy

DEADLINE = timedelta(seconds=60)
TIMEOUT = 60


def deployment(name: str, namespace: str, *, replicas: int, ready_after: str = "0s") -> dict[str, Any]:
    labels = {"app": name}
    pod = {"nodeName": NODE_NAME, "containers": [{"name": "app", "image": "pretend"}]}
    template = {"metadata": {"labels": labels, "annotations": {READY_AFTER: ready_after}}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def ready_replicas(cluster: Cluster, name: str, namespace: str) -> int:
    status = cluster.get("deployment", name, f"--namespace={namespace}")["status"]
    return int(status.get("readyReplicas", 0))


def test_a_deployment_scaled_to_fifty_through_scale_becomes_ready(cluster: Cluster, namespace: str) -> None:
    cluster.apply([deployment("web", namespace, replicas=3)])
    assert wait_until(lambda: ready_replicas(cluster, "web", namespace) == 3, DEADLINE)

    patch = '{"spec": {"replicas": 50}}'
    cluster.kubectl("patch", "deployment", "web", f"--namespace={namespace}", "--subresource=scale", f"--patch={patch}")

    assert wait_until(lambda: ready_replicas(cluster, "web", namespace) == 50, DEADLINE)


def test_pods_are_ready_as_late_as_their_annotation_says(cluster: Cluster, namespace: str) -> None:
    cluster.apply([deployment("late", namespace, replicas=2, ready_after="3s")])

    cluster.kubectl("wait", "--for=condition=Available", "deployment/late", f"--namespace={namespace}", "--timeout=60s")

    for pod in cluster.get("pods", f"--namespace={namespace}")["items"]:
        since = {condition["type"]: condition["lastTransitionTime"] for condition in pod["status"]["conditions"]}
        assert since["Ready"] > since["Initialized"]


ADMISSION = "admissionregistration.k8s.io/v1"
DEPLOYMENTS = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "create", "patch"]}
CONFIG_MAPS = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch", "create", "patch"]}
SCALE = {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["patch"]}


def admission_policy(namespace: str) -> list[dict[str, Any]]:
    """Refuse a ConfigMap that names a Deployment whose scale its writer may not patch."""
    asks = "authorizer.group('apps').resource('deployments').subresource('scale')"
    expression = f"{asks}.namespace(object.metadata.namespace).name(object.data.target).check('patch').allowed()"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    asked = {"name": "names-a-target", "expression": "has(object.data) && 'target' in object.data"}
    policy = {
        "matchConstraints": {"resourceRules": [rule], **here},
        "matchConditions": [asked],
        "validations": [{"expression": expression, "message": "you may not scale this target"}],
    }
    binding = {"policyName": namespace, "validationActions": ["Deny"]}
    return [
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": namespace}, "spec": policy},
        {
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": namespace},
            "spec": binding,
        },
    ]


def config_map(name: str, namespace: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def refusal(cluster: Cluster, manifest: dict[str, Any], identity: str) -> str:
    """Return why the API server refuses a manifest of an identity; empty when it takes it."""
    try:
        cluster.apply([manifest], identity=identity)
    except CommandFailed as failed:
        return str(failed)
    return ""


def test_an_identity_has_no_right_but_those_granted(cluster: Cluster, namespace: str, grant: Grant) -> None:
    grant("alice", [CONFIG_MAPS], namespace=namespace)

    allowed = refusal(cluster, config_map("notes", namespace), "alice")
    refused = refusal(cluster, config_map("notes", "default"), "alice")

    assert allowed == ""
    assert f'User "{cluster.username("alice")}" cannot patch resource "configmaps"' in refused


def test_an_admission_policy_asks_for_the_writers_own_right_on_the_target(
    cluster: Cluster, namespace: str, grant: Grant
) -> None:
    cluster.apply(admission_policy(namespace))
    grant("alice", [CONFIG_MAPS, SCALE], namespace=namespace)
    grant("bob", [CONFIG_MAPS], namespace=namespace)
    target = config_map("target", namespace, target="web")

    # The API server learns of a new policy a moment after it took it.
    held = wait_until(lambda: "you may not scale this target" in refusal(cluster, target, "bob"), DEADLINE)

    assert held
    assert refusal(cluster, target, "alice") == ""
    assert refusal(cluster, config_map("notes", namespace, text="hello"), "bob") == ""


def config_maps(server: str, namespace: str) -> str:
    return f"{server}/api/v1/namespaces/{namespace}/configmaps"


def bearing_token(cluster: Cluster, identity: str) -> requests.Session:
    http = session()
    http.headers["Authorization"] = f"Bearer {cluster.token(identity)}"
    return http


def test_a_proxy_before_the_api_server_tells_writes_by_identity(
    cluster: Cluster, namespace: str, grant: Grant, start_proxy: StartProxy
) -> None:
    grant("alice", [CONFIG_MAPS], namespace=namespace)
    grant("bob", [CONFIG_MAPS], namespace=namespace)
    proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    address = config_maps(proxy.url, namespace)

    created = bearing_token(cluster, "alice").post(address, json=config_map("notes", namespace), timeout=TIMEOUT)
    read = bearing_token(cluster, "bob").get(f"{address}/notes", timeout=TIMEOUT)

    assert (created.status_code, read.status_code) == (201, 200)
    assert [call.status for call in proxy.writes(identity=cluster.username("alice"))] == [201]
    assert proxy.writes(identity=cluster.username("bob")) == ()
    assert [call.identity for call in proxy.calls] == [cluster.username("alice"), cluster.username("bob")]


def test_a_watch_goes_through_the_proxy_as_it_happens(
    cluster: Cluster, namespace: str, grant: Grant, start_proxy: StartProxy
) -> None:
    grant("alice", [CONFIG_MAPS], namespace=namespace)
    proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    address = f"{config_maps(proxy.url, namespace)}?watch=true&fieldSelector=metadata.name%3Dfresh"

    with bearing_token(cluster, "alice").get(address, stream=True, timeout=TIMEOUT) as watch:
        cluster.apply([config_map("fresh", namespace)])
        event = json.loads(next(watch.iter_lines()))

    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "fresh")


def test_a_fault_before_the_api_server_lasts_as_long_as_its_block(
    cluster: Cluster, namespace: str, grant: Grant, start_proxy: StartProxy
) -> None:
    grant("alice", [CONFIG_MAPS], namespace=namespace)
    proxy = start_proxy(cluster.server, ca_file=cluster.ca_file)
    alice, address = bearing_token(cluster, "alice"), config_maps(proxy.url, namespace)

    with proxy.fault(Answer(503, b"out of order"), when=lambda call: call.path.endswith("/configmaps")):
        inside = alice.get(address, timeout=TIMEOUT)
    after = alice.get(address, timeout=TIMEOUT)

    assert (inside.status_code, inside.text, after.status_code) == (503, "out of order", 200)


def test_helm_installs_and_the_charts_own_account_gets_a_token(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "of-the-chart"}}
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: tiny, version: 1.0.0}", encoding="utf-8")
    (tmp_path / "templates" / "account.yaml").write_text(json.dumps(account), encoding="utf-8")

    cluster.helm("install", "tiny", tmp_path, f"--namespace={namespace}")
    who = cluster.kubectl("auth", "whoami", "--output=json", identity=f"{namespace}/of-the-chart")

    assert json.loads(who)["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:of-the-chart"
