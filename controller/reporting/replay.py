"""A Report from a replay: several policies in the same world. Scores are the scorer's; nothing is judged anew here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.reporting.report import DecisionRow, Demand, Figure, Focus, Latency, Lines, Report, ScoreRow
from controller.reporting.wording import difference, duration, number, percent
from forecasting.series import Values

DAY = 86_400.0
HOUR = 3600.0
MINUTE = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One policy's life in a replay, tick by tick: pods that exist, and latency in milliseconds. Shapes (n,)."""

    score: ScoreRow
    created: Values
    p95_ms: Values


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What a replay left: its ticks in Unix seconds, shape (n,) with n >= 2, and a track a policy, ours first."""

    title: str
    subtitle: str
    seconds: Values
    demand: Demand
    tracks: tuple[Track, ...]
    limit_ms: float
    bounds: tuple[int, int]
    decisions: tuple[DecisionRow, ...] = ()
    notes: tuple[str, ...] = ()


def from_replay(replay: Replay) -> Report:
    """Return the report of a replay; its charts open on the day on which the first rival missed most."""
    seconds, tracks = replay.seconds, {track.score.name: track for track in replay.tracks}
    scores = tuple(track.score for track in replay.tracks)
    missed = {name: _newly_missed(seconds, track.p95_ms > replay.limit_ms) for name, track in tracks.items()}
    p95_ms = Lines(seconds, {name: track.p95_ms for name, track in tracks.items()})
    return Report(
        title=replay.title,
        subtitle=replay.subtitle,
        verdict=verdict(scores, length=float(2 * seconds[-1] - seconds[-2] - seconds[0])),
        figures=headlines(scores),
        scores=scores,
        demands=(replay.demand,),
        replicas=Lines(seconds, {name: track.created for name, track in tracks.items()}),
        bounds=replay.bounds,
        latency=Latency(p95_ms, replay.limit_ms),
        violation_minutes=Lines(seconds, {name: np.cumsum(marks) for name, marks in missed.items()}),
        pod_hours=Lines(seconds, {name: _pod_hours(seconds, track.created) for name, track in tracks.items()}),
        decisions=replay.decisions,
        focus=_worst_day(seconds, missed),
        notes=replay.notes,
    )


def verdict(scores: Sequence[ScoreRow], length: float) -> str:
    """Return who kept the objective over `length` seconds, and at what cost, in one sentence."""
    ours, *rivals = scores
    span = f"Over {duration(length)}, {ours.name} was above its objective for {number(ours.violation_minutes)} minutes"
    if not rivals:
        return f"{span} and used {number(ours.pod_hours)} pod-hours."
    rival = rivals[0]
    cost = _compared(ours.pod_hours, rival.pod_hours)
    return f"{span}, {rival.name} for {number(rival.violation_minutes)}; it used {cost} pod-hours."


def _compared(ours: float, rival: float) -> str:
    if ours == rival:
        return "as many"
    if rival == 0:
        return f"{number(ours)} instead of no"
    return f"{percent(100 * abs(ours - rival) / rival)} {'fewer' if ours < rival else 'more'}"


def headlines(scores: Sequence[ScoreRow]) -> tuple[Figure, ...]:
    """Return our figures as headlines, each beside the first rival's."""
    ours, rival = scores[0], scores[1] if len(scores) > 1 else None

    def figure(label: str, key: str, write: Callable[[float], str]) -> Figure:
        value: float = getattr(ours, key)
        if rival is None:
            return Figure(label, write(value))
        other: float = getattr(rival, key)
        change = difference(value, other)
        return Figure(label, write(value), f"{rival.name}: {write(other)}" + (f" ({change})" if change else ""))

    return (
        figure("Minutes over the objective", "violation_minutes", number),
        figure("Pod-hours", "pod_hours", number),
        figure("Requests served late", "late_percent", percent),
        figure("Changes of replicas", "actions", number),
    )


def _newly_missed(seconds: Values, over: NDArray[np.bool_]) -> Values:
    """Return 1 at each tick that is the first of its minute over the objective, else 0."""
    ticks = np.flatnonzero(over)
    _, first = np.unique(seconds[ticks] // MINUTE, return_index=True)
    marks = np.zeros(len(seconds))
    marks[ticks[first]] = 1
    return marks


def _pod_hours(seconds: Values, created: Values) -> Values:
    """Return the pod-hours paid for up to the end of each tick."""
    steps = np.diff(seconds)
    return np.cumsum(created * np.append(steps, steps[-1])) / HOUR


def _worst_day(seconds: Values, missed: Mapping[str, Values]) -> Focus | None:
    """Return the UTC day with most missed minutes of the first rival (ours without one); None within one day."""
    if seconds[-1] - seconds[0] <= DAY:
        return None
    name = list(missed)[min(1, len(missed) - 1)]
    days = (seconds // DAY).astype(int)
    per_day = np.bincount(days - days[0], weights=missed[name])
    begin = float(days[0] + int(np.argmax(per_day))) * DAY
    why = f"the day on which {name} missed its objective most" if per_day.any() else "its first day"
    return Focus(max(begin, float(seconds[0])), min(begin + DAY, float(seconds[-1])), why)
