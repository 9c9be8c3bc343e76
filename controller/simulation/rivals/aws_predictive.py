"""AWS-like predictive scaling: hourly floors from two weeks of history, beside a target tracker.

Source: docs.aws.amazon.com/autoscaling/ec2/userguide/predictive-scaling-policy-overview.html: it analyses up to 14 days
of a load metric, at least 24 hours; forecasts the capacity of each of the next 48 hours; renews that every 6 hours;
brings an hour's capacity 5 minutes before the hour (SchedulingBufferTime); and never scales in, which is left to
dynamic scaling.

How Amazon forecasts is not public. Here an hour is expected to be like the same hour of the weeks in the history, or of
the days in it where no week is, by the mean of its load. The tracker is an HPA on the same target, which reacts within
15 s: Amazon's waits for three minutes above its target, and for fifteen below.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from controller.simulation.demand import TICK
from controller.simulation.rivals.hpa import HPA, requests_hpa, rounded_up
from controller.simulation.world import METRIC_DELAY_TICKS, View
from forecasting.series import Series

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
HISTORY = timedelta(days=14)
SHORTEST_HISTORY = timedelta(hours=24)
HORIZON_HOURS = 48
RENEWED_EVERY = timedelta(hours=6)
AHEAD = timedelta(minutes=5)


class AWSPredictive:
    """The larger of what the tracker wants and the floor of this hour, or of the next five minutes before it.

    `start` is the time of the replay's second 0: hours are those of the clock.
    """

    def __init__(self, target_rps: float, *, min_replicas: int, max_replicas: int, start: datetime) -> None:
        self._target_rps, self._max_replicas, self._start = target_rps, max_replicas, start
        self._tracker: HPA = requests_hpa(target_rps, min_replicas=min_replicas, max_replicas=max_replicas)
        self._floors: Mapping[datetime, int] = {}
        self._renewed_at: datetime | None = None

    def decide(self, view: View) -> int:
        """Return the replicas wanted now."""
        now = self._start + timedelta(seconds=view.seconds)
        if self._renewed_at is None or now - self._renewed_at >= RENEWED_EVERY:
            self._renewed_at = now
            self._floors = self._forecast(view, now)
        floor = max(self._floors.get(hour_of(at), 0) for at in (now, now + AHEAD))
        return min(max(floor, self._tracker.decide(view)), self._max_replicas)

    def _forecast(self, view: View, now: datetime) -> Mapping[datetime, int]:
        """Return the replicas for each of the next 48 hours that anything is known about."""
        known = hourly_means(view, now)
        if len(known) * HOUR < SHORTEST_HISTORY:
            return {}
        ahead = [hour_of(now) + number * HOUR for number in range(HORIZON_HOURS)]
        expected = {hour: expected_load(known, hour) for hour in ahead}
        return {hour: rounded_up(load / self._target_rps) for hour, load in expected.items() if load is not None}


def hour_of(moment: datetime) -> datetime:
    """Return when the hour of the clock began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hourly_means(view: View, now: datetime) -> Mapping[datetime, float]:
    """Return the mean rate of each whole hour of the last 14 days that has arrived, by its begin."""
    rates = view.past_rps[-(HISTORY // TICK) :]
    end = now - METRIC_DELAY_TICKS * TICK
    begin = end - len(rates) * TICK
    hours = Series(begin, TICK, rates).at_step(HOUR)
    begins = [hours.start + number * HOUR for number in range(len(hours))]
    means = zip(begins, hours.values.tolist(), strict=True)
    return {hour: mean for hour, mean in means if hour >= begin and hour + HOUR <= end and not np.isnan(mean)}


def expected_load(known: Mapping[datetime, float], hour: datetime) -> float | None:
    """Return the mean of the same hour of past weeks, else of past days; None where none of them is known."""
    for season in (WEEK, DAY):
        same = [
            known[hour - back * season] for back in range(1, HISTORY // season + 1) if hour - back * season in known
        ]
        if same:
            return float(np.mean(same))
    return None
