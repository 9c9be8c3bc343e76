from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from controller.api.crds import RESOURCES, Column, Resource
from controller.simulation.rivals.kinds import KINDS as RIVALS
from controller.simulation.variants.kinds import KINDS as VARIANTS
from controller.telemetry.exporter import EXPORTED
from controller.telemetry.presets import BUILT_IN
from docs.fields import resource_page
from docs.pages import pages
from docs.tables import table

DOCS = Path(__file__).parents[2] / "docs"
REFERENCES = {f"reference/{resource.kind.lower()}.md" for resource in RESOURCES}


class Part(BaseModel):
    """A part."""

    above: int = Field(ge=0)
    """Threshold."""


class Pretend(BaseModel):
    """A resource of two fields."""

    model_config = {"use_attribute_docstrings": True, "json_schema_extra": {}}

    spec: "Spec"
    """What is wanted."""


class Spec(BaseModel):
    """What is wanted."""

    model_config = {
        "use_attribute_docstrings": True,
        "json_schema_extra": {"x-kubernetes-validations": [{"rule": "true", "message": "be nice"}]},
    }

    mode: str = Field("a|b", max_length=5)
    """Which way."""
    steps: list[Part] = Field(min_length=1, max_length=8)
    """Thresholds."""


def page() -> str:
    return resource_page(Resource(Pretend, "pretends", "pre", (Column("Mode", ".spec.mode", priority=1),)))


def test_a_table_cell_may_hold_what_would_end_it() -> None:
    assert table(["a", "b"], [["x|y", "two\nlines"]]) == "| a | b |\n| --- | --- |\n| x\\|y | two lines |\n"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("| `spec.mode` | string, at most 5 characters | `a\\|b` | Which way. |", id="a default"),
        pytest.param("| `spec.steps` | list of object, 1 to 8 items | required | Thresholds. |", id="a list"),
        pytest.param("| `spec.steps[].above` | integer, at least 0 | required |", id="a field of its items"),
        pytest.param("- `spec`: be nice", id="a rule between fields"),
        pytest.param("| Mode | `.spec.mode` (with `-o wide`) |", id="a column"),
        pytest.param("`headroom.dev/v1alpha1`, scope Namespaced; `kubectl get pre` shows:", id="how to get it"),
    ],
)
def test_a_reference_page_says_everything_about_a_field(line: str) -> None:
    assert line in page()


def test_there_is_a_page_for_each_table_and_each_resource() -> None:
    assert {str(path) for path in pages()} == {"metrics.md", "presets.md", "rivals.md", "variants.md", *REFERENCES}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("metrics.md", [metric.name for metric in EXPORTED]),
        ("presets.md", [preset.template.name for preset in BUILT_IN]),
        ("rivals.md", list(RIVALS)),
        ("variants.md", list(VARIANTS)),
    ],
)
def test_every_entry_of_a_table_is_on_its_page(path: str, names: list[Any]) -> None:
    (text,) = [text for made, text in pages().items() if str(made) == path]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_the_pages_are_what_the_code_makes() -> None:
    stale = [str(path) for path, text in pages().items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert stale == [], "make generate"


def test_no_reference_page_is_left_over() -> None:
    assert {f"reference/{path.name}" for path in (DOCS / "reference").iterdir()} == REFERENCES
