"""Settings to compare: policies times values, each a policy that a cluster would take."""

from pathlib import Path
from typing import Any

import click
import pytest

from controller.cli.trying.variations import Variation, named, vary
from controller.errors import InputRefused
from tests.builders import LATENCY, QUEUED_REQUESTS, a_policy

RULE = {"name": "slow", "signal": "latency", "steps": [{"above": "250m", "addPercent": 25}]}
WEB = a_policy(QUEUED_REQUESTS, LATENCY, stepScaling=[RULE])


def varied(*wishes: tuple[str, tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [each.policy.spec.model_dump(by_alias=True) for each in vary({"web": WEB}, wishes)]


def test_a_field_and_its_values_are_read_as_yaml_reads_them() -> None:
    read = Variation().convert("spec.behavior.scaleDown.selectPolicy=Min, Max", None, None)
    assert read == ("behavior.scaleDown.selectPolicy", ("Min", "Max"))
    assert Variation().convert("minReplicas=2,4", None, None) == ("minReplicas", (2, 4))


@pytest.mark.parametrize("text", ["minReplicas", "minReplicas=", "=2", "minReplicas=2,,4"])
def test_a_field_without_values_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"write it like forecast\.planningPercentile=90,95,98"):
        Variation().convert(text, None, None)


def test_every_value_is_tried_with_every_other_on_every_policy() -> None:
    wishes = [("minReplicas", (2, 4)), ("forecast.planningPercentile", (90, 98))]
    names = [each.name for each in vary({"a": WEB, "b": WEB}, wishes)]
    assert len(names) == len(set(names)) == 8
    assert names[0] == "a minReplicas=2 forecast.planningPercentile=90"
    assert names[-1] == "b minReplicas=4 forecast.planningPercentile=98"


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("minReplicas", 7, lambda spec: spec["minReplicas"]),
        ("behavior.scaleUp.tolerancePercent", 9, lambda spec: spec["behavior"]["scaleUp"]["tolerancePercent"]),
        ("signals.requests.load.perReplica", 12, lambda spec: spec["signals"][0]["load"]["perReplica"]),
        ("signals.0.load.perReplica", 12, lambda spec: spec["signals"][0]["load"]["perReplica"]),
        ("stepScaling.slow.steps.0.addPercent", 80, lambda spec: spec["stepScaling"][0]["steps"][0]["addPercent"]),
        ("fallback.replicas", 5, lambda spec: spec["fallback"]["replicas"]),
    ],
)
def test_a_field_is_set_wherever_it_lies(field: str, value: int, found: Any) -> None:  # noqa: ANN401  a function
    (spec,) = varied((field, (value,)))
    assert found(spec) == value


@pytest.mark.parametrize(
    ("field", "values", "sentence"),
    [
        ("maxReplica", (5,), "makes no valid ScalingPolicy: spec.maxReplica"),
        ("minReplicas", (500,), "minReplicas must not be above maxReplicas"),
        ("signals.none.load.perReplica", (5,), "there is no 'none' in that list; it has requests, latency"),
        ("minReplicas.more", (5,), "there is nothing below 'more' to set"),
        ("minReplicas", tuple(range(1, 102)), "these are 101 settings, and at most 100 are replayed"),
    ],
    ids=["no field", "no valid policy", "no such item", "below a number", "too many"],
)
def test_what_is_no_setting_is_refused(field: str, values: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(InputRefused, match=sentence):
        varied((field, values))


def test_a_field_is_varied_once() -> None:
    with pytest.raises(InputRefused, match="names a field twice"):
        varied(("minReplicas", (1,)), ("minReplicas", (2,)))


@pytest.mark.parametrize(
    ("files", "names"),
    [(["a/web.yaml", "b/api.yaml"], ["web", "api"]), (["a/web.yaml", "b/web.yaml"], ["a/web.yaml", "b/web.yaml"])],
    ids=["by name", "by path"],
)
def test_policies_go_by_their_files(files: list[str], names: list[str]) -> None:
    assert list(named(map(Path, files), [WEB, WEB])) == names


def test_a_policy_is_compared_with_others_not_with_itself() -> None:
    with pytest.raises(InputRefused, match="--policy names a file twice"):
        named([Path("web.yaml")] * 2, [WEB, WEB])
