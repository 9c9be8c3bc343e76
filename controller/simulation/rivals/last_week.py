"""Last week: an HPA whose second metric is the same rate a week ago, read half an hour ahead.

Source: grafana/mimir pull request 7775 (predictive scaling of queriers): beside the live trigger one of
`max_over_time(metric[30m] offset 6d23h30m)`, that is of what last week's next half hour had been. An HPA takes the
largest wish of its metrics, so that last week adds replicas and never removes any. Where there was no last week the
query is empty, which KEDA reads as zero.
"""

from datetime import timedelta

import numpy as np

from controller.simulation.demand import TICK
from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, external_replicas
from controller.simulation.world import METRIC_WINDOW_TICKS, View, metric_means

OFFSET_TICKS = timedelta(days=6, hours=23, minutes=30) // TICK
LOOKBACK_TICKS = timedelta(minutes=30) // TICK


def last_week_hpa(
    target_rps: float, *, min_replicas: int, max_replicas: int, tolerance: float = DEFAULT_TOLERANCE
) -> HPA:
    """Return an HPA on the requests/s offered now and last week, both as an average for each pod."""

    def wish(view: View) -> int:
        return max(
            external_replicas(rate, target_rps, created=view.created, tolerance=tolerance)
            for rate in (view.offered_rps, rate_last_week(view))
        )

    return HPA(wish, min_replicas, max_replicas)


def rate_last_week(view: View) -> float:
    """Return the highest rate delivered within last week's half hour, as means over 60 s; 0 where none was."""
    until = max(0, len(view.past_rps) - OFFSET_TICKS)
    begin = max(0, until - LOOKBACK_TICKS - METRIC_WINDOW_TICKS + 1)
    means = metric_means(view.past_rps[begin:until])
    return float(np.nan_to_num(means).max(initial=0.0))
