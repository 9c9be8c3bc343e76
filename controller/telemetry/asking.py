"""Asking one question of a source: for now and for the past, split where it fails. Blocks; keeps no state."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from controller.api.signals import MetricSelector
from controller.telemetry.answers import Grid, Values
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import AnswerRefused, SourceUnreachable
from controller.telemetry.splitting import Answers, Part, ask_fairly

UNSETTLED = "a query shared with other namespaces failed, and which of them is at fault is not known yet"


class Client(Protocol):
    """What asking needs of a PrometheusClient."""

    def probe(self, at: datetime) -> None:
        """Raise SourceUnreachable where the source answers nobody."""
        ...

    def values(
        self, selector: MetricSelector, workloads: Collection[Workload], *, at: datetime
    ) -> Mapping[Workload, float]:
        """Return the value of each workload that has one."""
        ...

    def ranges(
        self, selector: MetricSelector, workloads: Collection[Workload], *, grid: Grid
    ) -> Mapping[Workload, Values]:
        """Return the values of each workload on a grid."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def ask_values(
    client: Client, selector: MetricSelector, parts: Sequence[Part], *, now: datetime, budget: int
) -> Answers[float]:
    """Return the value of each workload now; raise SourceUnreachable where the source answers nobody."""

    def ask(workloads: Collection[Workload]) -> Mapping[Workload, float]:
        with _blaming_the_query(client, now):
            return client.values(selector, workloads, at=now)

    return ask_fairly(ask, parts, budget=budget)


def ask_ranges(
    client: Client, selector: MetricSelector, parts: Sequence[Part], *, grid: Grid, now: datetime, budget: int
) -> Answers[Values]:
    """Return the values of each workload on a grid; raise SourceUnreachable where the source answers nobody."""

    def ask(workloads: Collection[Workload]) -> Mapping[Workload, Values]:
        with _blaming_the_query(client, now):
            return client.ranges(selector, workloads, grid=grid)

    return ask_fairly(ask, parts, budget=budget)


@contextmanager
def _blaming_the_query(client: Client, now: datetime) -> Iterator[None]:
    """Turn SourceUnreachable into AnswerRefused where the source answers a probe: then the query was at fault."""
    try:
        yield
    except SourceUnreachable as failure:
        client.probe(now)
        raise AnswerRefused(str(failure)) from failure
