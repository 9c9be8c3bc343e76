"""Histories of all workloads that a Prometheus has a signal of. Nothing is kept, and nothing but reading is asked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from controller.api.metadata import ObjectMeta
from controller.api.metrics_source import MetricsSource, MetricsSourceSpec
from controller.api.signals import SignalTemplate
from controller.cli.reading.histories import Histories, History
from controller.cli.reading.resources import load_source
from controller.errors import InputRefused, TelemetryUnavailable
from controller.telemetry.client import PrometheusClient
from controller.telemetry.compiler import Workload
from controller.telemetry.presets import presets_of
from controller.telemetry.survey import survey
from forecasting import Series
from forecasting.batch import LONGEST_HISTORY

MOST_NAMED = 20  # workloads in one sentence
SCHEMES = ("http://", "https://")
NOT_A_SOURCE = (
    "--prometheus takes a URL like http://prometheus:9090, without credentials, query or fragment, or the path "
    "of a file with a MetricsSource; where a token is needed, its bearerTokenFile says where that is"
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
    with _asking(source) as client:
        found = {name: client.workloads(template, wanted.namespaces, at=now) for name, template in templates.items()}
        total = sum(map(len, found.values()))
        if not total:
            asked = " or ".join(templates)
            raise InputRefused(f"no workload has {asked} there now; name another --preset or --namespace")
        yield Histories(total, _histories(client, templates, found, span=wanted.span, now=now))


@contextmanager
def _asking(source: MetricsSource) -> Iterator[PrometheusClient]:
    """Give a client of a source; where it does not answer, the person is told which address was asked."""
    try:
        with PrometheusClient(source) as client:
            yield client
    except TelemetryUnavailable as problem:
        raise TelemetryUnavailable(f"{problem}; asked was {source.spec.url}") from problem


def history_of(source: MetricsSource, preset: str, workload: str | None, *, now: datetime) -> Series:
    """Return the last 28 days of a signal of one workload, NAMESPACE/NAME; without a name of the only one there is.

    Raises InputRefused where it is not there or has no sample, TelemetryUnavailable without an answer.
    """
    template = _templates(source, [preset])[preset]
    with _asking(source) as client:
        found = {f"{each.namespace}/{each.name}": each for each in client.workloads(template, (), at=now)}
        name = next(iter(found)) if workload is None and len(found) == 1 else workload
        if name not in found:
            known = ", ".join(list(found)[:MOST_NAMED]) or "none"
            raise InputRefused(
                f"--workload must name one that has {preset} there, as NAMESPACE/NAME; there are: {known}"
            )
        (chunk,) = survey(client, template, [found[name]], span=LONGEST_HISTORY, now=now)
    history = chunk[found[name]]
    if isinstance(history, str):
        raise InputRefused(f"the history of {name} cannot be had: {history}")
    return _trimmed(history, name)


def _trimmed(history: Series, name: str) -> Series:
    """Return a history from its first to its last sample."""
    known = np.flatnonzero(~np.isnan(history.values))
    if not known.size:
        raise InputRefused(f"{name} has no sample in the last {LONGEST_HISTORY.days} days")
    first, last = int(known[0]), int(known[-1])
    return Series(history.start + first * history.step, history.step, history.values[first : last + 1])


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
