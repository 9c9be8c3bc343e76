"""The CustomResourceDefinitions, made from the models beside this file. Plain data in, plain data and YAML text out.

Scopes, short names and printer columns are a table here; how a model becomes a schema is in structural_schema.py.
Writing the files is `headroom crds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel

from controller.api.demand_event import DemandEvent
from controller.api.forecast_report import ForecastReport
from controller.api.metadata import GROUP, VERSION
from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.api.structural_schema import Schema, structural_schema, without_defaults

IMPLIED = ("apiVersion", "kind", "metadata")  # every structural schema has these by itself
HEADER = "# Made from controller/api by `headroom crds --write`; edit the models, not this file.\n"
LINE_WIDTH = 120  # as in the code


class Column(NamedTuple):
    """A column of `kubectl get`; `priority` 1 shows it with `-o wide` only."""

    name: str
    json_path: str
    type: str = "string"
    priority: int = 0


AGE = Column("Age", ".metadata.creationTimestamp", "date")


@dataclass(frozen=True, slots=True)
class Resource:
    """What a CustomResourceDefinition says beside its schema."""

    model: type[BaseModel]
    plural: str
    short_name: str
    columns: tuple[Column, ...]
    scope: str = "Namespaced"

    @property
    def kind(self) -> str:
        """The kind, which is the model's name."""
        return self.model.__name__

    @property
    def file_name(self) -> str:
        """Name of the file the definition is kept in."""
        return f"{self.plural}.yaml"


RESOURCES = (
    Resource(
        ScalingPolicy,
        "scalingpolicies",
        "spol",
        (
            Column("Target", ".spec.scaleTargetRef.name"),
            Column("Mode", ".spec.mode"),
            Column("Current", ".status.currentReplicas", "integer"),
            Column("Desired", ".status.desiredReplicas", "integer"),
            Column("Forecast", ".status.forecastReplicas", "integer"),
            Column("Reason", ".status.reason"),
            AGE,
            Column("Message", ".status.message", priority=1),
        ),
    ),
    Resource(
        ForecastReport,
        "forecastreports",
        "fr",
        (
            Column("Policy", ".spec.policy"),
            Column("Verdict", ".status.verdict"),
            Column("Generated", ".status.generatedAt", "date"),
        ),
    ),
    Resource(
        DemandEvent,
        "demandevents",
        "de",
        (
            # As text: `kubectl` shows a date as an age, and these lie ahead.
            Column("Start", ".spec.start"),
            Column("End", ".spec.end"),
            Column("Multiplier", ".spec.multiplierPercent", "integer"),
            Column("Floor", ".spec.minReplicas", "integer"),
            Column("Policies", ".spec.policies"),
            Column("Description", ".spec.description", priority=1),
        ),
    ),
    Resource(
        MetricsSource,
        "metricssources",
        "msrc",
        (
            Column("URL", ".spec.url"),
            Column("Reachable", '.status.conditions[?(@.type=="Reachable")].status'),
            AGE,
            Column("Message", '.status.conditions[?(@.type=="Reachable")].message', priority=1),
        ),
        scope="Cluster",
    ),
)


def crd(resource: Resource) -> dict[str, Any]:
    """Return the CustomResourceDefinition of one resource, as the API server takes it."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                "shortNames": [resource.short_name],
                "categories": ["autoscaling"],
            },
            "scope": resource.scope,
            "versions": [_version(resource)],
        },
    }


def crd_files() -> dict[str, str]:
    """Return the text of every CRD file by its name; the same text for the same models."""
    return {resource.file_name: HEADER + as_yaml(crd(resource)) for resource in RESOURCES}


def as_yaml(document: Mapping[str, Any]) -> str:
    """Return the document as YAML in the order it was built, without anchors."""
    return yaml.dump(dict(document), Dumper=_PlainDumper, sort_keys=False, width=LINE_WIDTH, allow_unicode=True)


def _version(resource: Resource) -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [_printer_column(column) for column in resource.columns],
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": _root_schema(resource.model)},
    }


def _printer_column(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.json_path}
    return entry | ({"priority": column.priority} if column.priority else {})


def _root_schema(model: type[BaseModel]) -> Schema:
    schema = structural_schema(model)
    schema["required"] = [name for name in schema["required"] if name not in IMPLIED]
    schema["properties"] = {name: part for name, part in schema["properties"].items() if name not in IMPLIED}
    if "status" in schema["properties"]:
        # What a default writes into status is a statement that nobody made.
        schema["properties"]["status"] = without_defaults(schema["properties"]["status"])
    return schema


class _PlainDumper(yaml.SafeDumper):
    """Writes shared pieces out in full: a CRD is read top to bottom."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  asked about each value
        return True
