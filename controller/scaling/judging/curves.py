"""Curves: what a policy costs and misses as its main setting moves; two policies compared where one of both is equal.

One point says little: any autoscaler misses less when it may cost more. So policies are compared on curves, at equal
pod-hours and at equal minutes over the objective. Between two points of a curve both are interpolated as logarithms,
since a little more capacity takes away a share of what is missed. Nothing is guessed beyond a curve's ends: spending
more is taken to miss as much as its dearest point, and missing more to cost as much as its cheapest.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_MINUTES = 0.5  # a policy without a violation is not infinitely better than one with a minute


@dataclass(frozen=True, slots=True)
class Point:
    """What one setting of a policy came to."""

    setting: str
    pod_hours: float
    violation_minutes: float


Curve = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Matched:
    """Ours against a rival, where the rival's curve is over the objective for so many minutes.

    `minutes` is ours over the rival's at the rival's cost, `cost` ours over the rival's at as many minutes; None where
    our curve does not reach there. Below 1 is better.
    """

    pod_hours: float
    minutes: float | None
    cost: float | None


def frontier(points: Curve) -> Curve:
    """Return the lower-left envelope: the points that no other beats at once in cost and in minutes, cheapest first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda each: (each.pod_hours, each.violation_minutes)):
        if not kept or point.violation_minutes < kept[-1].violation_minutes:
            kept.append(point)
    return kept


def minutes_at(points: Curve, pod_hours: float) -> float | None:
    """Return the minutes over the objective at a cost; None where even the cheapest point costs more."""
    curve = frontier(points)
    if not curve or pod_hours < curve[0].pod_hours:
        return None
    return math.exp(np.interp(math.log(pod_hours), _log_hours(curve), _log_minutes(curve)))


def pod_hours_at(points: Curve, minutes: float) -> float | None:
    """Return the cost at which so many minutes are over the objective; None where even the dearest point has more."""
    curve = frontier(points)
    if not curve or minutes < curve[-1].violation_minutes:
        return None
    rising = curve[::-1]
    return math.exp(np.interp(_log(minutes), _log_minutes(rising), _log_hours(rising)))


def match(ours: Curve, rival: Curve, minutes: float) -> Matched | None:
    """Return ours against a rival where the rival is over for `minutes`; None where it never is for so few."""
    cost = pod_hours_at(rival, minutes)
    if cost is None:
        return None
    missed, paid = minutes_at(ours, cost), pod_hours_at(ours, minutes)
    return Matched(
        pod_hours=cost,
        minutes=None if missed is None else missed / minutes,
        cost=None if paid is None else paid / cost,
    )


def _log_hours(curve: Curve) -> list[float]:
    return [math.log(point.pod_hours) for point in curve]


def _log_minutes(curve: Curve) -> list[float]:
    return [_log(point.violation_minutes) for point in curve]


def _log(minutes: float) -> float:
    return math.log(max(minutes, LEAST_MINUTES))
