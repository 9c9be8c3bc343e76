"""Recommendation: one of many settings, by what each cost and missed, and why it. Pure arithmetic on points.

The knee is that of Satopää et al., Finding a Kneedle in a Haystack (2011): the point of a falling curve farthest below
the line between its ends, both axes stretched alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.scaling.judging.curves import Curve, Point, frontier

LEAST_CURVE = 3  # points of which one can be a knee


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The setting to take, and in one sentence why; `keeps_budget` is False where no setting does."""

    point: Point
    reason: str
    keeps_budget: bool


@dataclass(frozen=True, slots=True)
class CostStep:
    """From one point of a front to the next dearer one: what it costs more, and how much less it misses."""

    point: Point
    pod_hours: float
    minutes: float

    @property
    def pod_hours_per_minute(self) -> float:
        """What is paid for each minute less."""
        return self.pod_hours / self.minutes


def least_missed(front: Curve) -> Point:
    """Return the best point of a front, cheapest first, whatever it costs."""
    return front[-1]


def recommend(points: Curve, budget: float, *, otherwise: Callable[[Curve], Point]) -> Recommendation:
    """Return the cheapest setting that misses at most `budget` minutes; where none does, a point of the front.

    It always lies on the front: no other setting is both cheaper and better. `points` holds at least one.
    """
    front = frontier(points)
    kept = [point for point in front if point.violation_minutes <= budget]
    if kept:
        missed = f"{kept[0].violation_minutes:g}"
        reason = f"the cheapest within the {budget:.4g} minutes allowed, over the objective for {missed}"
        return Recommendation(kept[0], reason, keeps_budget=True)
    point = otherwise(front)
    best = front[-1].violation_minutes
    none = f"none is within the {budget:.4g} minutes allowed (the best is over for {best:g})"
    why = "of these it misses least" if point == front[-1] else "beyond it, more pods buy little"
    return Recommendation(point, f"{none}; {why}", keeps_budget=False)


def knee(front: Curve) -> Point:
    """Return the point of a front, cheapest first, that bends most; the best one where none bends."""
    if len(front) < LEAST_CURVE:
        return front[-1]
    cheap, dear = front[0], front[-1]

    def below(point: Point) -> float:
        paid = (point.pod_hours - cheap.pod_hours) / (dear.pod_hours - cheap.pod_hours)
        left = (point.violation_minutes - dear.violation_minutes) / (cheap.violation_minutes - dear.violation_minutes)
        return 1 - paid - left

    deepest = max(front[1:-1], key=below)
    return deepest if below(deepest) > 0 else dear


def cost_steps(front: Curve) -> Sequence[CostStep]:
    """Return the steps along a front, cheapest first; none along a single point."""
    return [
        CostStep(dearer, dearer.pod_hours - point.pod_hours, point.violation_minutes - dearer.violation_minutes)
        for point, dearer in pairwise(front)
    ]
