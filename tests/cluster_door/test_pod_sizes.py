"""What a pod takes, as the API server counts it against a quota, and whose pod it is."""

from typing import Any

import pytest

from controller.cluster.pod_sizes import PodSpec, SizedPod, is_taken_by_pods, taken_by, taken_by_template
from controller.cluster.wire import parse
from controller.scaling.sharing.namespace_quotas import Workload
from tests.cluster_door.test_pods import a_pod


def cores(amount: str, **more: object) -> dict[str, Any]:
    """Return a container that asks for so many cores."""
    return {"resources": {"requests": {"cpu": amount}}, **more}


def of_cpu(spec: dict[str, Any]) -> float | None:
    return taken_by(parse(PodSpec, spec, "a pod")).get("requests.cpu")


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        ({"containers": [cores("250m"), cores("500m")]}, 0.75),
        ({"containers": [cores("1")], "initContainers": [cores("500m"), cores("500m")]}, 1.0),
        ({"containers": [cores("1")], "initContainers": [cores("2"), cores("500m")]}, 2.0),
        ({"containers": [cores("1")], "initContainers": [cores("500m", restartPolicy="Always")]}, 1.5),
        ({"containers": [cores("1")], "initContainers": [cores("1", restartPolicy="Always"), cores("2")]}, 3.0),
        ({"containers": [cores("1")], "overhead": {"cpu": "250m"}}, 1.25),
        ({"containers": [cores("1")], "resources": {"requests": {"cpu": "3"}}}, 3.0),
        ({"containers": [{"resources": {"limits": {"cpu": "1"}}}]}, None),
        ({"containers": [{}]}, None),
    ],
    ids=[
        "containers run side by side",
        "init containers before them, one by one",
        "the largest of which may be larger than all that follow",
        "a sidecar stays",
        "and runs beside the init containers after it",
        "what its runtime takes",
        "resources of the pod as a whole",
        "a limit is no request",
        "nothing is asked for",
    ],
)
def test_a_pod_takes_the_most_that_runs_side_by_side(spec: dict[str, Any], taken: float | None) -> None:
    assert of_cpu(spec) == taken


def test_what_a_pod_takes_has_all_the_names_that_a_quota_may_give_it() -> None:
    resources = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"}}

    taken = taken_by(parse(PodSpec, {"containers": [{"resources": resources}]}, "a pod"))

    gib = 2.0**30
    asked = {"requests.cpu": 0.5, "cpu": 0.5, "requests.memory": gib, "memory": gib}
    assert taken == {"pods": 1, "count/pods": 1, **asked, "limits.memory": 2 * gib, "limits.nvidia.com/gpu": 1}


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        ({"template": {"spec": {"containers": [cores("2")]}}}, 2.0),
        ({"template": {"spec": {"containers": [cores("1e3")]}}}, None),
        ({}, None),
    ],
    ids=["as it says", "a quantity that we do not read", "no template"],
)
def test_a_template_tells_what_its_pods_will_take_where_it_makes_sense(
    spec: dict[str, Any], taken: float | None
) -> None:
    assert taken_by_template({"spec": spec}).get("requests.cpu") == taken


@pytest.mark.parametrize(
    ("resource", "taken"),
    [
        ("pods", True),
        ("count/pods", True),
        ("cpu", True),
        ("requests.nvidia.com/gpu", True),
        ("limits.memory", True),
        ("services", False),
        ("count/secrets", False),
        ("requests.storage", False),
        ("gold.storageclass.storage.k8s.io/requests.storage", False),
    ],
)
def test_of_what_a_quota_may_name_pods_take_some(resource: str, *, taken: bool) -> None:
    assert is_taken_by_pods(resource) is taken


def owner(api_version: str, kind: str, name: str, *, controller: bool = True) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "name": name, "controller": controller}


@pytest.mark.parametrize(
    ("owners", "labels", "workload"),
    [
        ([owner("apps/v1", "ReplicaSet", "web-5d8c")], {"pod-template-hash": "5d8c"}, ("apps", "Deployment", "web")),
        ([owner("apps/v1", "ReplicaSet", "web-5d8c")], {}, ("apps", "ReplicaSet", "web-5d8c")),
        ([owner("apps/v1", "ReplicaSet", "web")], {"pod-template-hash": "5d8c"}, ("apps", "ReplicaSet", "web")),
        ([owner("apps/v1", "StatefulSet", "db")], {}, ("apps", "StatefulSet", "db")),
        ([owner("v1", "Thing", "odd")], {}, ("", "Thing", "odd")),
        ([owner("apps/v1", "StatefulSet", "db", controller=False)], {}, None),
        ([], {}, None),
    ],
    ids=[
        "a Deployment, by its ReplicaSet",
        "a ReplicaSet of its own",
        "one with a label by chance",
        "a StatefulSet",
        "of the core group",
        "an owner that does not control it",
        "nobody",
    ],
)
def test_a_pod_belongs_to_what_made_it(
    owners: list[dict[str, Any]], labels: dict[str, str], workload: tuple[str, str, str] | None
) -> None:
    raw = a_pod() | {"spec": {"containers": []}}
    raw["metadata"] |= {"ownerReferences": owners, "labels": labels}

    assert parse(SizedPod, raw, "a pod").workload == (None if workload is None else Workload(*workload))
