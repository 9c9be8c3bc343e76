from typing import Any

import pytest

from controller.api.scaling_policy import ScaleTargetRef
from controller.cluster.selector import LabelSelector
from controller.cluster.targets import TargetKey, TargetView, project_target
from controller.errors import ClusterUnavailable


def a_workload(*, kind: str = "Deployment", generation: int = 1, **parts: dict[str, Any]) -> dict[str, Any]:
    """Return a raw workload of 3 Ready replicas; `spec` and `status` add to the usual."""
    status = {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u1",
            "resourceVersion": "7",
            "generation": generation,
            "creationTimestamp": "2026-03-02T12:00:00Z",
            "managedFields": [{"manager": "kubectl"}],
        },
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, **parts.get("spec", {})},
        "status": {**status, **parts.get("status", {})},
    }


def test_a_deployment_is_kept_as_the_few_fields_we_use() -> None:
    assert project_target(a_workload()) == TargetView(
        key=TargetKey("shop", "apps", "Deployment", "web"),
        uid="u1",
        resource_version="7",
        spec_replicas=3,
        ready_replicas=3,
        rolling_out=False,
        selector="app=web",
    )


def test_counts_that_the_server_left_out_are_zero() -> None:
    raw = a_workload() | {"status": {}}

    assert project_target(raw).ready_replicas == 0


REVISED = a_workload()
REVISED["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "3"}


@pytest.mark.parametrize(
    ("raw", "revision"),
    [
        pytest.param(REVISED, "3", id="a Deployment counts its templates"),
        pytest.param(
            a_workload(kind="StatefulSet", status={"updateRevision": "web-5d4"}), "web-5d4", id="a StatefulSet names it"
        ),
        pytest.param(a_workload(), "", id="nobody has said yet"),
    ],
)
def test_the_revision_names_the_template_that_pods_are_made_from(raw: dict[str, Any], revision: str) -> None:
    assert project_target(raw).revision == revision


@pytest.mark.parametrize(
    ("raw", "rolling"),
    [
        pytest.param(a_workload(), False, id="all pods have the newest template"),
        pytest.param(a_workload(status={"updatedReplicas": 1}), True, id="pods of the old template remain"),
        pytest.param(a_workload(status={"replicas": 4}), True, id="a surge pod counts among them"),
        pytest.param(a_workload(generation=2), True, id="a status about an older spec cannot say that all is done"),
        pytest.param(
            a_workload(spec={"replicas": 9}, status={"readyReplicas": 3}), False, id="scaling up is no rollout"
        ),
        pytest.param(
            a_workload(
                kind="StatefulSet",
                spec={"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
                status={"updatedReplicas": 1},
            ),
            False,
            id="a canary held by partition has arrived where it should",
        ),
        pytest.param(
            a_workload(
                kind="StatefulSet", spec={"updateStrategy": {"type": "OnDelete"}}, status={"updatedReplicas": 0}
            ),
            False,
            id="OnDelete rolls nothing by itself",
        ),
    ],
)
def test_a_rollout_is_told_from_a_change_of_replicas(raw: dict[str, Any], *, rolling: bool) -> None:
    assert project_target(raw).rolling_out is rolling


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "apiVersion"),
        (a_workload(spec={"replicas": None}), r"spec\.replicas"),
        (a_workload(spec={"replicas": "3"}), r"spec\.replicas"),
        (a_workload(spec={"replicas": -1}), r"spec\.replicas"),
        (a_workload(spec={"replicas": True}), r"spec\.replicas"),
        (a_workload(status={"readyReplicas": 2.5}), r"status\.readyReplicas"),
        (a_workload() | {"status": []}, "status"),
        (a_workload(spec={"selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}), "operator"),
    ],
)
def test_a_workload_that_makes_no_sense_is_refused_by_field(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(ClusterUnavailable, match=field):
        project_target(raw)


def test_capacity_is_in_flight_while_not_all_is_ready() -> None:
    assert project_target(a_workload(status={"readyReplicas": 2})).in_flight
    assert not project_target(a_workload(status={"readyReplicas": 4})).in_flight


def test_versions_of_one_group_mean_the_same_target() -> None:
    old = ScaleTargetRef(api_version="apps/v1beta1", kind="Deployment", name="web")
    core = ScaleTargetRef(api_version="v1", kind="ReplicationController", name="web")

    assert TargetKey.of("shop", old) == TargetKey.of("shop", ScaleTargetRef(name="web"))
    assert TargetKey.of("shop", core).group == ""


def test_a_selector_is_written_as_a_list_takes_it() -> None:
    selector = LabelSelector.model_validate(
        {
            "matchLabels": {"app": "web", "tier": ""},
            "matchExpressions": [
                {"key": "zone", "operator": "In", "values": ["a", "b"]},
                {"key": "track", "operator": "NotIn", "values": ["canary"]},
                {"key": "live", "operator": "Exists"},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }
    )

    assert str(selector) == "app=web,tier=,zone in (a,b),track notin (canary),live,!old"
