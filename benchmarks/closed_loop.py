"""Closed loop: what replays come to. Every contender on curves against the best HPA, scene by scene, and over scenes.

The best HPA is chosen with hindsight: of both kinds, all targets and all minReplicas, the lower-left envelope. It is
met where it is over the objective for 1 % (or 0.1 %) of the minutes.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders import FUTURE, HPA, ORACLE, SHIPPED, Settings
from benchmarks.replays import OURS, Outcome, Run
from benchmarks.scenes import Scene
from controller.scaling.judging.comparison import FEWEST_DAYS, Interval, central, drawn_days
from controller.scaling.judging.curves import LEAST_MINUTES, Curve, Matched, Point, frontier, match, minutes_at

BUDGET = 0.01  # share of the minutes that may be over the objective
STRICT_BUDGET = 0.001
DRAWS = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """What every contender came to in one scene."""

    scene: Scene
    minutes: int
    curves: Mapping[str, Curve]
    outcomes: Mapping[str, Outcome]

    @property
    def shipped(self) -> Outcome:
        """What ours came to with shipped defaults."""
        return self.outcomes[SHIPPED]

    def match(self, contender: str, budget: float = BUDGET) -> Matched | None:
        """Return a contender against the best HPA; None where that never keeps the budget, or nobody replayed it."""
        if contender not in self.curves:
            return None
        return match(self.curves[contender], self.curves[HPA], budget * self.minutes)

    def interval(self, contender: str) -> Interval | None:
        """Return where 95 % of redrawn days put a contender's minutes over the best HPA's at equal cost.

        A draw in which the contender's curve does not reach the HPA's cost counts as infinitely worse.
        """
        days = len(next(iter(self.outcomes.values())).violations_by_day)
        if contender not in self.curves or days < FEWEST_DAYS:
            return None
        ratios = []
        for drawn in drawn_days(days, DRAWS):
            ours, theirs = (self._redrawn(name, drawn) for name in (contender, HPA))
            matched = match(ours, theirs, BUDGET * self.minutes)
            ratios.append(math.inf if matched is None or matched.minutes is None else matched.minutes)
        return central(np.array(ratios))

    def _redrawn(self, contender: str, days: NDArray[np.int64]) -> Curve:
        """Return the curve as it would be had these days been evaluated."""
        points = []
        for point in self.curves[contender]:
            outcome = self.outcomes[point.setting]
            minutes, hours = np.array(outcome.violations_by_day), np.array(outcome.pod_hours_by_day)
            points.append(Point(point.setting, float(hours[days].sum()), float(minutes[days].sum())))
        return points

    def over_oracle(self) -> float | None:
        """Return what the best HPA costs, as a multiple of the oracle's cost."""
        matched = self.match(ORACLE)
        return None if matched is None else matched.pod_hours / self.curves[ORACLE][0].pod_hours

    def gap_closed(self) -> float | None:
        """Return the share of the cost between the best HPA and perfect foresight that ours saves."""
        ours, perfect = self.match(OURS), self.match(FUTURE)
        if ours is None or ours.cost is None or perfect is None or perfect.cost is None or perfect.cost >= 1:
            return None
        return (1 - ours.cost) / (1 - perfect.cost)

    def as_shipped(self) -> float | None:
        """Return our minutes with shipped defaults over those of the best HPA that costs the same."""
        ours = self.shipped
        theirs = minutes_at(self.curves[HPA], ours.pod_hours)
        return None if theirs is None else max(ours.violation_minutes, LEAST_MINUTES) / max(theirs, LEAST_MINUTES)

    def actions(self) -> float | None:
        """Return our actions over the best HPA's, each at the setting whose cost is nearest to where they meet."""
        matched = self.match(OURS)
        if matched is None:
            return None
        ours, theirs = (self._nearest(each, matched.pod_hours).actions for each in (OURS, HPA))
        return ours / theirs

    def _nearest(self, contender: str, pod_hours: float) -> Outcome:
        points = frontier(self.curves[contender])
        return self.outcomes[min(points, key=lambda point: abs(point.pod_hours - pod_hours)).setting]


def standing(scene: Scene, contenders: Mapping[str, Settings], found: Mapping[Run, Outcome]) -> Standing:
    """Return what contenders came to in a scene."""
    outcomes = {policy: found[Run(scene, policy)] for settings in contenders.values() for policy in settings}
    curves = {
        name: [Point(policy, outcomes[policy].pod_hours, outcomes[policy].violation_minutes) for policy in settings]
        for name, settings in contenders.items()
    }
    return Standing(scene, next(iter(outcomes.values())).minutes, curves, outcomes)


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio over scenes: its geometric mean and its worst, and of how many scenes out of how many it is known."""

    mean: float
    worst: float
    worst_scene: str
    known: int
    of: int


def over(ratios: Iterable[tuple[Scene, float | None]]) -> Figure | None:
    """Return the figure of a ratio by scene; None where it is known of no scene."""
    given = list(ratios)
    known = [(value, scene.name) for scene, value in given if value is not None]
    if not known:
        return None
    worst, where = max(known)
    mean = math.exp(statistics.fmean(math.log(value) for value, _ in known))
    return Figure(mean, worst, where, len(known), len(given))


def minutes_of(standings: Sequence[Standing], contender: str, budget: float = BUDGET) -> Figure | None:
    """Return a contender's minutes over the best HPA's at equal cost."""
    return over((each.scene, _known(each.match(contender, budget), "minutes")) for each in standings)


def cost_of(standings: Sequence[Standing], contender: str, budget: float = BUDGET) -> Figure | None:
    """Return a contender's pod-hours over the best HPA's at as many minutes."""
    return over((each.scene, _known(each.match(contender, budget), "cost")) for each in standings)


def against(standings: Sequence[Standing], contender: str) -> Figure | None:
    """Return our minutes over a contender's, both at the cost of the best HPA."""
    pairs = ((each, each.match(OURS), each.match(contender)) for each in standings)
    return over((each.scene, _quotient(ours, theirs)) for each, ours, theirs in pairs)


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _known(matched: Matched | None, name: str) -> float | None:
    value: float | None = None if matched is None else getattr(matched, name)
    return value


def _quotient(ours: Matched | None, theirs: Matched | None) -> float | None:
    if ours is None or theirs is None or ours.minutes is None or theirs.minutes is None:
        return None
    return ours.minutes / theirs.minutes
