"""Promises of step rules: each fires when it says, adds what it says, keeps it, and lets go when it says.

Judged against the signal as it truly was. It is seen as a mean over 60 s that is 30 s old, so a rule that waits for
`forSeconds` fires within these, that, and one sweep.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from controller.api.policy_status import RuleMemory
from controller.api.step_rule import Step, StepRule
from controller.simulation.demand import TICK
from controller.simulation.rehearsal.rehearse import Rehearsed
from controller.simulation.rehearsal.verdict import (
    NOTICED_TICKS,
    Outcome,
    Verdict,
    asked_for,
    judged,
    runs_of,
    span,
    untested,
)
from forecasting.series import Values


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """One rule through one pattern: the signal as it truly was, and what the rule was after each decision."""

    run: Rehearsed
    rule: StepRule
    true: Values
    states: tuple[RuleMemory, ...]

    @property
    def firings(self) -> list[int]:
        """The ticks at which it fired."""
        return [at for at, state in enumerate(self.states) if state.fired_at == self.run.decisions[at].at]

    @property
    def holds(self) -> list[tuple[int, int]]:
        """From when to when it was fired."""
        return list(runs_of(np.array([state.level >= 0 for state in self.states])))

    def held_until(self, tick: int) -> int:
        """Return the tick at which it lets go of what it reached at one; the last but one where it never does."""
        return next(end for begin, end in self.holds if begin <= tick < end)

    def promised(self, tick: int) -> int:
        """Return the replicas that firing at a tick promises."""
        step, ready = self.rule.steps[self.states[tick].level], max(1, int(self.run.timeline.ready_replicas[tick]))
        amount = step.add_replicas if step.add_percent is None else math.ceil(ready * step.add_percent / 100)
        return min(self.run.stage.policy.spec.max_replicas, ready + (amount or 0))


def rule_promises(run: Rehearsed) -> Iterator[Verdict]:
    """Yield verdicts on each step rule whose signal rose for long enough; of the others, why there is none."""
    for rule in run.stage.policy.spec.step_scaling:
        course = _Course(run, rule, run.signals[rule.signal], tuple(_states(run, rule)))
        for level in range(len(rule.steps)):
            yield from _fires(course, level)
            yield from _adds(course, level)
        yield from _keeps(course)
        yield from _lets_go(course)


def _states(run: Rehearsed, rule: StepRule) -> Iterator[RuleMemory]:
    at_rest = RuleMemory(name=rule.name)
    for decision in run.decisions:
        yield next((each for each in decision.memory.rules if each.name == rule.name), at_rest)


def _fires(course: _Course, level: int) -> Iterator[Verdict]:
    rule, step = course.rule, course.rule.steps[level]
    promise = f"{rule.name} fires above {step.above:g}"
    within = NOTICED_TICKS + math.ceil(rule.for_seconds / TICK.total_seconds())
    begun = [begin for begin, end in runs_of(course.true > step.above) if end - begin > within]
    if not begun:
        yield untested(promise, f"{rule.signal} {_why_never(course.true, step, within)}")
        return
    taken = [_ticks_until(course, level, since=begin) for begin in begun]
    slowest = max(len(course.states) if ticks is None else ticks for ticks in taken)
    told = "and it never fired" if None in taken else f"and it fired after {span(slowest)}"
    message = f"{rule.signal} rose above it, {told}; {span(within)} is promised"
    hasty = [tick for tick in course.firings if course.states[tick].level == level and _is_hasty(course, tick)]
    if hasty:
        message = f"it fired although {rule.signal} had not been above for {rule.for_seconds} s"
    yield judged(course.run, promise, kept=slowest <= within and not hasty, message=message)


def _is_hasty(course: _Course, tick: int) -> bool:
    """Tell whether a rule fired although its signal, as it was seen, had not been above for as long as it waits."""
    since = max(0, tick - math.ceil(course.rule.for_seconds / TICK.total_seconds()))
    looks = (decision.observation.readings for decision in course.run.decisions[since : tick + 1])
    seen = (readings[course.rule.signal].value for readings in looks)
    return any(value is None or value <= course.rule.steps[0].above for value in seen)


def _why_never(true: Values, step: Step, within: int) -> str:
    highest = float(true.max())
    if highest <= step.above:
        return f"never rose above {step.above:g}, at most to {highest:.3g}"
    return f"was never above {step.above:g} for {span(within)}"


def _ticks_until(course: _Course, level: int, *, since: int) -> int | None:
    """Return how long after a tick a rule has fired up to a step, or stopped for want of effect; None if it never."""
    later = course.states[since:]
    return next((n for n, state in enumerate(later) if state.level >= level or state.stopped_at is not None), None)


def _adds(course: _Course, level: int) -> Iterator[Verdict]:
    """Judge whether what a step says came on top of the replicas that were Ready, at once."""
    step = course.rule.steps[level]
    amount = f"{step.add_percent} %" if step.add_percent is not None else f"{step.add_replicas} replicas"
    promise = f"{course.rule.name} adds {amount} above {step.above:g}"
    fired = [tick for tick in course.firings if course.states[tick].level == level]
    asked = [
        asked_for(course.run, promise, course.promised(tick), since=tick, within=0, until=course.held_until(tick))
        for tick in fired
    ]
    broken = [verdict for verdict in asked if verdict.outcome is Outcome.BROKEN]
    yield from (broken or asked or [untested(promise, "this step never fired")])[:1]


def _keeps(course: _Course) -> Iterator[Verdict]:
    """Judge whether what a firing reached stands until the rule lets go."""
    promise, created = f"{course.rule.name} keeps what it added", course.run.timeline.created_replicas
    lost = []
    for tick in course.firings:
        end = course.held_until(tick)
        stands = np.maximum.accumulate(created[tick:end] >= course.promised(tick))
        lost += [tick for asked in created[tick:end][stands] if asked < course.promised(tick)]
    if not course.firings:
        yield untested(promise, "it never fired")
        return
    told = f"given up for {span(len(lost))}" if lost else f"kept for {span(sum(end - at for at, end in course.holds))}"
    yield judged(course.run, promise, kept=not lost, message=told)


def _lets_go(course: _Course) -> Iterator[Verdict]:
    """Judge whether a rule re-arms once its signal is low, and not before."""
    rule = course.rule
    promise = f"{rule.name} re-arms below {rule.rearms_below:g}"
    low = runs_of(course.true < rule.rearms_below)
    waits: list[int] = []
    for begin, end in course.holds:
        if end < len(course.states) and not _is_seen_low(course, end):
            yield judged(course.run, promise, kept=False, message=f"it let go while {rule.signal} was not below")
            return
        calm = [
            max(begin, since) for since, until in low if until > begin and until - max(begin, since) > NOTICED_TICKS
        ]
        waits += [end - calm[0]] if calm else []
    if not waits:
        yield untested(promise, "it never fired" if not course.holds else f"{rule.signal} stayed above it to the end")
        return
    told = f"it let go {span(max(waits))} after {rule.signal} had fallen below, {span(NOTICED_TICKS)} is promised"
    yield judged(course.run, promise, kept=max(waits) <= NOTICED_TICKS, message=told)


def _is_seen_low(course: _Course, tick: int) -> bool:
    value = course.run.decisions[tick].observation.readings[course.rule.signal].value
    return value is not None and (value < course.rule.rearms_below or value == 0)
