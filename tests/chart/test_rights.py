from itertools import product
from typing import Any

import pytest

from tests.chart.rendering import render, the

pytestmark = pytest.mark.cluster  # helm is one of the testbed's binaries

# Who reads this table reads all the operator may do in a cluster.
CLUSTER_RIGHTS = {
    ("apps", "deployments"): {"list", "watch"},
    ("apps", "deployments/scale"): {"get", "patch"},
    ("apps", "statefulsets"): {"list", "watch"},
    ("apps", "statefulsets/scale"): {"get", "patch"},
    ("", "pods"): {"list"},
    ("autoscaling", "horizontalpodautoscalers"): {"list", "watch"},
    ("headroom.dev", "scalingpolicies"): {"list", "watch"},
    ("headroom.dev", "scalingpolicies/status"): {"patch"},
    ("headroom.dev", "demandevents"): {"list", "watch"},
    ("headroom.dev", "metricssources"): {"list", "watch"},
    ("headroom.dev", "metricssources/status"): {"patch"},
    ("headroom.dev", "forecastreports"): {"create", "patch"},
    ("headroom.dev", "forecastreports/status"): {"patch"},
    ("events.k8s.io", "events"): {"create", "get", "patch"},
}
OWN_NAMESPACE_RIGHTS = {
    ("coordination.k8s.io", "leases"): {"create", "get", "patch"},
    ("", "configmaps/headroom-freeze"): {"get"},
}


def rights(role: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """Return the verbs of a role by API group and resource; a name where the right ends at one object."""
    found: dict[tuple[str, str], set[str]] = {}
    for rule in role["rules"]:
        assert rule.keys() - {"resourceNames"} == {"apiGroups", "resources", "verbs"}
        names = [f"/{name}" for name in rule.get("resourceNames", [])] or [""]
        for group, resource, name in product(rule["apiGroups"], rule["resources"], names):
            found.setdefault((group, f"{resource}{name}"), set()).update(rule["verbs"])
    return found


def test_the_cluster_role_holds_exactly_these_rights() -> None:
    assert rights(the("ClusterRole", render())) == CLUSTER_RIGHTS


def test_in_its_own_namespace_it_may_write_its_lease_and_read_the_kill_switch() -> None:
    role = the("Role", render())

    assert role["metadata"]["namespace"] == "headroom-system"
    assert rights(role) == OWN_NAMESPACE_RIGHTS


def test_no_right_is_a_wildcard() -> None:
    objects = render()

    assert "*" not in str([the(kind, objects)["rules"] for kind in ("ClusterRole", "Role")])


@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding"])
def test_the_rights_are_bound_to_the_operators_account_alone(kind: str) -> None:
    objects = render()
    account = the("ServiceAccount", objects)["metadata"]

    binding = the(kind, objects)

    assert binding["roleRef"]["name"] == the(kind.removesuffix("Binding"), objects)["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}
    ]


def test_another_scale_target_changes_the_rights_the_admission_and_the_operators_list_together() -> None:
    objects = render(
        "scaleTargets[0].apiVersion=argoproj.io/v1alpha1",
        "scaleTargets[0].kind=Rollout",
        "scaleTargets[0].resource=rollouts",
    )

    role = rights(the("ClusterRole", objects))
    assert ("argoproj.io", "rollouts") not in role  # what is not watched is read through /scale
    assert role[("argoproj.io", "rollouts/scale")] == {"get", "patch"}
    assert ("apps", "deployments/scale") not in role
    admission = [item for item in objects if item["kind"] == "ValidatingAdmissionPolicy"]
    for policy in admission:
        (variable,) = [item for item in policy["spec"]["variables"] if item["name"] == "resources"]
        assert variable["expression"] == "{'argoproj.io/v1alpha1/Rollout': ['argoproj.io', 'rollouts']}"
    assert environment(objects)["HEADROOM_SCALE_TARGETS"] == (
        '[{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","resource":"rollouts"}]'
    )
    assert len(admission) == 2


def test_hpas_are_patched_only_where_the_platform_team_says_so() -> None:
    hpas = ("autoscaling", "horizontalpodautoscalers")
    granted = render("hpaMinReplicas=true")

    assert rights(the("ClusterRole", granted)) == CLUSTER_RIGHTS | {hpas: {"list", "watch", "patch"}}
    assert environment(granted)["HEADROOM_HPA_MIN_REPLICAS"] == "true"
    assert environment(render())["HEADROOM_HPA_MIN_REPLICAS"] == "false"
    assert "may not raise the floor" in str(render())
    assert "may not raise the floor" not in str(granted)


def test_quotas_are_listed_only_where_the_platform_team_says_so() -> None:
    granted = render("resourceQuotas=true")

    assert rights(the("ClusterRole", granted)) == CLUSTER_RIGHTS | {("", "resourcequotas"): {"list"}}
    assert environment(granted)["HEADROOM_RESOURCE_QUOTAS"] == "true"
    assert environment(render())["HEADROOM_RESOURCE_QUOTAS"] == "false"


def environment(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the operator's environment variables that have a plain value."""
    (container,) = the("Deployment", objects)["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value") for entry in container["env"]}
