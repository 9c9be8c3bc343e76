"""A Report from a replay: several policies in the same world. What is good and what is bad is score.py's to say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np

from controller.api.error_budget import ErrorBudget
from controller.reporting.report import DecisionRow, Demand, Figure, Focus, Latency, Lines, Report
from controller.reporting.wording import difference, duration, minutes, number, percent, share
from controller.scaling.judging.comparison import Comparison, compare
from controller.scaling.judging.error_budget import burnt_by
from controller.scaling.judging.score import Score, score
from controller.scaling.judging.timeline import Note, Timeline
from forecasting.series import Values

DAY = 86_400.0
MINUTE = 60.0
HOUR = timedelta(hours=1)
ABOUT_EQUAL = 0.02  # a difference in pod-hours that nobody would change a setting for


def from_replay(
    timelines: Sequence[Timeline],
    demand: Demand,
    *,
    title: str,
    subtitle: str,
    bounds: tuple[int, int],
    notes: tuple[str, ...] = (),
    budget: ErrorBudget | None = None,
) -> Report:
    """Return the report of a replay, from timelines over the same ticks, ours first, and their error budget.

    `demand` says what was forecast and why; what was measured is added here. Verdict and headlines compare ours with
    the rival nearest in cost, and the charts open on the day on which that one missed its objective most.
    """
    ours, seconds = timelines[0], timelines[0].seconds
    scores = tuple(score(timeline) for timeline in timelines)
    pair = [0, nearest(scores)] if len(scores) > 1 else [0]
    comparisons = tuple(compare(ours, rival) for rival in timelines[1:])
    missed = {timeline.policy: _newly_missed(timeline) for timeline in timelines}
    hours = {timeline.policy: np.cumsum(timeline.created_replicas) * (timeline.tick / HOUR) for timeline in timelines}
    return Report(
        title=title,
        subtitle=subtitle,
        verdict=verdict(scores, comparisons),
        figures=(*headlines([scores[each] for each in pair]), *_burnt([timelines[each] for each in pair], budget)),
        scores=scores,
        comparisons=comparisons,
        demands=(replace(demand, measured=Lines(seconds, {"Measured": ours.demand_rps})),),
        replicas=Lines(seconds, {timeline.policy: timeline.created_replicas for timeline in timelines}),
        bounds=bounds,
        latency=Latency(Lines(seconds, {each.policy: each.p95_ms for each in timelines}), ours.objective_ms),
        violation_minutes=Lines(seconds, {name: np.cumsum(marks) for name, marks in missed.items()}),
        pod_hours=Lines(seconds, hours),
        decisions=_changes(ours.notes, int(ours.created_replicas[0])),
        focus=_worst_day(timelines[pair[-1]], missed),
        notes=notes,
    )


def nearest(scores: Sequence[Score]) -> int:
    """Return which of several scores, ours first, is of the rival nearest to us in cost."""
    return min(range(1, len(scores)), key=lambda each: abs(scores[each].pod_hours - scores[0].pod_hours))


def verdict(scores: Sequence[Score], comparisons: Sequence[Comparison]) -> str:
    """Return who kept the objective better and at what cost, ours beside the rival nearest in cost.

    Who did better is said only where that is no chance of the days: where intervals do not overlap.
    """
    ours = scores[0]
    span, missed = f"Over {duration(ours.minutes * MINUTE)}", minutes(ours.violation_minutes)
    if not comparisons:
        used = number(ours.pod_hours)
        return f"{span}, {ours.policy} was above its objective for {missed} and used {used} pod-hours."
    chosen = nearest(scores)
    rival, theirs = scores[chosen], f"for {number(scores[chosen].violation_minutes)}"
    said = f"{ours.policy} was above its objective for {missed}, {rival.policy}"
    if abs(ours.pod_hours - rival.pod_hours) > ABOUT_EQUAL * rival.pod_hours:
        which = " (of all rivals the nearest in cost)" if len(comparisons) > 1 else ""
        used = _compared(ours.pod_hours, rival.pod_hours)
        return f"{span}, {said}{which} {theirs}; {ours.policy} used {used} pod-hours."
    said, better = f"{said} {theirs}", _better(comparisons[chosen - 1])
    return f"{span} and at the same cost (pod-hours: {difference(ours.pod_hours, rival.pod_hours)}), {said}.{better}"


def _better(compared: Comparison) -> str:
    """Return who did better, as a sentence after another."""
    if compared.fewer_violations is not None:
        return f" {compared.fewer_violations} did better."
    if compared.violation_minutes.interval is None:
        return ""
    return " The days differ too much to say who did better."


def _compared(ours: float, rival: float) -> str:
    if rival == 0:
        return f"{number(ours)} instead of no"
    return f"{percent(100 * abs(ours - rival) / rival)} {'fewer' if ours < rival else 'more'}"


def headlines(scores: Sequence[Score]) -> tuple[Figure, ...]:
    """Return our figures as headlines, each beside the rival's where there is one."""
    ours, rival = scores[0], scores[1] if len(scores) > 1 else None

    def figure(label: str, key: str, write: Callable[[float], str]) -> Figure:
        value: float = getattr(ours, key)
        if rival is None:
            return Figure(label, write(value))
        other: float = getattr(rival, key)
        change = difference(value, other)
        return Figure(label, write(value), f"{rival.policy}: {write(other)}" + (f" ({change})" if change else ""))

    return (
        figure("Minutes over the objective", "violation_minutes", number),
        figure("Pod-hours", "pod_hours", number),
        figure("Requests served late", "late_share", share),
        figure("Changes of replicas", "actions", number),
    )


