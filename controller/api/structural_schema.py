"""Structural schemas, the dialect of OpenAPI 3.0 that the API server wants, made from pydantic models.

pydantic speaks JSON Schema 2020. The differences are bridged here, and a keyword this file does not know is refused
rather than dropped. What a CustomResourceDefinition says beside its schema is in crds.py.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

KEPT = (  # in the order they are written
    *("description", "type", "format", "enum", "default", "pattern", "minLength", "maxLength"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "minItems", "maxItems", "maxProperties"),
    *("required", "properties", "items", "additionalProperties"),
    *("x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
    "x-kubernetes-validations",
)
BRIDGED = ("title", "$defs", "$ref", "anyOf", "const")  # said otherwise, or not at all, in a structural schema
BELOW = ("items", "additionalProperties")  # each holds the one schema of every item or value
EXCLUSIVE_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def structural_schema(model: type[BaseModel]) -> Schema:
    """Return the model as a structural schema: nothing referred to, nothing nullable, no titles.

    Raises ValueError for a keyword that a structural schema cannot say.
    """
    document = model.model_json_schema(by_alias=True, mode="validation")
    return _structural(document, document.get("$defs", {}))


def without_defaults(schema: Schema) -> Schema:
    """Return the schema with no default in it or below it."""
    schema = {keyword: value for keyword, value in schema.items() if keyword != "default"}
    if "properties" in schema:
        schema["properties"] = {name: without_defaults(part) for name, part in schema["properties"].items()}
    for keyword in BELOW:
        if keyword in schema:
            schema[keyword] = without_defaults(schema[keyword])
    return schema


def property_paths(schema: Schema) -> Iterator[str]:
    """Yield the path of every property at any depth, as `spec.signals[].load`."""
    for name, part in schema.get("properties", {}).items():
        yield name
        yield from (f"{name}{below}" for below in _paths_below(part))


def _paths_below(schema: Schema) -> Iterator[str]:
    yield from (f".{path}" for path in property_paths(schema))
    for keyword in BELOW:
        if isinstance(schema.get(keyword), dict):
            yield from (f"[]{path}" for path in _paths_below(schema[keyword]))


def _structural(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    schema = _bridged(schema, definitions)
    unknown = [keyword for keyword in schema if keyword not in (*KEPT, *BRIDGED)]
    if unknown:
        raise ValueError(f"a structural schema has no {', '.join(unknown)}: {schema}")
    if "properties" in schema:
        parts = schema["properties"].items()
        schema["properties"] = {name: _structural(part, definitions) for name, part in parts}
    for keyword in BELOW:
        if keyword in schema:
            schema[keyword] = _structural(schema[keyword], definitions)
    return {keyword: schema[keyword] for keyword in KEPT if keyword in schema}


def _bridged(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Say in OpenAPI 3.0 what this level says in JSON Schema 2020. What stands beside a `$ref` wins over it."""
    if "anyOf" in schema:
        schema = _without_null(schema)
    definition = definitions[schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else {}
    schema = {**definition, **schema}
    if "const" in schema:
        schema["enum"] = [schema["const"]]
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]  # the API server prunes, or refuses with strict validation
    if "default" in schema and not _is_worth_writing(schema["default"]):
        del schema["default"]
    for exclusive, bound in EXCLUSIVE_BOUNDS.items():
        if exclusive in schema:
            schema[bound], schema[exclusive] = schema[exclusive], True
    return schema


def _without_null(schema: Schema) -> Schema:
    """Return the optional field as what it is when it is there; absent says the rest."""
    options = [option for option in schema["anyOf"] if option != {"type": "null"}]
    if len(options) != 1:
        raise ValueError(f"a structural schema has one type a field: {schema}")
    return {**options[0], **{keyword: value for keyword, value in schema.items() if keyword != "anyOf"}}


def _is_worth_writing(default: object) -> bool:
    """True for scalars that say something. Whole parts are defaulted by the models: a stored spec stays as written."""
    return default is not None and default != "" and not isinstance(default, dict | list)
