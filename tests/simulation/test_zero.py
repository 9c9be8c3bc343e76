"""Scale to zero in a replay: a recorded trace whose nights are cut to nothing, openly, and a week of its mornings."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import TICK, Demand, DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.traces import read_trace
from controller.simulation.world import World
from forecasting.series import Series

TRACE = Path(__file__).parents[2] / "examples" / "nyc-taxi-30min.csv"
NIGHT = range(6)  # hours
EVALUATED_FROM = datetime(2014, 10, 20, tzinfo=UTC)
DAYS = 7
AN_HOUR = timedelta(hours=1) // TICK
A_DAY = timedelta(days=1) // TICK


@pytest.fixture(scope="module")
def demand() -> Demand:
    """A week of taxi rides by day, and none by night."""
    trace = read_trace(TRACE)
    by_day = [(trace.start + number * trace.step).hour not in NIGHT for number in range(len(trace.values))]
    cut = Series(trace.start, trace.step, np.where(by_day, trace.values, 0.0))
    return make_demand(cut, DemandSettings(evaluate_from=EVALUATED_FROM))


@pytest.fixture(scope="module")
def rested(demand: Demand) -> Timeline:
    """What happens with the shipped settings and leave to go to zero."""
    world = World()
    policy = default_policy(world)
    spec = type(policy.spec).model_validate({**policy.spec.model_dump(by_alias=True), "scaleToZero": {}})
    allowed = policy.model_copy(update={"spec": spec})
    return replay(demand, world, lambda workload: CyclePilot(workload, allowed), name="headroom")


@pytest.mark.slow
def test_pods_are_ready_before_the_first_demand_of_nearly_every_day_after_a_night_at_zero(
    demand: Demand, rested: Timeline
) -> None:
    arrivals = demand.rps[demand.evaluated_from :].reshape(DAYS, A_DAY)
    ready = rested.ready_replicas[: DAYS * A_DAY].reshape(DAYS, A_DAY)
    first = [int(AN_HOUR + np.argmax(day[AN_HOUR:] > 0)) for day in arrivals]  # the evening ends after midnight

    in_time = [bool(ready[day, tick] > 0) for day, tick in enumerate(first)]
    at_zero = [float(np.mean(ready[day, :tick] == 0)) for day, tick in enumerate(first)]

    assert np.mean(in_time) >= 0.95
    assert np.mean(at_zero) > 0.8
