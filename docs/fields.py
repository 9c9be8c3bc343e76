"""The reference page of one resource, made from its CustomResourceDefinition. Pure."""

from collections.abc import Iterator
from typing import Any

from controller.api.crds import Resource, crd
from controller.api.metadata import API_VERSION
from docs.tables import code, table

ITEMS = {"items": "[]", "additionalProperties": "{}"}


def resource_page(resource: Resource) -> str:
    """Return the page: how to look at it, its rules, then every field in the order of the schema."""
    version = crd(resource)["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    columns = [
        [column.name, code(column.json_path) + (" (with `-o wide`)" if column.priority else "")]
        for column in resource.columns
    ]
    rules = [f"- {code(path)}: {message}\n" for path, message in _rules(schema)]
    parts = [
        f"# {resource.kind}\n\n{schema['description']}\n",
        f"{code(API_VERSION)}, scope {resource.scope}; `kubectl get {resource.short_name}` shows:\n",
        table(["column", "shows"], columns),
        *(["The API server refuses it unless these hold:\n", "".join(rules)] if rules else []),
        *(_section(name, part) for name, part in schema["properties"].items()),
    ]
    return "\n".join(parts)


def _section(name: str, schema: dict[str, Any]) -> str:
    rows = [
        [code(path), _type(field), _default(field, required=required), field.get("description", "")]
        for path, field, required in _fields(schema, name)
    ]
    return f"## {name}\n\n{schema['description']}\n\n{table(['field', 'type', 'default', 'meaning'], rows)}"


def _fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield path and schema of every field below, and whether it must be given; items of lists show as `path[]`."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field, name in schema.get("required", ())
        yield from _fields(field, f"{path}.{name}")
    for keyword, suffix in ITEMS.items():
        if keyword in schema:
            yield from _fields(schema[keyword], path + suffix)


def _rules(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the sentence of every rule between fields, with the path of the part it is about."""
    for rule in schema.get("x-kubernetes-validations", ()):
        yield path, rule["message"]
    for name, field in schema.get("properties", {}).items():
        yield from _rules(field, f"{path}.{name}" if path else name)
    for keyword, suffix in ITEMS.items():
        if keyword in schema:
            yield from _rules(schema[keyword], path + suffix)


def _type(schema: dict[str, Any]) -> str:
    """Return the type in words: what it is, and within which bounds."""
    if "items" in schema:
        return f"list of {_noun(schema['items'])}" + _bounds(schema.get("minItems"), schema["maxItems"], " items")
    if schema.get("type") == "string" and "maxLength" in schema:
        return _noun(schema) + _bounds(schema.get("minLength"), schema["maxLength"], " characters")
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity"  # its bounds are about integers alone: 500m is one too
    return _noun(schema) + _bounds(schema.get("minimum"), schema.get("maximum"))


def _noun(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(map(code, schema["enum"]))
    return "time" if schema.get("format") == "date-time" else str(schema["type"])


def _bounds(lowest: float | None, highest: float | None, unit: str = "") -> str:
    """Return how large a value may be, from what its schema says of it."""
    if highest is None:
        return "" if lowest is None else f", at least {lowest}{unit}"
    return f", at most {highest}{unit}" if lowest is None else f", {lowest} to {highest}{unit}"


def _default(schema: dict[str, Any], *, required: bool) -> str:
    if required:
        return "required"
    return code(schema["default"]) if "default" in schema else ""
