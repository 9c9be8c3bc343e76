"""Timeline: what happened to one workload under one policy, as columns by tick. What it was worth is in score.py."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from controller.scaling.decision import Candidate, Limiter
from forecasting.series import Values

COLUMNS = (
    "demand_rps",
    "measured_rps",
    "desired_replicas",
    "created_replicas",
    "ready_replicas",
    "backlog",
    "p95_ms",
)


@dataclass(frozen=True, slots=True)
class Note:
    """From this time on, decisions were made for this reason; every voice and limit as it stood at that time."""

    at: datetime
    desired_replicas: int
    reason: str
    message: str
    candidates: tuple[Candidate, ...] = ()
    limiters: tuple[Limiter, ...] = ()


@dataclass(frozen=True, eq=False)
class Timeline:
    """Columns of shape (ticks,); row i is about `[start + i * tick, start + (i + 1) * tick)`.

    `measured_rps` is what a policy could see when the tick began, `backlog` the requests that wait when it ends,
    `late_share` the share of the tick's requests slower than `objective_ms`, and `needed_replicas` the fewest Ready
    replicas that keep the objective at the tick's true demand.
    """

    policy: str
    start: datetime
    tick: timedelta
    objective_ms: float
    demand_rps: Values
    measured_rps: Values
    desired_replicas: Values
    created_replicas: Values
    ready_replicas: Values
    backlog: Values
    p95_ms: Values
    late_share: Values
    needed_replicas: Values
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.demand_rps)

    def part(self, first: int, end: int | None = None) -> "Timeline":
        """Return the ticks in [first, end)."""
        columns: dict[str, Any] = {
            name: values[first:end] for name, values in vars(self).items() if isinstance(values, np.ndarray)
        }
        start = self.start + first * self.tick
        until = start + len(columns["demand_rps"]) * self.tick
        notes = tuple(note for note in self.notes if start <= note.at < until)
        return replace(self, start=start, notes=notes, **columns)

    @property
    def seconds(self) -> Values:
        """Unix time at which each tick begins, in seconds, shape (ticks,)."""
        return self.start.timestamp() + np.arange(len(self)) * self.tick.total_seconds()

    @property
    def columns(self) -> Mapping[str, Values]:
        """The columns from which a stranger can recompute every measure."""
        return {name: getattr(self, name) for name in COLUMNS}
