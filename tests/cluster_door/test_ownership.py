import pytest

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.ownership import HpaView, find_owner_conflicts, project_hpa
from controller.cluster.targets import TargetKey
from controller.errors import ClusterUnavailable
from controller.scaling.reasons import Reason
from tests.builders import a_policy

OLD, YOUNG = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
WEB = TargetKey("shop", "apps", "Deployment", "web")


def born(created: str, name: str, *, uid: str = "u", namespace: str = "shop", **spec: object) -> ScalingPolicy:
    policy = a_policy(name=name, namespace=namespace, **spec)
    metadata = {"name": name, "namespace": namespace, "uid": uid, "creationTimestamp": created}
    return ScalingPolicy.model_validate({"metadata": metadata, "spec": policy.spec})


@pytest.mark.parametrize(
    ("policies", "hpas", "refused"),
    [
        pytest.param([born(OLD, "a")], [], {}, id="alone on its target"),
        pytest.param(
            [born(YOUNG, "b"), born(OLD, "a")], [], {"b": Reason.TARGET_OWNED_BY_POLICY}, id="the oldest of two wins"
        ),
        pytest.param(
            [born(OLD, "a", uid="2"), born(OLD, "b", uid="1")],
            [],
            {"a": Reason.TARGET_OWNED_BY_POLICY},
            id="of two born in one second the smaller uid wins",
        ),
        pytest.param(
            [born(OLD, "a", mode="Recommend"), born(YOUNG, "b")], [], {}, id="recommending works beside anything"
        ),
        pytest.param(
            [born(OLD, "a")], [HpaView("shop", "h", WEB)], {"a": Reason.TARGET_OWNED_BY_HPA}, id="an HPA wins"
        ),
        pytest.param(
            [born(OLD, "a", mode="Recommend")], [HpaView("shop", "h", WEB)], {}, id="beside an HPA one may recommend"
        ),
        pytest.param(
            [born(OLD, "a"), born(YOUNG, "b")],
            [HpaView("shop", "h", WEB)],
            {"a": Reason.TARGET_OWNED_BY_HPA, "b": Reason.TARGET_OWNED_BY_HPA},
            id="an HPA is named before another policy",
        ),
        pytest.param(
            [born(OLD, "a")],
            [HpaView("other", "h", WEB._replace(namespace="other"))],
            {},
            id="the same name in another namespace is another target",
        ),
        pytest.param(
            [
                born(OLD, "a"),
                born(YOUNG, "b", scaleTargetRef={"apiVersion": "apps/v1beta2", "kind": "Deployment", "name": "web"}),
            ],
            [],
            {"b": Reason.TARGET_OWNED_BY_POLICY},
            id="another version of the group does not hide a conflict",
        ),
    ],
)
def test_one_owner_may_act_on_a_target(
    policies: list[ScalingPolicy], hpas: list[HpaView], refused: dict[str, Reason]
) -> None:
    conflicts = find_owner_conflicts(policies, hpas)

    assert {key.name: conflict.reason for key, conflict in conflicts.items()} == refused


def test_a_conflict_names_the_owner_and_what_to_do() -> None:
    by_policy = find_owner_conflicts([born(OLD, "first"), born(YOUNG, "second")], [])
    by_hpa = find_owner_conflicts([born(OLD, "first")], [HpaView("shop", "web-hpa", WEB)])

    assert "ScalingPolicy first scales Deployment web" in by_policy[ObjectKey("shop", "second")].message
    assert "HorizontalPodAutoscaler web-hpa scales Deployment web" in by_hpa[ObjectKey("shop", "first")].message


def test_an_hpa_is_kept_as_its_name_and_target() -> None:
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    raw = {"metadata": {"name": "h", "namespace": "shop"}, "spec": {"scaleTargetRef": ref, "maxReplicas": 3}}

    assert project_hpa(raw) == HpaView("shop", "h", WEB)


def test_an_hpa_without_a_target_is_refused() -> None:
    with pytest.raises(ClusterUnavailable, match="scaleTargetRef"):
        project_hpa({"metadata": {"name": "h", "namespace": "shop"}, "spec": {}})