def _burnt(timelines: Sequence[Timeline], wanted: ErrorBudget | None) -> tuple[Figure, ...]:
    """Return our part of an error budget as a headline, beside the rival's."""
    if wanted is None:
        return ()
    ours, *theirs = (
        (each.policy, number(burnt_by(each, wanted).budget.burnt.total_seconds() / MINUTE)) for each in timelines
    )
    allowed = number(wanted.allowed.total_seconds() / MINUTE)
    beside = "".join(f"{rival}: {burnt}" for rival, burnt in theirs)
    return (Figure("Error budget burnt", f"{ours[1]} of {allowed} min", beside),)


def _newly_missed(timeline: Timeline) -> Values:
    """Return 1 at each tick that is the first of its minute over the objective, else 0."""
    ticks = np.flatnonzero(timeline.p95_ms > timeline.objective_ms)
    _, first = np.unique(timeline.seconds[ticks] // MINUTE, return_index=True)
    marks = np.zeros(len(timeline))
    marks[ticks[first]] = 1
    return marks


def _changes(notes: tuple[Note, ...], before: int) -> tuple[DecisionRow, ...]:
    """Return the notes that changed the replicas; a new reason for the same number changed nothing."""
    counts = (before, *(note.desired_replicas for note in notes))
    return tuple(
        DecisionRow(note.at, old, new, note.reason, note.message, note.candidates, note.limiters)
        for note, (old, new) in zip(notes, pairwise(counts), strict=True)
        if old != new
    )


def _worst_day(timeline: Timeline, missed: Mapping[str, Values]) -> Focus | None:
    """Return the UTC day with most missed minutes of a policy; None within one day."""
    seconds, name = timeline.seconds, timeline.policy
    if seconds[-1] - seconds[0] <= DAY:
        return None
    days = (seconds // DAY).astype(int)
    per_day = np.bincount(days - days[0], weights=missed[name])
    begin = float(days[0] + int(np.argmax(per_day))) * DAY
    why = f"the day on which {name} missed its objective most" if per_day.any() else "its first day"
    return Focus(max(begin, float(seconds[0])), min(begin + DAY, float(seconds[-1])), why)
