from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from controller.api.crds import RESOURCES, crd
from tests.api.bad_policies import BEYOND_THE_API_SERVER, GOOD, MISTAKES, Mistake

MODELS: dict[str, type[BaseModel]] = {resource.kind: resource.model for resource in RESOURCES}


def problems(error: ValidationError) -> list[str]:
    """Say each problem as the API server would name it: `spec.signals[0].name: sentence`."""
    named = []
    for problem in error.errors():
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem["loc"])
        named.append(f"{''.join(steps).removeprefix('.')}: {problem['msg']}")
    return named


@pytest.mark.parametrize("mistake", [*MISTAKES, *BEYOND_THE_API_SERVER], ids=lambda mistake: mistake.what)
def test_the_models_refuse_a_mistake_first_of_all_naming_its_field(mistake: Mistake) -> None:
    with pytest.raises(ValidationError) as refusal:
        MODELS[mistake.document["kind"]].model_validate(mistake.document)

    problem = problems(refusal.value)[0]  # a list whose only item is refused is then called too short as well
    assert problem.startswith(f"{mistake.field}: ")
    assert mistake.sentence in problem


@pytest.mark.parametrize("document", GOOD, ids=lambda document: str(document["spec"])[-60:])
def test_the_models_take_what_is_right(document: dict[str, Any]) -> None:
    parsed = MODELS[document["kind"]].model_validate(document)

    assert parsed.model_dump(by_alias=True)["kind"] == document["kind"]


def test_every_cross_field_rule_of_the_crds_has_its_mistake_in_the_table() -> None:
    sentences = {rule["message"] for resource in RESOURCES for rule in rules(crd(resource))}

    untested = [s for s in sentences if not any(mistake.served_sentence in s for mistake in MISTAKES)]

    assert sentences
    assert untested == []


def rules(part: object) -> Iterator[dict[str, str]]:
    """Yield every CEL rule in a document."""
    if isinstance(part, dict):
        yield from part.get("x-kubernetes-validations", [])
        for below in part.values():
            yield from rules(below)
    if isinstance(part, list):
        for below in part:
            yield from rules(below)
