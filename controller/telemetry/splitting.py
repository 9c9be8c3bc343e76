"""A shared query that failed is split until the failure is told from the rest. Pure: asking is the caller's."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from controller.telemetry.compiler import Workload
from controller.telemetry.failures import AnswerRefused

Value = TypeVar("Value")
Ask = Callable[[Collection[Workload]], Mapping[Workload, Value]]
Part = Sequence[Workload]
"""Workloads that stand or fall together."""


@dataclass
class Answers(Generic[Value]):
    """Values of the workloads that have one; what is wrong with the guilty; and who could not be told from them."""

    values: dict[Workload, Value] = field(default_factory=dict)
    guilty: dict[Workload, str] = field(default_factory=dict)
    unsettled: set[Workload] = field(default_factory=set)

    def add(self, others: "Answers[Value]") -> None:
        """Take in the answers about other workloads."""
        self.values.update(others.values)
        self.guilty.update(others.guilty)
        self.unsettled.update(others.unsettled)


def ask_fairly(ask: Ask[Value], parts: Sequence[Part], *, budget: int) -> Answers[Value]:
    """Ask for all parts at once; halve what is refused until single parts are left or `budget` queries are spent.

    Depth first, so that a budget of twice the logarithm of the parts finds at least one that is guilty. Only an
    AnswerRefused is split: asking a source that answers nobody for less would only add to its trouble.
    """
    answers: Answers[Value] = Answers()
    waiting = [parts] if parts else []
    while waiting:
        group = waiting.pop()
        workloads = [workload for part in group for workload in part]
        if budget <= 0:
            answers.unsettled.update(workloads)
            continue
        budget -= 1
        try:
            answers.values.update(ask(workloads))
        except AnswerRefused as refused:
            half = len(group) // 2
            if half:
                waiting.extend([group[half:], group[:half]])
            else:
                answers.guilty.update(dict.fromkeys(workloads, str(refused)))
    return answers


def by_namespace(workloads: Collection[Workload]) -> list[Part]:
    """Return the workloads in parts of one namespace each, sorted."""
    parts: dict[str, list[Workload]] = {}
    for workload in sorted(workloads):
        parts.setdefault(workload.namespace, []).append(workload)
    return list(parts.values())
