"""At start: do the served CRDs fit this operator? Helm never upgrades them, so a misfit is told with what mends it."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from controller.api.crds import RESOURCES, Resource, crd
from controller.api.metadata import API_VERSION, GROUP, VERSION
from controller.api.structural_schema import Schema, property_paths
from controller.cluster.client import KubernetesClient
from controller.errors import ClusterUnavailable, InputRefused, NotFound

log = structlog.get_logger()

APPLY = "kubectl apply --server-side -f charts/headroom/crds"
MAX_NAMED = 5  # fields in the warning; they come from one missed upgrade, so a few tell which


async def check_served_crds(client: KubernetesClient) -> None:
    """Raise InputRefused naming the kinds that the API server does not serve; warn of fields that it would drop."""
    try:
        served = await client.discover(API_VERSION)
    except NotFound:
        served = {}
    names = {item.get("name") for item in served.get("resources", []) if isinstance(item, dict)}
    missing = sorted(resource.plural for resource in RESOURCES if resource.plural not in names)
    if missing:
        raise InputRefused(f"the API server does not serve {', '.join(missing)} of {API_VERSION}: run `{APPLY}`")
    await _warn_of_missing_fields(client)


async def _warn_of_missing_fields(client: KubernetesClient) -> None:
    """What an older CRD does not know, the API server prunes: what a person sets, and what we say, is lost silently."""
    try:
        schemas = _schemas_by_kind(await client.openapi(API_VERSION))
    except ClusterUnavailable as error:
        log.warning("served CRDs not compared with ours", error=str(error))
        return
    missing = [
        f"{resource.plural}: {path}"
        for resource in RESOURCES
        if resource.kind in schemas
        for path in missing_paths(resource, schemas[resource.kind])
    ]
    if missing:
        named, others = missing[:MAX_NAMED], len(missing[MAX_NAMED:])
        log.warning("the served CRDs are older than this operator", lacking=named, and_others=others, run=APPLY)


def missing_paths(resource: Resource, served: Schema) -> list[str]:
    """Return our properties that a served schema does not have; of a part that is missing, the part alone."""
    ours = crd(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    known = set(property_paths(served))
    missing: list[str] = []
    for path in property_paths(ours):
        if path not in known and not path.startswith(tuple(f"{part}{sign}" for part in missing for sign in ".[")):
            missing.append(path)
    return missing


def _schemas_by_kind(document: Mapping[str, Any]) -> dict[str, Schema]:
    """Return the schemas of our kinds in an OpenAPI document; the API server publishes them some time after a CRD."""
    return dict(_own_schemas(document.get("components", {}).get("schemas", {})))


def _own_schemas(schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    for schema in schemas.values():
        for names in schema.get("x-kubernetes-group-version-kind", []):
            if (names["group"], names["version"]) == (GROUP, VERSION):
                yield names["kind"], schema
