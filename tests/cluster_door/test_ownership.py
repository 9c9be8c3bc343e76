import pytest

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.hpas import HpaView
from controller.cluster.ownership import find_owner_conflicts
from controller.cluster.targets import TargetKey
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


FLOOR, METRIC = {"actuator": "HPAMinReplicas"}, {"actuator": "Metric"}
KEDAS = HpaView("shop", "h", WEB, controller="ScaledObject web")


@pytest.mark.parametrize(
    ("policies", "hpas", "granted", "refused"),
    [
        pytest.param([born(OLD, "a", **FLOOR)], [HpaView("shop", "h", WEB)], True, {}, id="a floor has its HPA"),
        pytest.param([born(OLD, "a", **FLOOR)], [], True, {"a": Reason.HPA_NOT_FOUND}, id="a floor needs an HPA"),
        pytest.param([born(OLD, "a", **FLOOR)], [KEDAS], True, {"a": Reason.HPA_NOT_OURS}, id="an HPA that KEDA makes"),
        pytest.param(
            [born(OLD, "a", **FLOOR)],
            [HpaView("shop", "h", WEB)],
            False,
            {"a": Reason.ACTUATOR_NOT_GRANTED},
            id="the chart did not grant it",
        ),
        pytest.param(
            [born(OLD, "a", **FLOOR), born(YOUNG, "b", **FLOOR)],
            [HpaView("shop", "h", WEB)],
            True,
            {"b": Reason.TARGET_OWNED_BY_POLICY},
            id="of two floors the older",
        ),
        pytest.param([born(OLD, "a", **METRIC)], [KEDAS], False, {}, id="a metric goes with any HPA"),
        pytest.param([born(OLD, "a", **METRIC), born(YOUNG, "b")], [], False, {}, id="and is in nobody's way"),
    ],
)
def test_each_actuator_gets_along_with_an_hpa_in_its_own_way(
    policies: list[ScalingPolicy],
    hpas: list[HpaView],
    granted: bool,  # noqa: FBT001  a table's column
    refused: dict[str, Reason],
) -> None:
    conflicts = find_owner_conflicts(policies, hpas, may_raise_floors=granted)

    assert {key.name: conflict.reason for key, conflict in conflicts.items()} == refused
