"""Kedastral-like: trend and hour of the day, turned into replicas by a capacity policy, through KEDA to an HPA.

Source: github.com/HatiCode/kedastral, pkg/models/baseline.go (the line through the newest ten minutes, and how much the
hour of the day counts beside it) and pkg/capacity/planner.go (headroom, clamps for each step) with the defaults of its
flags. Its page promises a quantile: here the normal one at 90 %, by how the newest half hour lay around the line. Hours
of the day rest on a day of history, the most that it recommends; replicas are those of the highest minute of the lead.
"""

import numpy as np

from controller.simulation.rivals.crane import MINUTE_TICKS, minutes_of
from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, external_replicas, rounded_up
from controller.simulation.rivals.lines import line_through
from controller.simulation.world import View
from forecasting.series import Values

INTERVAL_SECONDS = 30.0
LEAD_MINUTES = 5
TREND_MINUTES = 10
WINDOW_MINUTES = 30
DAY_MINUTES = 24 * 60
KNOWN_TICKS = (DAY_MINUTES + 30) * MINUTE_TICKS  # with the half hour before it
HEADROOM = 1.2
P90 = 1.2816  # standard deviations
MOST_UP = 2.0  # times the replicas of the step before
MOST_DOWN = 0.5
# Up to this ratio of the hour's mean to the line, the hour counts this much.
SEASONAL_SHARES = ((0.8, 0.6), (1.2, 0.5), (1.5, 0.7), (np.inf, 0.8))


def kedastral_hpa(
    target_rps: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE
) -> HPA:
    """Return the HPA that KEDA makes of the replicas forecast: an External metric with a target of one."""
    planner = Planner(target_rps, min_replicas, max_replicas)

    def wish(view: View) -> int:
        return external_replicas(planner.plan(view), 1.0, created=view.created, tolerance=tolerance)

    return HPA(wish, min_replicas, max_replicas)


class Planner:
    """The replicas for the lead time to come, made anew every 30 s."""

    def __init__(self, target_rps: float, min_replicas: int, max_replicas: int) -> None:
        self._target_rps, self._min_replicas, self._max_replicas = target_rps, min_replicas, max_replicas
        self._made_at: float | None = None
        self._replicas = 0

    def plan(self, view: View) -> int:
        """Return the replicas, at most doubled and at least halved since the step before."""
        if self._made_at is None or view.seconds - self._made_at >= INTERVAL_SECONDS:
            before = self._replicas or view.created
            load = highest_expected(minutes_of(view.past_rps[-KNOWN_TICKS:]), view.offered_rps)
            wanted = rounded_up(HEADROOM * load / self._target_rps)
            clamped = min(max(wanted, int(MOST_DOWN * before)), rounded_up(MOST_UP * before))
            self._made_at = view.seconds
            self._replicas = min(max(clamped, self._min_replicas), self._max_replicas)
        return self._replicas


def highest_expected(minutes: Values, offered_rps: float) -> float:
    """Return the highest rate over the lead at the 90 % quantile; what is offered now while little is known."""
    if len(minutes) < WINDOW_MINUTES:
        return offered_rps
    newest, (_, slope) = minutes.item(-1), line_through(minutes[-TREND_MINUTES:])
    spread = deviation(minutes[-WINDOW_MINUTES:])
    lines = [newest + slope * ahead for ahead in range(1, LEAD_MINUTES + 1)]
    expected = [blended(line, hour_ahead(minutes, ahead)) for ahead, line in enumerate(lines, start=1)]
    return max(0.0, max(expected) + P90 * spread)


def deviation(values: Values) -> float:
    """Return the standard deviation of values around the line through them."""
    end, slope = line_through(values)
    return float(np.std(values - (end + slope * (np.arange(len(values)) - (len(values) - 1)))))


def hour_ahead(minutes: Values, ahead: int) -> float | None:
    """Return the mean of the hour around a minute to come as it was yesterday; None where that was not seen."""
    at = len(minutes) - 1 + ahead - DAY_MINUTES
    return float(minutes[max(0, at - 30) : at + 30].mean()) if at >= 0 else None


def blended(line: float, hour: float | None) -> float:
    """Return the line and the hour's mean, each by its share."""
    if hour is None:
        return line
    share = next(share for most, share in SEASONAL_SHARES if hour / (max(line, 0.0) + 1) <= most)
    return (1 - share) * line + share * hour
