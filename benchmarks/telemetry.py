"""The Prometheus door without a Prometheus: a question compiled, its answer split, weeks of history stored."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.loads import NAMESPACES, NOW
from benchmarks.measuring import isolated, once, typical
from benchmarks.tables import Table
from controller.api.metrics_source import MetricsSource
from controller.api.signals import MetricSelector
from controller.telemetry.answers import Expected, Grid, Values, read_vector
from controller.telemetry.backfill import HistoryRequest, refresh_history
from controller.telemetry.client import OnQuery
from controller.telemetry.compiler import Workload, compile_query, result_label
from controller.telemetry.history import KEPT_STEPS
from controller.telemetry.presets import BUILT_IN
from controller.telemetry.questions import Asked, Question

SERIES = 10_000
SIGNALS = 100
WINDOW = timedelta(seconds=120)
SOURCE = MetricsSource.model_validate({"metadata": {"name": "default"}, "spec": {"url": "http://prometheus.example"}})


class PretendClient:
    """Answers every range at once with a level."""

    def __init__(self, source: MetricsSource, *, on_query: OnQuery) -> None:
        self._name, self._on_query = source.metadata.name, on_query

    def probe(self, at: datetime) -> None:
        """Be there."""

    def values(
        self, selector: MetricSelector, workloads: Collection[Workload], *, at: datetime
    ) -> Mapping[Workload, float]:
        """Know nothing of now."""
        del selector, workloads, at
        return {}

    def ranges(
        self, selector: MetricSelector, workloads: Collection[Workload], *, grid: Grid
    ) -> Mapping[Workload, Values]:
        """Return a level."""
        del selector
        self._on_query(self._name, "answered")
        return {workload: np.full(grid.count, 80.0) for workload in workloads}

    def close(self) -> None:
        """Nothing is open."""


def table() -> Table:
    """Measure questions and history in processes of their own."""
    questions, size = isolated(measure_questions)
    history, queries = isolated(measure_history)
    return Table(
        title="Telemetry",
        intro=(
            f"One shared question about {SERIES:,} workloads, and four weeks of history of {SIGNALS} signals. The "
            "baseline of a question is `json.loads` of its answer, that of history the same bytes written as they are. "
            f"The query has {size:,} bytes. The history took {queries} queries."
        ),
        header=("what", "ms", "x baseline"),
        rows=[(what, each * 1e3, ratio) for what, (each, ratio) in {**questions, **history}.items()],
    )


def measure_questions() -> tuple[dict[str, tuple[float, float]], int]:
    """Return seconds and ratio to the baseline by what was measured, and the bytes of the query."""
    selector = BUILT_IN[0].template
    workloads = [_workload(number) for number in range(SERIES)]
    expected = Expected(result_label(selector), workloads)
    text = json.dumps([_series(workload, expected.label) for workload in workloads])
    answer: list[Any] = json.loads(text)
    query = compile_query(selector, workloads, window=WINDOW)
    baseline = typical(lambda: json.loads(text))
    seconds = {
        "`compile_query`": typical(lambda: compile_query(selector, workloads, window=WINDOW)),
        "`read_vector`, the answer split by workload": typical(lambda: read_vector(answer, expected, at=NOW)),
    }
    return {what: (each, each / baseline) for what, each in seconds.items()}, len(query.encode())


def measure_history() -> tuple[dict[str, tuple[float, float]], int]:
    """Return seconds and ratio to the baseline by what was measured, and how many queries the first refresh made."""
    question = Question("default", BUILT_IN[0].template)
    asked = [Asked(question, _workload(number)) for number in range(SIGNALS)]
    with TemporaryDirectory() as folder:
        path = Path(folder)
        later = NOW + timedelta(hours=1)
        queries = 0

        def refresh(now: datetime) -> None:
            nonlocal queries
            queries += sum(
                refresh_history(HistoryRequest(path / "history", SOURCE, asked, now), PretendClient).queries.values()
            )

        first = once(lambda: refresh(NOW))
        first_queries = queries
        increment = once(lambda: refresh(later))
        row = np.full((SIGNALS, KEPT_STEPS), 80.0, dtype=np.float32)
        baseline = typical(lambda: row.tofile(path / "plain"))
    return {
        "`refresh_history`, four weeks": (first, first / baseline),
        "`refresh_history`, the next hour": (increment, increment / baseline),
    }, first_queries


def _workload(number: int) -> Workload:
    return Workload(f"team-{number % NAMESPACES}", f"workload-{number}")


def _series(workload: Workload, label: str) -> dict[str, Any]:
    return {
        "metric": {"namespace": workload.namespace, label: workload.name},
        "value": [NOW.timestamp(), "81.25"],
    }
