"""A pretend source behind the client's protocol: values by metric and workload, faults by script, queries counted."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from controller.api.signals import MetricSelector
from controller.telemetry.answers import Grid, Values
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import AnswerRefused, SourceUnreachable


@dataclass
class PretendPrometheus:
    """Answers at once. Set `down`, `guilty` and `hangs` at any time."""

    levels: dict[Workload, float] = field(default_factory=dict)
    """The value of every metric of a workload, now and in the past."""
    guilty: set[str] = field(default_factory=set)
    """Namespaces whose series bring a warning on every answer they are in."""
    poisonous: set[str] = field(default_factory=set)
    """Namespaces whose queries never come back, while the source answers others."""
    down: bool = False
    hangs: threading.Event | None = None
    """While given and not set, queries wait for it."""
    hanging: dict[str, threading.Event] = field(default_factory=dict)
    """Namespaces whose queries wait for their event, while the source answers others."""
    queries: list[tuple[str, frozenset[Workload]]] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    """Of every range query."""
    probes: int = 0
    closed: int = 0

    def probe(self, at: datetime) -> None:
        """Count a probe."""
        self.probes += 1
        self._require_up(at)

    def values(
        self, selector: MetricSelector, workloads: Collection[Workload], *, at: datetime
    ) -> Mapping[Workload, float]:
        """Return the levels."""
        self._ask(selector.metric, workloads, at)
        return {workload: self.levels[workload] for workload in workloads if workload in self.levels}

    def ranges(
        self, selector: MetricSelector, workloads: Collection[Workload], *, grid: Grid
    ) -> Mapping[Workload, Values]:
        """Return the levels on the grid."""
        self.grids.append(grid)
        self._ask(f"{selector.metric} past", workloads, grid.last)
        known = (workload for workload in workloads if workload in self.levels)
        return {workload: np.full(grid.count, self.levels[workload]) for workload in known}

    def close(self) -> None:
        """Count it."""
        self.closed += 1

    def asked(self) -> int:
        """Return the number of queries since the last call."""
        number = len(self.queries)
        self.queries.clear()
        return number

    def _ask(self, what: str, workloads: Collection[Workload], at: datetime) -> None:
        self.queries.append((what, frozenset(workloads)))
        if self.hangs is not None:
            self.hangs.wait()
        self._require_up(at)
        namespaces = {workload.namespace for workload in workloads}
        for namespace in namespaces & self.hanging.keys():
            self.hanging[namespace].wait()
        if namespaces & self.poisonous:
            raise SourceUnreachable("did not answer within 10 s")
        if found := sorted(namespaces & self.guilty):
            raise AnswerRefused(f"answered with a warning about {found}")

    def _require_up(self, at: datetime) -> None:
        if self.down:
            raise SourceUnreachable(f"cannot be reached at {at:%H:%M}")
