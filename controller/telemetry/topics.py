"""What is remembered of each question and each workload between sweeps. In memory only, one thread only."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controller.scaling.observation import Reading
from controller.telemetry.asking import Asking, Sweep
from controller.telemetry.compiler import Workload, result_label
from controller.telemetry.link import Learned
from controller.telemetry.minutes import Minutes
from controller.telemetry.questions import Question

REFILL_AFTER = timedelta(minutes=5)  # the past is not urgent, and what could not be read is rarely back at once


@dataclass(slots=True)
class Remembered:
    """One workload's signal: its newest valid sample, what was wrong last, and the minutes of a load."""

    first_asked: datetime
    value: float | None = None
    valid_at: datetime | None = None
    problem: str = ""
    minutes: Minutes | None = None
    fill_at: datetime | None = None

    def keep_minutes(self, now: datetime) -> None:
        """From now on keep the minutes, beginning with those of the past."""
        if self.minutes is None:
            self.minutes, self.fill_at = Minutes(), now

    def take(self, value: float, now: datetime) -> None:
        """Remember a valid sample."""
        self.value, self.valid_at, self.problem = value, now, ""
        if self.minutes is not None:
            self.minutes.record(value, now)

    def reading(self, now: datetime) -> Reading:
        """Return what a decision may know of it."""
        recent = self.minutes.series(now) if self.minutes is not None else None
        return Reading(self.value, self.valid_at or self.first_asked, self.problem, recent)


@dataclass(eq=False)
class Topic:
    """One question, and everything remembered about it."""

    question: Question
    asking: Asking
    remembered: dict[Workload, Remembered] = field(default_factory=dict)

    def want(self, workloads: Mapping[Workload, bool], now: datetime) -> None:
        """Remember exactly these workloads; the minutes of those that are loads, given as True."""
        self.remembered = {
            workload: self.remembered.get(workload) or Remembered(first_asked=now) for workload in workloads
        }
        for workload, is_load in workloads.items():
            if is_load:
                self.remembered[workload].keep_minutes(now)

    def learn(self, learned: Learned, now: datetime) -> None:
        """Remember what asking brought."""
        if learned.problem:
            self.fail(learned.problem)
            return
        self._take(learned.sweep, now)
        for workload in learned.filled_for:
            remembered = self.remembered[workload]
            if remembered.minutes is not None and learned.grid is not None and workload in learned.filled:
                remembered.minutes.fill(learned.grid, learned.filled[workload])
            remembered.fill_at = None if workload in learned.filled else now + REFILL_AFTER

    def fail(self, problem: str) -> None:
        """Remember that nothing could be learned, and why."""
        for remembered in self.remembered.values():
            remembered.problem = problem

    def reading(self, workload: Workload, now: datetime) -> Reading:
        """Return what is remembered of one workload."""
        return self.remembered[workload].reading(now)

    def unfilled(self, now: datetime) -> list[Workload]:
        """Return the workloads whose past is still to be asked for."""
        return [workload for workload, one in self.remembered.items() if one.fill_at is not None and one.fill_at <= now]

    def _take(self, sweep: Sweep, now: datetime) -> None:
        for workload, remembered in self.remembered.items():
            value = sweep.values.get(workload)
            if workload in sweep.problems:
                remembered.problem = sweep.problems[workload]
            elif value is None:
                remembered.problem = f"{self._named(workload)} has no fresh sample"
            elif not math.isfinite(value) or value < 0:
                remembered.problem = f"{self._named(workload)} is {value}, which is not a number of at least 0"
            else:
                remembered.take(value, now)

    def _named(self, workload: Workload) -> str:
        selector, source = self.question.selector, self.question.source
        label = f"{result_label(selector)}={workload.name}"
        return f"{selector.metric} of {label} in namespace {workload.namespace} at MetricsSource {source}"
