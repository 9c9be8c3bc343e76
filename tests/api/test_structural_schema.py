from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from controller.api.structural_schema import property_paths, structural_schema, without_defaults


class Inner(BaseModel):
    """The inner part."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"x-kubernetes-validations": [{"rule": "true"}]})

    size: Annotated[int, Field(gt=0, lt=10, description="Its size.")] = 3


class Outer(BaseModel):
    """The outer part."""

    inner: Inner = Inner()
    told: Annotated[Inner, Field(description="Another word for it.")] = Inner()
    maybe: Inner | None = None
    parts: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = Field(default_factory=dict)
    kind: Literal["Outer"] = "Outer"
    note: str = ""


INNER = {
    "description": "The inner part.",
    "type": "object",
    "properties": {
        "size": {
            "description": "Its size.",
            "type": "integer",
            "default": 3,
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": 10,
            "exclusiveMaximum": True,
        }
    },
    "x-kubernetes-validations": [{"rule": "true"}],
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("inner", INNER, id="a part is written out in place, and defaulted by the model alone"),
        pytest.param("told", {**INNER, "description": "Another word for it."}, id="a field's own description wins"),
        pytest.param("maybe", INNER, id="what may be null may be absent instead"),
        pytest.param("parts", {"type": "array", "items": INNER}, id="items are written out"),
        pytest.param("by_name", {"type": "object", "additionalProperties": INNER}, id="values of a map too"),
        pytest.param("kind", {"type": "string", "enum": ["Outer"], "default": "Outer"}, id="a constant is an enum"),
        pytest.param("note", {"type": "string"}, id="an empty default says nothing"),
    ],
)
def test_each_dialect_has_its_own_words(field: str, expected: dict[str, Any]) -> None:
    assert structural_schema(Outer)["properties"][field] == expected


def test_defaults_can_be_left_out_at_every_depth() -> None:
    schema = without_defaults(structural_schema(Outer))

    assert "default" not in str(schema)
    assert schema["properties"]["parts"]["items"]["properties"]["size"]["maximum"] == 10


class Either(BaseModel):
    value: int | str


class Pair(BaseModel):
    value: tuple[int, str]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        pytest.param(Either, "a structural schema has one type a field", id="a choice of types"),
        pytest.param(Pair, "a structural schema has no prefixItems", id="a tuple of fixed length"),
    ],
)
def test_what_the_api_server_cannot_be_told_is_refused(model: type[BaseModel], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        structural_schema(model)


def test_properties_are_named_by_their_paths_at_any_depth() -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}}}
    schema = {
        "properties": {
            "spec": {
                "properties": {"signals": {"items": item}, "labels": {"additionalProperties": {"type": "string"}}}
            },
            "grid": {"items": {"items": item}},
        }
    }

    assert list(property_paths(schema)) == [
        "spec",
        "spec.signals",
        "spec.signals[].name",
        "spec.labels",
        "grid",
        "grid[][].name",
    ]
