"""PHPA: the Predictive Horizontal Pod Autoscaler, which forecasts replica counts from replica counts.

Source: predictive-horizontal-pod-autoscaler.readthedocs.io, user guide, models. Every 15 s it calculates as an HPA does
and stores the result; a linear regression through the newest six results looks 10 s ahead, an additive Holt-Winters
with fixed coefficients one step; with the decision type `maximum` the largest of the three is wanted. Numbers of stored
values, look-ahead and coefficients are those of that page's examples; a season is a day here.
"""

from collections import deque

from controller.simulation.demand import DAY, TICK
from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, external_replicas, rounded_up
from controller.simulation.rivals.lines import line_through
from controller.simulation.world import TICK_SECONDS, View

STORED_VALUES = 6
LOOK_AHEAD_SECONDS = 10.0
SMOOTHING = 0.9  # alpha, beta and gamma
SEASON = DAY // TICK


def phpa(target_rps: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE) -> HPA:
    """Return a PHPA on the requests/s offered to the workload, as an average for each pod."""
    line, seasonal = LinearRegression(), HoltWinters()

    def wish(view: View) -> int:
        calculated = external_replicas(view.offered_rps, target_rps, created=view.created, tolerance=tolerance)
        return max(calculated, line.predict(calculated), seasonal.predict(calculated))

    return HPA(wish, min_replicas, max_replicas)


class LinearRegression:
    """A least-squares line through the newest results."""

    def __init__(self) -> None:
        self._stored: deque[int] = deque(maxlen=STORED_VALUES)

    def predict(self, replicas: int) -> int:
        """Store a result; return the replicas expected at the look-ahead."""
        self._stored.append(replicas)
        now, slope = line_through(self._stored)
        return rounded_up(now + slope * LOOK_AHEAD_SECONDS / TICK_SECONDS)


class HoltWinters:
    """Additive triple exponential smoothing, one step ahead; silent until it has seen a season."""

    def __init__(self, season: int = SEASON) -> None:
        self._season = season
        self._first: list[int] = []
        self._seasonal: list[float] = []
        self._level = self._trend = 0.0
        self._slot = 0

    def predict(self, replicas: int) -> int:
        """Store a result; return the replicas expected next, 0 while that is not known."""
        if not self._seasonal:
            self._first.append(replicas)
            if len(self._first) == self._season:
                self._level = sum(self._first) / self._season
                self._seasonal = [each - self._level for each in self._first]
        else:
            self._smooth(replicas)
        return rounded_up(self._level + self._trend + self._seasonal[self._slot]) if self._seasonal else 0

    def _smooth(self, replicas: int) -> None:
        seasonal, before = self._seasonal[self._slot], self._level
        self._level = SMOOTHING * (replicas - seasonal) + (1 - SMOOTHING) * (before + self._trend)
        self._trend = SMOOTHING * (self._level - before) + (1 - SMOOTHING) * self._trend
        self._seasonal[self._slot] = SMOOTHING * (replicas - self._level) + (1 - SMOOTHING) * seasonal
        self._slot = (self._slot + 1) % self._season
