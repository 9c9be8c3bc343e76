"""ForecastReports, and the policies they are about: those of a cluster, and those in a file that kubectl wrote."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import click
import yaml
from pydantic import ValidationError

from controller.api.forecast_report import ForecastReport
from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import Forbidden, InputRefused, NotFound, unreadable

Raw = Mapping[str, Any]
Found = tuple[ForecastReport, ScalingPolicy | None]


def fetch_report(namespace: str, name: str, *, kubeconfig: Path | None) -> Found:
    """Return a cluster's ForecastReport and, where it may be read, its policy. Raises InputRefused, HeadroomError."""
    return pick(
        asyncio.run(fetch_objects(namespace, name, kubeconfig=kubeconfig)), name, where=f"namespace {namespace}"
    )


async def fetch_objects(namespace: str, name: str, *, kubeconfig: Path | None) -> Sequence[Raw]:
    """Return the ForecastReport of that name and, where it is there and may be read, the policy it is about."""
    from controller.cluster.address import FORECAST_REPORTS, SCALING_POLICIES  # noqa: PLC0415  the cluster door
    from controller.cluster.client import KubernetesClient  # noqa: PLC0415  is an extra,
    from controller.cluster.connection import connect  # noqa: PLC0415  and --file goes without it

    async with connect(kubeconfig) as api:
        client = KubernetesClient(api, Random(0).random)  # noqa: S311  spreads retries, guards nothing
        found = await client.get(FORECAST_REPORTS.at(namespace, name))
        try:
            return found, await client.get(SCALING_POLICIES.at(namespace, name))
        except (NotFound, Forbidden):
            return (found,)


def read_objects(path: Path) -> Sequence[Raw]:
    """Return all objects of a YAML or JSON file; those of a List count one by one. Raises InputRefused."""
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(path, problem) from problem
    except yaml.YAMLError as problem:
        raise InputRefused(f"{path} is not YAML: {problem}") from problem
    return tuple(item for document in documents for item in _flatten(document))


def _flatten(document: object) -> Iterator[Raw]:
    if isinstance(document, Mapping):
        items = document.get("items")
        yield from (item for item in items if isinstance(item, Mapping)) if isinstance(items, list) else (document,)


def pick(objects: Sequence[Raw], name: str | None, *, where: str) -> Found:
    """Return the one ForecastReport (of that name) and its policy, if that is there too. Raises InputRefused."""
    reports = [_parse(raw, where) for raw in objects if raw.get("kind") == "ForecastReport"]
    named = [found for found in reports if name in (None, found.key.name)]
    if len(named) != 1:
        known = ", ".join(str(found.key) for found in reports) or "none"
        raise InputRefused(f"{where} must hold one ForecastReport{f' named {name}' if name else ''}; it has: {known}")
    found = named[0]
    policies = [raw for raw in objects if raw.get("kind") == "ScalingPolicy" and _is_policy_of(found, raw)]
    return found, _parse_policy(policies[0]) if policies else None


def _parse(raw: Raw, where: str) -> ForecastReport:
    try:
        return ForecastReport.model_validate(raw)
    except ValidationError as problem:
        raise InputRefused(f"{where} has a ForecastReport that cannot be read: {explain(problem)}") from problem


def _is_policy_of(found: ForecastReport, raw: Raw) -> bool:
    metadata = raw.get("metadata")
    identity = (metadata.get("namespace"), metadata.get("name")) if isinstance(metadata, Mapping) else None
    return identity == (found.metadata.namespace, found.spec.policy)


def _parse_policy(raw: Raw) -> ScalingPolicy | None:
    """Return the policy; None, and a word on standard error, where another version wrote it."""
    try:
        return ScalingPolicy.model_validate(raw)
    except ValidationError as problem:
        click.echo(f"the policy is left out: {explain(problem)}", err=True)
        return None
