"""Histories of all workloads that a Prometheus has a signal of. Nothing is kept, and nothing but reading is asked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from controller.api.metadata import ObjectMeta
from controller.api.metrics_source import MetricsSource, MetricsSourceSpec
from controller.api.signals import SignalTemplate
from controller.cli.histories import Histories, History
from controller.cli.inputs import load_source
from controller.errors import InputRefused
from controller.telemetry.client import PrometheusClient
from controller.telemetry.compiler import Workload
from controller.telemetry.presets import presets_of
from controller.telemetry.survey import survey

SCHEMES = ("http://", "https://")
NOT_A_SOURCE = (
    "--prometheus takes a URL like http://prometheus:9090, without credentials, query or fragment, or a file with a "
    "MetricsSource; where a token is needed, its bearerTokenFile says where that is"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which signals, by the names of their presets, of which namespaces (none: of all), and how much of the past."""

    presets: Sequence[str]
    namespaces: Sequence[str]
    span: timedelta


def source_from(where: str) -> MetricsSource:
    """Return the source at a URL, or the one in a file. Raises InputRefused, which never repeats a secret."""
    if not where.startswith(SCHEMES) and Path(where).is_file():
        return load_source(Path(where))
    try:
        return MetricsSource(metadata=ObjectMeta(name="prometheus"), spec=MetricsSourceSpec(url=where))
    except ValidationError as problem:
        raise InputRefused(NOT_A_SOURCE) from problem


@contextmanager
def from_source(source: MetricsSource, wanted: Wanted, *, now: datetime) -> Iterator[Histories]:
    """Ask which workloads have the signals now, and hand out their histories as they are asked for.

    Raises InputRefused on an unknown preset and where there is no workload, TelemetryUnavailable without an answer.
    """
    templates = _templates(source, wanted.presets)
    with PrometheusClient(source) as client:
        found = {name: client.workloads(template, wanted.namespaces, at=now) for name, template in templates.items()}
        total = sum(map(len, found.values()))
        if not total:
            asked = " or ".join(templates)
            raise InputRefused(f"no workload has {asked} there now; name another --preset or --namespace")
        yield Histories(total, _histories(client, templates, found, span=wanted.span, now=now))


def _templates(source: MetricsSource, names: Sequence[str]) -> dict[str, SignalTemplate]:
    known = presets_of(source.spec)
    for name in names:
        if name not in known:
            raise InputRefused(f"--preset {name} is not known there; it is one of {', '.join(sorted(known))}")
    return {name: known[name] for name in names}


def _histories(
    client: PrometheusClient,
    templates: Mapping[str, SignalTemplate],
    found: Mapping[str, Sequence[Workload]],
    *,
    span: timedelta,
    now: datetime,
) -> Iterator[History]:
    for preset, workloads in found.items():
        for chunk in survey(client, templates[preset], workloads, span=span, now=now):
            for workload, history in chunk.items():
                yield f"{workload.namespace}/{workload.name} {preset}", history
