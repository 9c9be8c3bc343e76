import pytest
from pydantic import ValidationError

from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from tests.builders import REQUESTS


def explained(**spec: object) -> str:
    full = {"scaleTargetRef": {"name": "web"}, "maxReplicas": 9, "signals": [REQUESTS], **spec}
    with pytest.raises(ValidationError) as refused:
        ScalingPolicy.model_validate({"metadata": {"name": "web"}, "spec": full})
    return explain(refused.value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"maxReplicas": "many"}, "spec.maxReplicas: ", id="a field as the wire writes it"),
        pytest.param({"signals": [{**REQUESTS, "name": 7}]}, "spec.signals[0].name: ", id="an item by its number"),
        pytest.param({"minReplicas": 10}, "spec: ", id="a rule over several fields by what holds them"),
    ],
)
def test_a_fault_is_named_by_its_path(spec: dict[str, object], said: str) -> None:
    assert explained(**spec).startswith(said)


def test_our_own_sentences_stand_without_pydantics_preface() -> None:
    assert "Value error" not in explained(minReplicas=10)


def test_three_faults_are_shown_and_the_others_counted() -> None:
    line = explained(**{f"unknown{number}": 1 for number in range(5)})

    assert line.count("spec.unknown") == 3
    assert line.endswith("; and 2 more")


def test_a_line_is_one_line() -> None:
    assert "\n" not in explained(maxReplicas="many\nlines")


def test_a_fault_of_no_field_is_the_objects() -> None:
    with pytest.raises(ValidationError) as refused:
        ScalingPolicy.model_validate("text")

    assert explain(refused.value).startswith("the object: ")
