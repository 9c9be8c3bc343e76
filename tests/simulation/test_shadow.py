"""Shadow against the truth: an HPA steers while ours only recommends, and the same replay is then steered by ours."""

import pytest

from controller.api.scaling_policy import Mode
from controller.scaling.decision import Decision
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.rivals.kinds import KINDS
from controller.simulation.world import PretendWorkload, World
from tests.simulation.made import DAY, HOUR, MONDAY, busy_days, demand_of, hours_until, steered

WORLD = World()
(HPA,) = parse_rivals("hpa-rps=0.7/2")


class Watching:
    """An HPA that steers, and ours beside it, which only recommends."""

    notes = ()

    def __init__(self, workload: PretendWorkload) -> None:
        policy = default_policy(WORLD)
        self._hpa = KINDS[HPA.kind].board(HPA.settings, workload, policy)
        self.decisions: list[Decision] = []
        self._ours = CyclePilot(workload, policy, heard=self.decisions.append)
        doors = self._ours._doors  # a replay acts whatever the mode says
        spec = policy.spec.model_copy(update={"mode": Mode.RECOMMEND})
        doors.policy = doors.policy.model_copy(update={"spec": spec})

    async def steer(self) -> int:
        await self._ours.steer()
        return await self._hpa.steer()


def short(timeline: Timeline) -> float:
    """Return the share of ticks with fewer Ready replicas than demand needs."""
    return float((timeline.ready_replicas < timeline.needed_replicas).mean())


@pytest.mark.slow
def test_what_would_have_been_done_is_what_is_done_when_it_acts() -> None:
    demand = demand_of(busy_days(hours_until(DAY + 2 * HOUR)), evaluate_from=MONDAY)
    boarded: list[Watching] = []

    def board(workload: PretendWorkload) -> Watching:
        boarded.append(Watching(workload))
        return boarded[-1]

    hpa, ours = replay(demand, WORLD, board, name="hpa"), steered(demand, WORLD)

    shadow = boarded[0].decisions[-1].memory.shadow
    assert shadow is not None
    day = shadow.days[0]
    of_day = slice(DAY // hpa.tick)
    assert day.replica_seconds / 15 == pytest.approx(hpa.created_replicas[of_day].sum(), rel=0.01)
    assert day.shadow_replica_seconds / 15 == pytest.approx(ours.created_replicas[of_day].sum(), rel=0.05)
    assert day.missed_seconds / day.seconds == pytest.approx(short(hpa), abs=0.003)
    assert day.shadow_missed_seconds / day.seconds == pytest.approx(short(ours), abs=0.003)
