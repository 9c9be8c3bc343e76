"""Policies as a tool writes them: a document to apply, and above it, as comments, what it rests on and lacks."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from controller.api.forecast import Holidays
from controller.api.metadata import API_VERSION, ObjectKey
from controller.api.objective import Objective
from controller.api.refusal import explain
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load
from controller.errors import InputRefused
from controller.simulation.defaults import RATE_PRESET

WHOLE = 100  # percent
LINE = 110  # letters of a comment
LATENCY = {"name": "latency", "preset": "http-p95-latency"}
REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class Known:
    """What a person says of a workload; without a `load`, what a replica takes is left to be learned from latency."""

    key: ObjectKey
    objective: Objective
    load: Load | None = None
    lead_time: timedelta | None = None
    time_zone: str | None = None
    holidays: Holidays | None = None
    preset: str = RATE_PRESET
    """What demand is measured by."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen for a workload."""

    min_replicas: int
    max_replicas: int
    percentile: int
    tolerance: int
    """Percent of the replicas: a rise below it is left alone."""
    counted: int = 100
    """Percent of what a replica takes that is counted on; the rest is slack."""


def document(known: Known, chosen: Chosen) -> Mapping[str, Any]:
    """Return a policy as the wire writes it. It only recommends: who applies it sees first what it would do."""
    spec: dict[str, Any] = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": known.key.name},
        "mode": "Recommend",
        "minReplicas": chosen.min_replicas,
        "maxReplicas": chosen.max_replicas,
        "signals": _signals(known, chosen),
        "objective": _objective(known),
        "forecast": _forecast(known, chosen),
        "behavior": {"scaleUp": {"tolerancePercent": chosen.tolerance}},
    }
    if known.lead_time is not None:
        spec["capacity"] = {"leadTimeSeconds": int(known.lead_time.total_seconds())}
    metadata = {"name": known.key.name, "namespace": known.key.namespace}
    return {"apiVersion": API_VERSION, "kind": "ScalingPolicy", "metadata": metadata, "spec": spec}


def policy_of(known: Known, chosen: Chosen) -> ScalingPolicy:
    """Return the policy that the document says. Raises InputRefused where what a person said makes none."""
    try:
        return ScalingPolicy.model_validate(document(known, chosen))
    except ValidationError as problem:
        raise InputRefused(f"this makes no valid ScalingPolicy: {explain(problem)}") from problem


def key_of(trace: Path) -> ObjectKey:
    """Return what the workload of a trace is called, by the trace's file."""
    stem = re.sub(r"[^a-z0-9]+", "-", trace.name.partition(".")[0].lower()).strip("-")
    return ObjectKey("default", stem or "workload")


def yaml_of(found: Mapping[str, Any], comments: Sequence[str]) -> str:
    """Return the document as YAML below its comments, one paragraph each."""
    lines = [line for each in comments for line in textwrap.wrap(each, LINE, subsequent_indent="  ")]
    body = yaml.safe_dump(found, sort_keys=False, width=LINE)
    return "".join(f"# {line}\n" for line in lines) + body


def write_policy(path: Path, text: str, option: str) -> None:
    """Write a policy. Raises InputRefused where the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise InputRefused(f"{option} {path} cannot be written: {problem}") from problem


def _forecast(known: Known, chosen: Chosen) -> Mapping[str, Any]:
    found = {"planningPercentile": chosen.percentile, "timeZone": known.time_zone or "UTC"}
    if known.holidays is None:
        return found
    return {**found, "holidays": known.holidays.model_dump(mode="json", by_alias=True, exclude_defaults=True)}


def _signals(known: Known, chosen: Chosen) -> list[Mapping[str, Any]]:
    requests: dict[str, Any] = {"name": "demand" if known.preset != RATE_PRESET else REQUESTS, "preset": known.preset}
    if known.load is None:
        return [{**requests, "load": {}}, LATENCY]
    load: dict[str, Any] = {"perReplica": _number(known.load.per_replica * chosen.counted / WHOLE)}
    if known.load.service_time_milliseconds is not None:
        load["serviceTimeMilliseconds"] = known.load.service_time_milliseconds
    return [{**requests, "load": load}]


def _objective(known: Known) -> Mapping[str, Any]:
    if known.objective.p95_milliseconds is None:
        return {"utilizationPercent": known.objective.utilization_percent}
    learned = {"latencySignal": LATENCY["name"]} if known.load is None else {}
    return {"p95Milliseconds": known.objective.p95_milliseconds, **learned}


def _number(value: float) -> int | str:
    """Return a quantity as people write it: a fraction is text, since floats do not survive every tool."""
    return int(value) if value == int(value) else f"{value:g}"
