"""The definitions on a real API server, and the mistakes it refuses; tests/api sends the same ones to the models."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from controller.api.crds import RESOURCES
from testbed.cluster import Cluster
from testbed.errors import CommandFailed
from tests.api.bad_policies import BEYOND_THE_API_SERVER, GOOD, MISTAKES, Mistake, a_document

MODELS = {resource.kind: resource.model for resource in RESOURCES}
STATUS = {
    "observedGeneration": 1,
    "currentReplicas": 4,
    "desiredReplicas": 9,
    "forecastReplicas": 8,
    "reason": "StepRule",
    "message": "queue is 1500, above 1000",
    "conditions": [
        {
            "type": "AbleToScale",
            "status": "True",
            "reason": "ReadyForScale",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-11-21T10:00:00Z",
        }
    ],
}


@pytest.fixture
def policy(cluster: Cluster, namespace: str) -> str:
    """The namespace of a policy called `web`."""
    document = a_document()
    document["metadata"]["namespace"] = namespace
    cluster.apply([document])
    return namespace


def create(cluster: Cluster, document: Mapping[str, Any]) -> dict[str, Any]:
    """Create without keeping, and return what would be stored."""
    text = yaml.safe_dump(dict(document))
    created = cluster.kubectl("create", "--dry-run=server", "--filename=-", "--output=json", stdin=text)
    stored: dict[str, Any] = json.loads(created)
    return stored


def write_status(cluster: Cluster, namespace: str) -> None:
    patch = json.dumps({"status": STATUS})
    how = ("--subresource=status", "--type=merge", f"--namespace={namespace}")
    cluster.kubectl("patch", "spol", "web", f"--patch={patch}", *how)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_the_api_server_refuses_a_mistake_with_a_sentence_that_names_the_field(
    cluster: Cluster, mistake: Mistake
) -> None:
    with pytest.raises(CommandFailed) as refusal:
        create(cluster, mistake.document)

    lines = str(refusal.value).splitlines()
    assert [line for line in lines if mistake.field in line and mistake.served_sentence in line], lines


@pytest.mark.parametrize("document", GOOD, ids=lambda document: str(document["spec"])[-60:])
def test_what_is_right_is_stored_and_read_back_as_the_same(cluster: Cluster, document: Mapping[str, Any]) -> None:
    model = MODELS[document["kind"]]

    stored = model.model_validate(create(cluster, document))

    written = model.model_validate(document)
    assert stored.model_dump(exclude={"metadata"}) == written.model_dump(exclude={"metadata"})


@pytest.mark.parametrize("mistake", BEYOND_THE_API_SERVER, ids=lambda mistake: mistake.what)
def test_what_the_api_server_cannot_know_is_left_to_the_operators_condition(cluster: Cluster, mistake: Mistake) -> None:
    assert create(cluster, mistake.document)["metadata"]["name"] == "web"


def test_a_stored_policy_is_what_was_written_with_plain_defaults_beside_it(cluster: Cluster, policy: str) -> None:
    stored = cluster.get("spol", "web", f"--namespace={policy}")["spec"]

    assert stored == {
        **a_document()["spec"],
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "mode": "Recommend",
        "actuator": "Scale",
        "metricsSource": "default",
        "priority": 0,
    }


def test_kubectl_get_answers_what_it_is_doing_and_why(cluster: Cluster, policy: str) -> None:
    write_status(cluster, policy)

    header, row = cluster.kubectl("get", "spol", "web", f"--namespace={policy}").splitlines()

    assert header.split() == ["NAME", "TARGET", "MODE", "CURRENT", "DESIRED", "FORECAST", "REASON", "AGE"]
    assert row.split()[:-1] == ["web", "web", "Recommend", "4", "9", "8", "StepRule"]


def test_a_policy_is_listed_among_all_that_scales(cluster: Cluster, policy: str) -> None:
    listed = cluster.kubectl("get", "autoscaling", "--output=name", f"--namespace={policy}")

    assert "scalingpolicy.headroom.dev/web" in listed


def test_status_is_written_through_its_own_door_alone(cluster: Cluster, policy: str) -> None:
    write_status(cluster, policy)

    patch = '{"status": {"desiredReplicas": 99}}'
    cluster.kubectl("patch", "spol", "web", "--type=merge", f"--patch={patch}", f"--namespace={policy}")

    assert cluster.get("spol", "web", f"--namespace={policy}")["status"] == STATUS


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("spol.spec.mode", "`Recommend` decides and shows; `Active` also changes the workload."),
        ("spol.spec.stepScaling.steps.above", "Fires while the signal is above this value."),
        ("spol.status.forecastReplicas", "Replicas the forecast asks for over the lead time"),
        ("msrc.spec.bearerTokenFile", "File mounted into the operator's pod that holds a bearer token"),
        ("de.spec.multiplierPercent", "Expected demand in percent of the usual"),
        ("fr.status.verdict", "The report in one sentence."),
    ],
)
def test_kubectl_explain_is_the_first_manual(cluster: Cluster, path: str, sentence: str) -> None:
    explained = " ".join(cluster.kubectl("explain", path).split())

    assert sentence in explained
