"""Verdict: one promise of a policy, whether it was kept, and by which figures; and what every judge of one needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from controller.scaling.learning.lead_time import SWEEP
from controller.scaling.reasons import Reason
from controller.simulation.demand import TICK
from controller.simulation.rehearsal.patterns import METRIC_AGE
from controller.simulation.rehearsal.rehearse import Rehearsed
from forecasting.series import Flags

SEEN_TICKS = METRIC_AGE // TICK  # after so many, a delivered mean holds nothing older than a change
NOTICED_TICKS = SEEN_TICKS + SWEEP // TICK
# What the policy slows itself down by.
OWN_LIMITS = (Reason.STEP_LIMITED_UP, Reason.COOLDOWN, Reason.DEPENDENCY_LIMIT, Reason.BUDGET)


class Outcome(StrEnum):
    """What became of a promise."""

    KEPT = "pass"
    BROKEN = "fail"
    NOT_REHEARSED = "not rehearsed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one promise in one pattern; `pattern` is empty where none of them could show it."""

    pattern: str
    promise: str
    outcome: Outcome
    message: str


def judged(run: Rehearsed, promise: str, *, kept: bool, message: str) -> Verdict:
    """Return the verdict on a promise that was put to the test."""
    return Verdict(run.pattern.name, promise, Outcome.KEPT if kept else Outcome.BROKEN, message)


def untested(promise: str, why: str) -> Verdict:
    """Return the verdict on a promise of which nothing can be said."""
    return Verdict("", promise, Outcome.NOT_REHEARSED, why)


def asked_for(
    run: Rehearsed, promise: str, replicas: int, *, since: int, within: int, until: int | None = None
) -> Verdict:
    """Return the verdict on a promise to have `replicas` asked for `within` ticks `since` one.

    Later, and even not `until` the end, is in order where a limit of the policy's own stood in the way at every sweep.
    """
    asked = run.timeline.created_replicas[since:until]
    first = int(np.argmax(asked >= replicas)) if (asked >= replicas).any() else None
    limits = [_own_limits(run, since + tick) for tick in range(within, len(asked) if first is None else first)]
    in_time = first is not None and first <= within
    told = f"{replicas} replicas asked for {_when(first, within)}"
    if first is None:
        told = f"{asked.max():.0f} replicas asked for, of {replicas}: {run.decisions[since + len(asked) - 1].message}"
    if not in_time and all(limits):
        told += f"; held back by {', '.join(sorted(set().union(*limits)))}"
    return judged(run, promise, kept=in_time or all(limits), message=told)


def _when(first: int | None, within: int) -> str:
    when = f"after {span(first)}" if first else "at once"
    return when + (f", {span(within)} is promised" if within else "")


def _own_limits(run: Rehearsed, tick: int) -> set[str]:
    return {str(limit.reason) for limit in run.decisions[tick].limiters if limit.reason in OWN_LIMITS}


def runs_of(flags: Flags) -> Sequence[tuple[int, int]]:
    """Return where each run of ticks whose flag is set begins, and where it ends."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(int)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def span(ticks: int) -> str:
    """Return a number of ticks as a length of time: `0:01:30`."""
    return str(ticks * TICK)
