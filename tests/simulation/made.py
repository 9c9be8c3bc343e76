"""Made demand and who steers through it, so that a test of a regime names only what is unusual about its world."""

from datetime import UTC, datetime, timedelta

import numpy as np

from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import Demand, DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.matched import match_hpa
from controller.simulation.world import World
from forecasting.series import Series, Values

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HISTORY = 28 * DAY
STEP = 5 * MINUTE


def hours_until(end: timedelta) -> Values:
    """Return the hours since `MONDAY` of every sample from four weeks before it until `end` after it."""
    return (np.arange(-(HISTORY // STEP), end // STEP) + 0.5) * (STEP / HOUR)


def busy_days(hours: Values) -> Values:
    """Return what a shop is asked for, from 60 to 600 requests/s: a hump before noon, one by night, less at weekends.

    `hours` are since a Monday.
    """
    clock, is_weekend = hours % 24, hours // 24 % 7 >= 5
    humps = 420 * np.exp(-(((clock - 11) / 3) ** 2)) + 540 * np.exp(-(((clock - 19) / 2.5) ** 2))
    rps: Values = 60 + humps * np.where(is_weekend, 0.6, 1.0)
    return rps


def demand_of(rps: Values, *, evaluate_from: datetime, noise: float = 0.05) -> Demand:
    """Return the demand of samples that begin four weeks before `MONDAY`, taken as requests/s."""
    trace = Series(MONDAY - HISTORY, STEP, rps)
    return make_demand(trace, DemandSettings(evaluate_from=evaluate_from, peak_rps=None, noise=noise))


def steered(demand: Demand, world: World, policy: ScalingPolicy | None = None) -> Timeline:
    """Return what the real cycle makes of it, by default with the shipped policy."""
    chosen = policy or default_policy(world)
    return replay(demand, world, lambda workload: CyclePilot(workload, chosen), name="headroom")


def hpa_at_equal_cost(demand: Demand, world: World, ours: Timeline) -> Timeline:
    """Return what the HPA does whose target makes it cost what we cost."""
    return match_hpa(demand, world, score(ours)).equal_cost.timeline


def between(timeline: Timeline, begin: datetime, end: datetime) -> slice:
    """Return the ticks of [begin, end)."""
    return slice((begin - timeline.start) // timeline.tick, (end - timeline.start) // timeline.tick)


def violated_minutes(timeline: Timeline, begin: datetime, end: datetime) -> int:
    """Return the minutes of [begin, end) with a p95 over the objective in any tick."""
    window = between(timeline, begin, end)
    over = timeline.p95_ms[window] > timeline.objective_ms
    return len(np.unique(timeline.seconds[window][over] // 60))


def removes_nothing(timeline: Timeline, begin: datetime, end: datetime) -> bool:
    """Tell whether no pod was removed in [begin, end)."""
    return bool((np.diff(timeline.created_replicas[between(timeline, begin, end)]) >= 0).all())
