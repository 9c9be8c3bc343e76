"""Asks one source what we ask: the value of each workload now, its values over a range, and which workloads there are.

prometheus-api-client composes the calls; the session in transport.py sends them; answers.py reads what came back.
Calls block: the live reader makes them in its own threads, the backfill in a worker process.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Self

from prometheus_api_client import PrometheusConnect

from controller.api.metrics_source import MetricsSource
from controller.api.signals import MetricSelector
from controller.telemetry.addresses import Resolver, resolve
from controller.telemetry.answers import Expected, Grid, Values, read_matrix, read_vector
from controller.telemetry.compiler import Workload, compile_query, result_label
from controller.telemetry.discovery import compile_discovery, read_workloads
from controller.telemetry.failures import AnswerRefused, SourceUnreachable
from controller.telemetry.transport import Session
from controller.telemetry.windows import history_window, sample_window

OnQuery = Callable[[str, str], None]
"""Told of every query: the source's name, and `answered`, `refused` or `unreachable`. May be called from any thread."""
_GRACE_SECONDS = 2  # Prometheus gives a query up by itself, and its words say more than our own timeout would


def _ignore(_source: str, _outcome: str) -> None:
    """Count nothing."""


class PrometheusClient:
    """One MetricsSource, asked safely. Every failure is a TelemetryUnavailable whose sentence names the source."""

    def __init__(self, source: MetricsSource, *, on_query: OnQuery = _ignore, resolver: Resolver = resolve) -> None:
        """Prepare to ask; nothing is sent yet."""
        spec = source.spec
        self._on_query = on_query
        self._name = source.metadata.name
        self._scrape_interval = timedelta(seconds=spec.scrape_interval_seconds)
        self._url, self._timeout_seconds = spec.url.rstrip("/"), spec.timeout_seconds + _GRACE_SECONDS
        self._limit = {"timeout": f"{spec.timeout_seconds}s"}
        self._session = Session(source, resolver=resolver)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def probe(self, at: datetime) -> None:
        """Ask for a constant; raise TelemetryUnavailable where the source answers nobody."""
        with self._counted():
            self._api.custom_query("vector(1)", params=self._moment(at))

    def workloads(self, selector: MetricSelector, namespaces: Collection[str], *, at: datetime) -> Sequence[Workload]:
        """Return every workload that has this signal now, in these namespaces or in all; sorted."""
        query = compile_discovery(selector, namespaces)
        with self._counted():
            result = self._api.custom_query(query, params=self._moment(at))
            return read_workloads(result, selector, namespaces)

    def values(
        self, selector: MetricSelector, workloads: Collection[Workload], *, at: datetime
    ) -> Mapping[Workload, float]:
        """Return the value of each workload that has one: a mean over the minute or so before `at`, maybe NaN."""
        window = sample_window(selector.type, self._scrape_interval)
        query = compile_query(selector, workloads, window=window)
        with self._counted():
            result = self._api.custom_query(query, params=self._moment(at))
            return read_vector(result, Expected(result_label(selector), workloads), at=at)

    def ranges(
        self, selector: MetricSelector, workloads: Collection[Workload], *, grid: Grid
    ) -> Mapping[Workload, Values]:
        """Return the values of each workload that has any, shape (grid.count,): means over the step before each time.

        NaN is a missing sample, and whatever is not finite or below 0.
        """
        window = history_window(selector.type, self._scrape_interval, step=grid.step)
        query = compile_query(selector, workloads, window=window)
        step = f"{grid.step.total_seconds():.0f}"
        with self._counted():
            result = self._api.custom_query_range(query, grid.first, grid.last, step, params=self._limit)
            return read_matrix(result, Expected(result_label(selector), workloads), grid=grid)

    @cached_property
    def _api(self) -> PrometheusConnect:
        try:
            return PrometheusConnect(self._url, session=self._session, method="POST", timeout=self._timeout_seconds)
        except ValueError as error:
            raise SourceUnreachable("has a spec.url that is not an address") from error

    def _moment(self, at: datetime) -> dict[str, str]:
        return {"time": f"{at.timestamp():.3f}", **self._limit}

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except (SourceUnreachable, AnswerRefused) as failure:
            self._on_query(self._name, "refused" if isinstance(failure, AnswerRefused) else "unreachable")
            raise type(failure)(f"MetricsSource {self._name} {failure}") from failure
        self._on_query(self._name, "answered")
