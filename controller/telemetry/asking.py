"""One question, asked for all its workloads in one sweep: shared, split where it fails, told who is guilty.

Runs in a thread of the reader's; one question is never asked by two threads at a time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from controller.api.signals import MetricSelector
from controller.telemetry.answers import Grid, Values
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import AnswerRefused, SourceUnreachable
from controller.telemetry.quarantine import Quarantine
from controller.telemetry.splitting import Answers, Part, ask_fairly, by_namespace

SPLIT_BUDGET = 40  # queries a sweep: tells two guilty namespaces from a thousand
FILL_BUDGET = 20  # queries a chunk: the past is not urgent
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


@contextmanager
def blaming_the_query(client: Client, now: datetime) -> Iterator[None]:
    """Turn SourceUnreachable into AnswerRefused where the source answers a probe: then the query was at fault."""
    try:
        yield
    except SourceUnreachable as failure:
        client.probe(now)
        raise AnswerRefused(str(failure)) from failure


@dataclass
class Sweep:
    """What one sweep learned about one question: a workload with neither value nor problem has no series."""

    values: dict[Workload, float] = field(default_factory=dict)
    problems: dict[Workload, str] = field(default_factory=dict)


@dataclass
class Asking:
    """One question and which namespaces are asked apart for it."""

    selector: MetricSelector
    quarantine: Quarantine = field(default_factory=Quarantine)

    def sweep(self, client: Client, workloads: Collection[Workload], now: datetime) -> Sweep:
        """Return values and problems of these workloads; raise SourceUnreachable where the source answers nobody."""
        parts = {part[0].namespace: part for part in by_namespace(workloads)}
        self.quarantine.keep(parts)
        trusted = [part for namespace, part in parts.items() if namespace not in self.quarantine.problems]
        shared = self._ask(client, trusted, now, budget=SPLIT_BUDGET)
        sweep = Sweep(shared.values, {**shared.guilty, **dict.fromkeys(shared.unsettled, UNSETTLED)})
        if len(parts) > 1:  # alone, it is a burden to nobody
            self.quarantine.put({workload.namespace: why for workload, why in shared.guilty.items()}, now)
        sweep.values.update(self._try_again(client, parts, now))
        for namespace, problem in self.quarantine.problems.items():
            sweep.problems.update(dict.fromkeys(parts[namespace], problem))
        return sweep

    def fill(
        self, client: Client, workloads: Collection[Workload], grid: Grid, now: datetime
    ) -> Mapping[Workload, Values]:
        """Return what is known of these workloads on a grid; a namespace asked apart, or refused now, gets nothing."""
        apart = self.quarantine.problems
        parts = [part for part in by_namespace(workloads) if part[0].namespace not in apart]

        def ask(asked: Collection[Workload]) -> Mapping[Workload, Values]:
            with blaming_the_query(client, now):
                return client.ranges(self.selector, asked, grid=grid)

        return ask_fairly(ask, parts, budget=FILL_BUDGET).values

    def _ask(self, client: Client, parts: Sequence[Part], now: datetime, *, budget: int) -> Answers[float]:
        def ask(asked: Collection[Workload]) -> Mapping[Workload, float]:
            with blaming_the_query(client, now):
                return client.values(self.selector, asked, at=now)

        return ask_fairly(ask, parts, budget=budget)

    def _try_again(self, client: Client, parts: Mapping[str, Part], now: datetime) -> Mapping[Workload, float]:
        """Ask for those whose time apart is over, in one query, and let them back where it succeeds."""
        tried = self.quarantine.trial(now)
        if not tried:
            return {}
        answers = self._ask(client, [parts[namespace] for namespace in tried], now, budget=1)
        if answers.guilty or answers.unsettled:
            why = {workload.namespace: problem for workload, problem in answers.guilty.items()}
            known = self.quarantine.problems
            self.quarantine.fail({namespace: why.get(namespace, known[namespace]) for namespace in tried}, now)
        else:
            self.quarantine.succeed(tried)
        return answers.values
