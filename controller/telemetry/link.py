"""One source and how it has been doing: asks of it in a thread, unless its breaker says to leave it alone.

What every reading needs (the shared query of a question) and what can wait (an errand) are two calls, so that nothing
that hangs on somebody's account delays the others. Neither keeps state about questions: they return what they learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controller.api.metrics_source import MetricsSource
from controller.api.signals import MetricSelector
from controller.telemetry.answers import Grid, Values
from controller.telemetry.asking import Client, ask_ranges, ask_values
from controller.telemetry.breaker import Breaker
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import SourceUnreachable
from controller.telemetry.minutes import KEPT_MINUTES, filling_grid
from controller.telemetry.splitting import Answers, Part, by_namespace

SPLIT_BUDGET = 40  # queries a sweep: tells two guilty namespaces from a thousand
_FILL_BUDGET = 20  # queries a chunk: the past is not urgent
_FILL_SAMPLES = 52_000  # a query: an answer of 2 MiB, so that parsing it holds up the event loop for a moment only
FILL_CHUNK = _FILL_SAMPLES // KEPT_MINUTES
FILL_CHUNKS_AN_ERRAND = 4


@dataclass(frozen=True)
class Learned:
    """What a question brought in one sweep, or why the source could not be asked."""

    at: datetime
    answers: Answers[float] = field(default_factory=Answers)
    problem: str = ""


@dataclass(frozen=True)
class Errand:
    """What can wait: the parts of namespaces that were at fault, tried again together, and a past to be filled in."""

    trial: Sequence[Part] = ()
    unfilled: Sequence[Workload] = ()


@dataclass(frozen=True)
class Fetched:
    """What an errand brought."""

    errand: Errand
    at: datetime
    grid: Grid
    trial: Answers[float] = field(default_factory=Answers)
    past: Answers[Values] = field(default_factory=Answers)
    problem: str = ""


class Link:
    """The client of one source, and its breaker. May be used by many threads."""

    def __init__(self, source: MetricsSource, client: Client) -> None:
        self.spec = source.spec
        self._client = client
        self._breaker = Breaker()
        self.problem: str | None = None
        """Why the last answer did not come; empty when it came, None while nothing was asked."""

    def ask(self, selector: MetricSelector, parts: Sequence[Part], now: datetime) -> Learned:
        """Ask one question for all these parts; blocks. Asking for nobody says nothing about the source."""
        if not parts:
            return Learned(now)
        if not self._breaker.admits(now):
            return Learned(now, problem=self._breaker.problem)
        try:
            answers = ask_values(self._client, selector, parts, now=now, budget=SPLIT_BUDGET)
        except SourceUnreachable as failure:
            self._breaker.fail(str(failure), now)
            self.problem = str(failure)
            return Learned(now, problem=self.problem)
        self._breaker.succeed()
        self.problem = ""
        return Learned(now, answers)

    def run(self, selector: MetricSelector, errand: Errand, now: datetime) -> Fetched:
        """Run an errand; blocks. A trial is one query: if it fails, its namespaces wait for the next one."""
        grid = filling_grid(now)
        past: Answers[Values] = Answers()
        trial: Answers[float] = Answers()
        try:
            trial = ask_values(self._client, selector, errand.trial, now=now, budget=1)
            for begin in range(0, len(errand.unfilled), FILL_CHUNK):
                parts = by_namespace(errand.unfilled[begin : begin + FILL_CHUNK])
                past.add(ask_ranges(self._client, selector, parts, grid=grid, now=now, budget=_FILL_BUDGET))
        except SourceUnreachable as failure:
            return Fetched(errand, now, grid, trial, past, str(failure))
        return Fetched(errand, now, grid, trial, past)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()
