"""HPA: the HorizontalPodAutoscaler v2, as kube-controller-manager computes it, for one metric.

Semantics follow pkg/controller/podautoscaler of Kubernetes with the default behavior of autoscaling/v2. Both kinds are
here: utilisation (a Resource metric, which knows about pods that are not Ready) and requests per second for each pod
(an External metric with AverageValue, which does not). Metrics are real numbers here; Kubernetes truncates a
utilisation to whole percents. Ready pods without a metric count as at their target on the way down, as its pages say;
its code takes all that they request.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.simulation.world import View

DEFAULT_TOLERANCE = 0.1
STABILIZATION_SECONDS = 300.0  # scale-down: the highest wish of this window
SCALE_UP_FACTOR = 2  # at most 100 % more within a sync period of 15 s ...
SCALE_UP_PODS = 4  # ... or 4 pods, whichever is more
ROUNDING = 1e-9  # Kubernetes calculates in integers of a thousandth


@dataclass(frozen=True, slots=True)
class Pods:
    """How the HPA sorts its pods: with a metric that counts, not Ready, Ready but without such a metric yet."""

    measured: int
    unready: int = 0
    missing: int = 0

    @property
    def count(self) -> int:
        """All of them."""
        return self.measured + self.unready + self.missing


def resource_replicas(utilization: float, target: float, *, pods: Pods, tolerance: float) -> int:
    """Return what a utilisation asks for; all pods where the change is too small, turns round, or nothing is measured.

    `utilization` is the mean over the measured pods. Unready pods count as idle on the way up and not at all on the
    way down; pods without a metric as idle on the way up and as at their target on the way down.
    """
    if pods.measured == 0:
        return pods.count
    ratio = utilization / target
    used, counted = ratio * pods.measured, pods.measured
    if ratio > 1:
        counted += pods.unready + pods.missing
    elif ratio < 1:
        used, counted = used + pods.missing, counted + pods.missing
    new_ratio, replicas = used / counted, rounded_up(used)
    if _within(new_ratio, tolerance) or (new_ratio > 1) != (ratio > 1):
        return pods.count
    return max(pods.count, replicas) if new_ratio > 1 else min(pods.count, replicas)


def external_replicas(value: float, target_per_pod: float, *, created: int, tolerance: float) -> int:
    """Return what an External metric with AverageValue asks for; readiness does not matter."""
    if _within(value / (target_per_pod * created), tolerance):
        return created
    return rounded_up(value / target_per_pod)


def _within(ratio: float, tolerance: float) -> bool:
    return abs(ratio - 1) <= tolerance + ROUNDING


def rounded_up(replicas: float) -> int:
    """Return whole replicas, where 0.7 * 10 is 7."""
    return math.ceil(replicas - ROUNDING)


@dataclass
class HPA:
    """One HPA: the wish of its metric, stabilised downwards, limited upwards, kept within bounds.

    Of the wishes of the window it keeps, with their times, those that no later one reaches: they fall strictly.
    """

    wish: Callable[[View], int]
    min_replicas: int
    max_replicas: int
    _recommendations: deque[tuple[float, int]] = field(default_factory=deque)

    def decide(self, view: View) -> int:
        """Return the replicas wanted now; called every 15 s."""
        within = min(max(view.created, self.min_replicas), self.max_replicas)
        if view.created != within:
            return within
        if not self._recommendations:
            # The controller remembers the replicas it finds at its first sync.
            self._recommendations.append((view.seconds, view.created))
        wish = self.wish(view)
        stabilized = self._stabilize(wish, view)
        limit = max(SCALE_UP_FACTOR * view.created, view.created + SCALE_UP_PODS)
        return min(max(stabilized, self.min_replicas), limit, self.max_replicas)

    def _stabilize(self, wish: int, view: View) -> int:
        """Record the wish; return the current replicas moved up to it, or down to the highest wish of the window."""
        recommendations = self._recommendations
        while recommendations and recommendations[0][0] <= view.seconds - STABILIZATION_SECONDS:
            recommendations.popleft()
        while recommendations and recommendations[-1][1] <= wish:
            recommendations.pop()
        recommendations.append((view.seconds, wish))
        return min(max(view.created, wish), recommendations[0][1])


def utilization_hpa(
    target: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE
) -> HPA:
    """Return an HPA on the utilisation of the pods, a share of their capacity."""

    def wish(view: View) -> int:
        pods = Pods(view.measured, unready=view.created - view.ready, missing=view.ready - view.measured)
        return resource_replicas(view.utilization, target, pods=pods, tolerance=tolerance)

    return HPA(wish, min_replicas, max_replicas)


def requests_hpa(
    target_rps: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE
) -> HPA:
    """Return an HPA on the requests/s offered to the workload, as an average for each pod."""

    def wish(view: View) -> int:
        return external_replicas(view.offered_rps, target_rps, created=view.created, tolerance=tolerance)

    return HPA(wish, min_replicas, max_replicas)
