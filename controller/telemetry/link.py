"""One source and how it has been doing: asks a question of it, unless its breaker says to leave it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controller.api.metrics_source import MetricsSource
from controller.telemetry.answers import Grid, Values
from controller.telemetry.asking import Asking, Client, Sweep
from controller.telemetry.breaker import Breaker
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import SourceUnreachable
from controller.telemetry.minutes import KEPT_MINUTES, filling_grid

_FILL_SAMPLES = 52_000  # a query: an answer of 2 MiB, so that parsing it holds up the event loop for a moment only
FILL_CHUNK = _FILL_SAMPLES // KEPT_MINUTES
FILL_CHUNKS_A_SWEEP = 4


@dataclass(frozen=True)
class Learned:
    """What a question brought: a sweep, or a problem of the source; and the past of those it was asked for."""

    sweep: Sweep = field(default_factory=Sweep)
    problem: str = ""
    grid: Grid | None = None
    filled: Mapping[Workload, Values] = field(default_factory=dict)
    filled_for: Sequence[Workload] = ()


class Link:
    """The client of one source, and its breaker."""

    def __init__(self, source: MetricsSource, client: Client) -> None:
        self.spec = source.spec
        self._client = client
        self._breaker = Breaker()

    def ask(
        self, asking: Asking, workloads: Sequence[Workload], now: datetime, *, unfilled: Sequence[Workload]
    ) -> Learned:
        """Ask for the values of these workloads, and for the past of those that have one and are unfilled; blocks."""
        if not self._breaker.admits(now):
            return Learned(problem=self._breaker.problem)
        try:
            sweep = asking.sweep(self._client, workloads, now)
        except SourceUnreachable as failure:
            self._breaker.fail(str(failure), now)
            return Learned(problem=str(failure))
        self._breaker.succeed()
        present = [workload for workload in unfilled if workload in sweep.values]
        return self._fill(asking, sweep, present[: FILL_CHUNK * FILL_CHUNKS_A_SWEEP], now)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _fill(self, asking: Asking, sweep: Sweep, workloads: Sequence[Workload], now: datetime) -> Learned:
        """Ask for the past of these workloads; a source that breaks down over it has answered for now all the same."""
        grid = filling_grid(now)
        filled: dict[Workload, Values] = {}
        for begin in range(0, len(workloads), FILL_CHUNK):
            try:
                filled.update(asking.fill(self._client, workloads[begin : begin + FILL_CHUNK], grid, now))
            except SourceUnreachable:
                break
        return Learned(sweep, grid=grid, filled=filled, filled_for=workloads)
