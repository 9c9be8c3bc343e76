"""Two days of a recorded trace with scheduled spikes: the numbers of the rivals are golden, ours must beat them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.scaling.judging.score import Score, score
from controller.simulation.defaults import default_policy
from controller.simulation.demand import Demand, DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.traces import read_trace
from controller.simulation.world import World

TRACE = Path(__file__).parents[2] / "examples" / "nyc-taxi-30min.csv"
SETTINGS = DemandSettings(evaluate_from=datetime(2014, 10, 25, tzinfo=UTC), spikes=True)
WORLD = World()


@pytest.fixture(scope="module")
def demand() -> Demand:
    return make_demand(read_trace(TRACE), SETTINGS)


@pytest.fixture(scope="module")
def ours(demand: Demand) -> Score:
    return score(replay(demand, WORLD, lambda workload: CyclePilot(workload, default_policy(WORLD)), name="headroom"))


def of_rival(demand: Demand, name: str) -> Score:
    (rival,) = parse_rivals(name)
    return score(rival.replay(demand, WORLD, default_policy(WORLD)))


@pytest.mark.parametrize(
    ("name", "pod_hours", "violation_minutes"),
    [("hpa-cpu=0.7/2", 1986.4, 55), ("hpa-rps=0.7/2", 1992.1, 42), ("hpa-rps=0.8/2/0.02", 1752.5, 121)],
)
def test_the_world_and_its_rivals_stay_what_they_are(
    demand: Demand, name: str, pod_hours: float, violation_minutes: int
) -> None:
    result = of_rival(demand, name)
    assert result.pod_hours == pytest.approx(pod_hours, rel=0.001)
    assert result.violation_minutes == pytest.approx(violation_minutes, abs=1)


@pytest.mark.slow
def test_capacity_is_there_before_the_scheduled_spikes(demand: Demand, ours: Score) -> None:
    costlier = of_rival(demand, "hpa-rps=0.76/2")
    assert ours.pod_hours < costlier.pod_hours
    assert ours.violation_minutes < 0.4 * costlier.violation_minutes


@pytest.mark.slow
def test_actions_stay_near_the_hpas_number(demand: Demand, ours: Score) -> None:
    assert ours.actions < 1.5 * of_rival(demand, "hpa-rps=0.8/2").actions
