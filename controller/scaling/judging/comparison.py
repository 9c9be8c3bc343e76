"""Comparison: one timeline against another over the same ticks, and how sure it is. Pure arithmetic on columns.

Days resemble themselves within and differ between, so intervals come from drawing whole days with repetition: the block
bootstrap of Künsch, The Jackknife and the Bootstrap for General Stationary Observations (1989), with blocks of a day.
The elastic speed-up is that of Herbst et al., Ready for Rain? A View from SPEC Research on the Future of Cloud Metrics
(2016). What one timeline alone was worth is in score.py.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.scaling.judging.score import HOUR, MINUTE_SECONDS, Score, score
from controller.scaling.judging.timeline import Timeline
from forecasting.series import Values

DAY_MINUTES = 1440
FEWEST_DAYS = 4  # of three days alike, all of one policy lie below all of another by chance in 1 of 10 cases
DRAWS = 2000
SEED = 31
CENTRAL = (0.025, 0.975)  # 95 % of the draws lie between


@dataclass(frozen=True, slots=True)
class Interval:
    """Where 95 % of redrawn days put a measure."""

    low: float
    high: float

    def is_below(self, other: "Interval") -> bool:
        """Return whether all of it lies below all of another."""
        return self.high < other.low


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measure of one timeline over that of another; `interval` is None over fewer than four days."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A policy against a rival. Ratios are ours over the rival's; below 1 is better."""

    policy: str
    rival: str
    violation_minutes: Ratio
    pod_hours: Ratio
    elastic_speedup: float
    """Geometric mean of the rival's four provisioning measures over ours; above 1 is better."""
    fewer_violations: str | None
    """Who had fewer violation minutes; None where the intervals of the two overlap."""
    fewer_pod_hours: str | None
    """Who used fewer pod-hours; None where the intervals of the two overlap."""


def compare(ours: Timeline, rival: Timeline) -> Comparison:
    """Return ours against a rival's, over the same ticks."""
    mine, theirs = score(ours), score(rival)
    minutes = _Pair(violations_by_day(ours), violations_by_day(rival))
    hours = _Pair(pod_hours_by_day(ours), pod_hours_by_day(rival))
    return Comparison(
        policy=ours.policy,
        rival=rival.policy,
        violation_minutes=Ratio(_divide(mine.violation_minutes, theirs.violation_minutes), minutes.ratio()),
        pod_hours=Ratio(_divide(mine.pod_hours, theirs.pod_hours), hours.ratio()),
        elastic_speedup=elastic_speedup(mine, theirs),
        fewer_violations=minutes.lower(ours.policy, rival.policy),
        fewer_pod_hours=hours.lower(ours.policy, rival.policy),
    )


def elastic_speedup(ours: Score, reference: Score) -> float:
    """Return the geometric mean of the reference's theta_U, theta_O, tau_U and tau_O over ours.

    Where neither has any of one it counts as equal; infinite where only ours has none, 0 where only the reference has.
    """
    names = ("under_provisioning", "over_provisioning", "time_under", "time_over")
    ratios = [_divide(getattr(reference, name), getattr(ours, name)) for name in names]
    if 0 in ratios:
        return 0.0
    return math.prod(ratios) ** (1 / len(ratios))


def interval(by_day: Values) -> Interval | None:
    """Return the interval of a sum over days, (days,); None where there are fewer than four."""
    if len(by_day) < FEWEST_DAYS:
        return None
    return central(by_day[drawn_days(len(by_day))].sum(axis=1))


def violations_by_day(timeline: Timeline) -> Values:
    """Return the minutes over the objective in each 24 h from the first minute on, (days,)."""
    minutes = _minutes(timeline)
    violated = np.unique(minutes[timeline.p95_ms > timeline.objective_ms])
    return np.asarray(np.bincount(_days(violated, minutes), minlength=_day_count(minutes)), dtype=float)


def pod_hours_by_day(timeline: Timeline) -> Values:
    """Return the pod-hours of each 24 h from the first minute on, (days,)."""
    minutes = _minutes(timeline)
    return np.asarray(np.bincount(_days(minutes, minutes), weights=timeline.created_replicas * (timeline.tick / HOUR)))


@dataclass(frozen=True, slots=True)
class _Pair:
    """One measure of both timelines by day, (days,) each: the same days are drawn for both."""

    ours: Values
    rival: Values

    def ratio(self) -> Interval | None:
        """Return the interval of the ratio."""
        if len(self.ours) < FEWEST_DAYS:
            return None
        draws = drawn_days(len(self.ours))
        pairs = zip(self.ours[draws].sum(axis=1).tolist(), self.rival[draws].sum(axis=1).tolist(), strict=True)
        return central(np.array([_divide(mine, theirs) for mine, theirs in pairs]))

    def lower(self, ours: str, rival: str) -> str | None:
        """Return who has less of it; None where the intervals overlap or are not known."""
        mine, theirs = interval(self.ours), interval(self.rival)
        if mine is None or theirs is None:
            return None
        if mine.is_below(theirs):
            return ours
        return rival if theirs.is_below(mine) else None


def _minutes(timeline: Timeline) -> Values:
    """Return the minute of the clock in which each tick begins."""
    return timeline.seconds // MINUTE_SECONDS


def _days(minutes: Values, all_minutes: Values) -> NDArray[np.intp]:
    """Return the 24 h, counted from the first minute of all, in which each minute lies."""
    return np.asarray((minutes - all_minutes[0]) // DAY_MINUTES, dtype=np.intp)


def _day_count(minutes: Values) -> int:
    return int((minutes[-1] - minutes[0]) // DAY_MINUTES) + 1


def drawn_days(days: int, draws: int = DRAWS) -> NDArray[np.int64]:
    """Return days drawn with repetition, (draws, days); the same for every timeline of as many days."""
    return np.random.default_rng(SEED).integers(days, size=(draws, days))


def central(drawn: Values) -> Interval:
    """Return where 95 % of the draws lie; they may be infinite, so none is interpolated."""
    low, high = np.quantile(drawn, CENTRAL, method="inverted_cdf").tolist()
    return Interval(low, high)


def _divide(part: float, whole: float) -> float:
    """Return a ratio: 1 where neither is anything, infinite where only the whole is nothing."""
    if whole:
        return part / whole
    return math.inf if part else 1.0
