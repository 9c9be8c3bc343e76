"""One pattern flown by the real cycle, with every decision and what the signals truly were."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.scaling.decision import Decision
from controller.scaling.judging.timeline import Timeline
from controller.simulation.ours import CyclePilot
from controller.simulation.rehearsal.patterns import Pattern
from controller.simulation.rehearsal.stage import Stage
from controller.simulation.replay import replay
from controller.simulation.signals import MEASURES
from controller.simulation.world import PretendWorkload
from forecasting.series import Values


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsed:
    """What happened in one pattern: columns and decisions by tick, and each signal as it truly was, (ticks,)."""

    stage: Stage
    pattern: Pattern
    timeline: Timeline
    decisions: tuple[Decision, ...]
    signals: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.decisions)

    @property
    def settled(self) -> int:
        """The tick from which it is judged."""
        return self.pattern.tick_after(1)


def fly(stage: Stage, pattern: Pattern) -> Rehearsed:
    """Return what the policy of the stage makes of a pattern."""
    decisions: list[Decision] = []
    workloads: list[PretendWorkload] = []

    def board(workload: PretendWorkload) -> CyclePilot:
        workloads.append(workload)
        return CyclePilot(workload, stage.policy, heard=decisions.append)

    demand = pattern.demand(stage.peak_rps)
    timeline = replay(demand, stage.world, board, name=pattern.name)
    evaluated = slice(demand.evaluated_from, None)
    signals = {
        signal.name: MEASURES[signal.preset](workloads[-1], evaluated)
        for signal in stage.policy.spec.signals
        if signal.preset is not None
    }
    return Rehearsed(stage, pattern, timeline, tuple(decisions), signals)
