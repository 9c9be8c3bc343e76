"""Brings history up to date: as far back as a row keeps at first, then only what is new. Runs in a worker process.

Everything that goes in and comes out is picklable and small: the history itself goes into the file. What fails is
told, and stays missing in the file, so that the next refresh asks for it again.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from controller.api.metrics_source import MetricsSource
from controller.telemetry.asking import UNSETTLED, Client, ask_ranges
from controller.telemetry.chunks import cut
from controller.telemetry.client import OnQuery, PrometheusClient
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import SourceUnreachable
from controller.telemetry.history import CAPACITY, FIVE_MINUTES, HistoryFile, Ring, row_key
from controller.telemetry.questions import Asked, Question

SETTLING_TIME = timedelta(minutes=1)  # late scrapes and remote writes of a step have arrived by then
INCREMENT = timedelta(days=1)  # rows this close to the present are asked for together
NO_ROOM = f"the history file has no room for more than {CAPACITY} signals"
SPLIT_BUDGET = 40  # queries a chunk


class Connect(Protocol):
    """Makes the client of a source."""

    def __call__(self, source: MetricsSource, *, on_query: OnQuery) -> Client:
        """Return a client that tells of every query."""
        ...


@dataclass(frozen=True)
class HistoryRequest:
    """Bring the history of these signals, all of this source, up to date in the file at `path`."""

    path: Path
    source: MetricsSource
    asked: Sequence[Asked]
    now: datetime
    ring: Ring = FIVE_MINUTES


@dataclass(frozen=True)
class HistoryRefresh:
    """What a refresh did: queries by outcome, and the signals that are not up to date with a sentence each."""

    queries: Mapping[str, int]
    problems: Mapping[Asked, str]


def refresh_history(request: HistoryRequest, connect: Connect = PrometheusClient) -> HistoryRefresh:
    """Ask for the steps that are missing since each row's last one, and store them; blocks, for minutes at first."""
    queries: Counter[str] = Counter()
    client = connect(request.source, on_query=lambda _source, outcome: queries.update([outcome]))
    problems: dict[Asked, str] = {}
    with closing(client), HistoryFile(request.path, request.ring) as file:
        for gap in _gaps(request, file):
            try:
                problems.update(_fill(gap, client, file, request))
            except SourceUnreachable as failure:
                problems.update(dict.fromkeys(gap.asked.values(), str(failure)))
    return HistoryRefresh(dict(queries), problems)


@dataclass(frozen=True)
class _Gap:
    """Steps that some workloads lack for one question."""

    question: Question
    first: int
    end: int
    asked: Mapping[Workload, Asked]


def _gaps(request: HistoryRequest, file: HistoryFile) -> list[_Gap]:
    """Return what is missing: rows that only lack the latest steps together, the others by where they end."""
    end, ring = request.ring.number(request.now - SETTLING_TIME), request.ring
    keys = {asked: row_key(asked) for asked in request.asked}
    last_steps = file.last_steps(keys.values())
    begins: dict[tuple[Question, int], dict[Asked, int]] = defaultdict(dict)
    for asked, key in keys.items():
        begin = max(last_steps.get(key, -1) + 1, end - ring.kept)
        if begin < end:
            begins[asked.question, min(begin, end - INCREMENT // ring.step)][asked] = begin
    return [
        _Gap(question, min(group.values()), end, {asked.workload: asked for asked in group})
        for (question, _), group in begins.items()
    ]


def _fill(gap: _Gap, client: Client, file: HistoryFile, request: HistoryRequest) -> dict[Asked, str]:
    """Ask for a gap chunk by chunk and store what comes; return what is wrong with whom."""
    problems: dict[Asked, str] = {}
    for chunk in cut(list(gap.asked), gap.first, gap.end, ring=request.ring):
        # Steps after a failed chunk are not stored either: a row must not end after steps nobody asked again for.
        workloads = [workload for workload in chunk.workloads if gap.asked[workload] not in problems]
        parts = [[workload] for workload in workloads]
        answers = ask_ranges(
            client, gap.question.selector, parts, grid=chunk.grid, now=request.now, budget=SPLIT_BUDGET
        )
        failed = {**answers.guilty, **dict.fromkeys(answers.unsettled, UNSETTLED)}
        nothing = np.full(chunk.grid.count, np.nan)
        rows = {
            row_key(gap.asked[workload]): answers.values.get(workload, nothing)
            for workload in workloads
            if workload not in failed
        }
        homeless = set(file.write(rows, chunk.first_step))
        failed |= {workload: NO_ROOM for workload in workloads if row_key(gap.asked[workload]) in homeless}
        problems |= {gap.asked[workload]: why for workload, why in failed.items()}
    return problems
