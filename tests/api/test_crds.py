from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.api.crds import RESOURCES, Resource, crd, crd_files

ROOT = Path(__file__).parents[2]
EACH_RESOURCE = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
FORBIDDEN = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "const", "prefixItems", "title", "nullable"}


def schema_of(resource: Resource) -> dict[str, Any]:
    version: dict[str, Any] = crd(resource)["spec"]["versions"][0]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return schema


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema in a schema with its path."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from walk(part, f"{path}.{name}")
    for keyword, suffix in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in schema:
            yield from walk(schema[keyword], path + suffix)


def unbounded(schema: dict[str, Any]) -> bool:
    """Whether a value of this schema could be as large as its writer likes."""
    match schema.get("type"):
        case "string":
            return not schema.keys() & {"maxLength", "enum", "format"}
        case "array":
            return "maxItems" not in schema
        case "object":
            return "properties" not in schema and "maxProperties" not in schema
        case None:
            return not schema.get("x-kubernetes-int-or-string") or "maxLength" not in schema
        case _:
            return False


@EACH_RESOURCE
def test_every_field_is_documented(resource: Resource) -> None:
    properties = [
        (f"{path}.{name}", part)
        for path, schema in walk(schema_of(resource))
        for name, part in schema.get("properties", {}).items()
    ]

    assert properties
    assert [path for path, part in properties if not part.get("description", "").endswith(".")] == []


@EACH_RESOURCE
def test_every_string_list_and_map_is_bounded(resource: Resource) -> None:
    assert [path for path, schema in walk(schema_of(resource)) if unbounded(schema)] == []


@EACH_RESOURCE
def test_nothing_of_json_schema_is_left_that_the_api_server_refuses(resource: Resource) -> None:
    assert [path for path, schema in walk(schema_of(resource)) if schema.keys() & FORBIDDEN] == []
    assert [path for path, schema in walk(schema_of(resource)) if schema.get("additionalProperties") is False] == []
    assert [
        path for path, schema in walk(schema_of(resource)) if "default" in schema and schema["default"] is None
    ] == []


@EACH_RESOURCE
def test_a_keyed_list_is_keyed_by_a_required_field(resource: Resource) -> None:
    keyed = [schema for _, schema in walk(schema_of(resource)) if schema.get("x-kubernetes-list-type") == "map"]

    for schema in keyed:
        assert set(schema["x-kubernetes-list-map-keys"]) <= set(schema["items"]["required"])


@EACH_RESOURCE
def test_the_spec_is_required_and_status_is_its_own_subresource_without_defaults(resource: Resource) -> None:
    schema = schema_of(resource)

    assert schema["required"] == ["spec"]
    assert crd(resource)["spec"]["versions"][0]["subresources"] == {"status": {}}
    assert not [path for path, part in walk(schema) if path.startswith(".status") and "default" in part]


@pytest.mark.parametrize(
    ("kind", "short_name", "scope", "columns"),
    [
        ("ScalingPolicy", "spol", "Namespaced", "Target Mode Current Desired Forecast Reason Age"),
        ("ForecastReport", "fr", "Namespaced", "Policy Verdict Generated"),
        ("DemandEvent", "de", "Namespaced", "Start End Multiplier Floor Policies"),
        ("MetricsSource", "msrc", "Cluster", "URL Reachable Age"),
    ],
)
def test_kubectl_get_says_what_it_is_doing_and_why(kind: str, short_name: str, scope: str, columns: str) -> None:
    (spec,) = [crd(resource)["spec"] for resource in RESOURCES if resource.kind == kind]

    assert spec["names"]["shortNames"] == [short_name]
    assert spec["names"]["categories"] == ["autoscaling"]
    assert spec["scope"] == scope
    shown = [column for column in spec["versions"][0]["additionalPrinterColumns"] if not column.get("priority")]
    assert " ".join(column["name"] for column in shown) == columns


@EACH_RESOURCE
def test_every_column_shows_a_field_that_exists(resource: Resource) -> None:
    fields = {path for path, _ in walk(schema_of(resource))}

    for column in resource.columns:
        path = column.json_path.split("[")[0]  # conditions are looked up by their type
        assert path in fields or path == ".metadata.creationTimestamp"


@pytest.mark.parametrize("folder", ["crds", "charts/headroom/crds"])
def test_the_files_are_what_the_models_make(folder: str) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / folder).iterdir()}

    assert written == crd_files(), "make generate"


def test_the_files_read_back_as_the_definitions_without_anchors() -> None:
    for resource in RESOURCES:
        text = crd_files()[resource.file_name]

        assert yaml.safe_load(text) == crd(resource)
        assert not [line for line in text.splitlines() if line.lstrip("- ").startswith(("&", "*"))]
