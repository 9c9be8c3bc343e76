"""What is remembered of each question and each workload between sweeps. In memory only, touched by one thread only."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controller.scaling.observation import Reading
from controller.telemetry.asking import UNSETTLED
from controller.telemetry.compiler import Workload, result_label
from controller.telemetry.link import FILL_CHUNK, FILL_CHUNKS_AN_ERRAND, Errand, Fetched, Learned
from controller.telemetry.quarantine import Quarantine
from controller.telemetry.questions import Question
from controller.telemetry.remembered import Remembered
from controller.telemetry.splitting import Answers, Part, by_namespace


@dataclass(eq=False)
class Topic:
    """One question, everything remembered about it, and which namespaces are asked apart for it."""

    question: Question
    remembered: dict[Workload, Remembered] = field(default_factory=dict)
    quarantine: Quarantine = field(default_factory=Quarantine)
    _parts: Mapping[str, Part] = field(default_factory=dict)

    def want(self, workloads: Mapping[Workload, bool], now: datetime) -> None:
        """Remember exactly these workloads; the minutes of those that are loads, given as True."""
        if workloads.keys() != self.remembered.keys():
            known = self.remembered
            self.remembered = {workload: known.get(workload) or Remembered(first_asked=now) for workload in workloads}
            self._parts = {part[0].namespace: part for part in by_namespace(workloads)}
            self.quarantine.keep(self._parts)
        for workload, is_load in workloads.items():
            if is_load:
                self.remembered[workload].keep_minutes(now)

    def trusted(self) -> list[Part]:
        """Return the parts that share a query."""
        apart = self.quarantine.problems
        return [part for namespace, part in self._parts.items() if namespace not in apart]

    def learn(self, learned: Learned) -> None:
        """Remember what the shared query brought; who was at fault is asked apart from then on, unless alone."""
        if learned.problem:
            self.fail(learned.problem)
            return
        guilty = {workload.namespace: why for workload, why in learned.answers.guilty.items()}
        if len(self._parts) > 1:
            still_here = {namespace: why for namespace, why in guilty.items() if namespace in self._parts}
            self.quarantine.put(still_here, learned.at)
        for part in self.trusted():
            self._take(part, learned.answers, learned.at)
        for namespace, problem in self.quarantine.problems.items():
            self._fail(self._parts[namespace], problem)

    def fail(self, problem: str) -> None:
        """Remember that nothing could be learned, and why."""
        self._fail(self.remembered, problem)

    def errand(self, now: datetime) -> Errand | None:
        """Return what can be asked beside the shared query; None where there is nothing."""
        trial = [self._parts[namespace] for namespace in self.quarantine.trial(now)]
        due = [
            workload
            for workload, one in self.remembered.items()
            if one.fill_at is not None and one.fill_at <= now and not one.problem
        ]
        return Errand(trial, due[: FILL_CHUNK * FILL_CHUNKS_AN_ERRAND]) if trial or due else None

    def collect(self, fetched: Fetched, now: datetime) -> None:
        """Remember what an errand brought, be it one of an earlier sweep."""
        known = self.quarantine.problems
        tried = {part[0].namespace: part for part in fetched.errand.trial if part[0].namespace in known}
        why = {workload.namespace: problem for workload, problem in fetched.trial.guilty.items()}
        if fetched.problem or fetched.trial.guilty or fetched.trial.unsettled:
            self.quarantine.fail({namespace: why.get(namespace, known[namespace]) for namespace in tried}, now)
        elif tried:
            self.quarantine.succeed(tried)
            for part in tried.values():
                self._take(part, fetched.trial, fetched.at)
        for workload in fetched.errand.unfilled:
            if (remembered := self.remembered.get(workload)) is not None:
                remembered.fill(fetched.grid, fetched.past.values.get(workload), now)

    def reading(self, workload: Workload, now: datetime) -> Reading:
        """Return what is remembered of one workload."""
        return self.remembered[workload].reading(now)

    def _take(self, part: Part, answers: Answers[float], at: datetime) -> None:
        for workload in part:
            remembered, value = self.remembered[workload], answers.values.get(workload)
            if workload in answers.guilty:
                remembered.problem = answers.guilty[workload]
            elif workload in answers.unsettled:
                remembered.problem = UNSETTLED
            elif value is None:
                remembered.problem = f"{self._named(workload)} has no fresh sample"
            elif not math.isfinite(value) or value < 0:
                remembered.problem = f"{self._named(workload)} is {value}, which is not a number of at least 0"
            else:
                remembered.take(value, at)

    def _fail(self, part: Iterable[Workload], problem: str) -> None:
        for workload in part:
            self.remembered[workload].problem = problem

    def _named(self, workload: Workload) -> str:
        selector, source = self.question.selector, self.question.source
        label = f"{result_label(selector)}={workload.name}"
        return f"{selector.metric} of {label} in namespace {workload.namespace} at MetricsSource {source}"
