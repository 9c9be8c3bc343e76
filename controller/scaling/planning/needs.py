"""What each moment ahead needs: planned demand, events and schedules, sized and within bounds, and who asks for it.

Bounds are minReplicas, maxReplicas, and what the policy's own budget pays for. What others will take of that budget,
what a ResourceQuota has room for, and what people hold by hand is not known ahead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from controller.api.objective import Objective
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.scaling.dates.demand_windows import DemandWindow
from controller.scaling.guards.error_budget import NEARLY_GONE
from controller.scaling.judging.error_budget import budget_of
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.lookahead import window
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room
from controller.scaling.sharing.shares import paid_for
from controller.scaling.voices.demand_events import asked_of, share_of
from controller.scaling.voices.failover import with_reserve
from controller.scaling.voices.forecast import NO_SLACK
from controller.scaling.voices.spare_room import with_room
from forecasting.series import Series

MOMENT = timedelta(microseconds=1)  # an event that begins where a slot ends is not in it


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is forecast of one load signal, on one grid: the median, and the planning percentile."""

    signal: Signal
    expected: Series
    planned: Series


class Need(NamedTuple):
    """Replicas for a while, and what asks for them, or bounds them: `wanted` is what is asked for above a bound."""

    replicas: int
    reason: Reason
    source: str
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class Foresight:
    """All that is known ahead: load signals whose forecast may act, and the windows of events and schedules."""

    policy: ScalingPolicy
    memory: Memory
    signals: Sequence[Ahead]
    windows: Sequence[DemandWindow] = ()

    def need(self, begin: datetime, end: datetime) -> Need:
        """Return what [begin, end) needs: the largest of all that ask, within the policy's bounds."""
        asked = (*self._of_signals(begin, end), *self._of_windows(begin, end))
        largest = max(asked, key=lambda need: need.replicas, default=_NOTHING)
        least, most = self.policy.spec.min_replicas, self._most()
        if largest.replicas < least:
            return Need(least, Reason.TOO_FEW_REPLICAS, "minReplicas")
        if largest.replicas > most.replicas:
            return most._replace(wanted=largest.replicas)
        return largest

    def _most(self) -> Need:
        """Return the smallest upper bound: maxReplicas, or what the budget pays for where nobody else takes of it."""
        spec = self.policy.spec
        if spec.cost and spec.cost.budget:
            paid = max(paid_for(spec.cost.budget.hourly, spec.cost.hourly_per_replica), spec.min_replicas)
            if paid < spec.max_replicas:
                return Need(paid, Reason.BUDGET, f"budget {spec.cost.budget.name}")
        return Need(spec.max_replicas, Reason.TOO_MANY_REPLICAS, "maxReplicas")

    def _of_signals(self, begin: datetime, end: datetime) -> Iterator[Need]:
        waits, careful = queue_waits(self.policy), self._is_careful(begin)
        for each in self.signals:
            if each.signal.name in waits:  # what may wait is sized for the mean, as when it is decided
                mean = window(each.expected, begin, max(end, begin + waits[each.signal.name])).mean()
                replicas = self._sized(each.signal, float(mean), NO_SLACK)
            else:
                replicas = self._sized(each.signal, _peak(each.planned, begin, end))
            yield self._reserved(Need(replicas, Reason.FORECAST, each.signal.name))
            if careful:
                yield Need(with_room(replicas), Reason.ERROR_BUDGET_NEARLY_GONE, each.signal.name)

    def _is_careful(self, when: datetime) -> bool:
        """Tell whether little of the error budget will be left even if service is good until then."""
        wanted = self.policy.spec.objective.error_budget
        return wanted is not None and budget_of(self.memory.bad_spells, wanted, when).left_share < NEARLY_GONE

    def _reserved(self, need: Need) -> Need:
        return need._replace(replicas=with_reserve(need.replicas, self.policy))

    def _of_windows(self, begin: datetime, end: datetime) -> Iterator[Need]:
        for each in self.windows:
            factor, floor = asked_of(each, share_of(each, begin, end - MOMENT))
            sized = [self._sized(ahead.signal, factor * _peak(ahead.planned, begin, end)) for ahead in self.signals]
            asked = max(floor, *sized) if factor > 1 else floor
            yield self._reserved(Need(asked, each.reason, each.name))

    def _sized(self, signal: Signal, demand: float, objective: Objective | None = None) -> int:
        capacity = capacity_of(signal, self.memory)
        return 0 if capacity is None else replicas_with_room(demand, capacity, objective or self.policy.spec.objective)


_NOTHING = Need(0, Reason.TOO_FEW_REPLICAS, "minReplicas")


def _peak(series: Series, begin: datetime, end: datetime) -> float:
    return float(window(series, begin, end).max(initial=0.0))


def queue_waits(policy: ScalingPolicy) -> dict[str, timedelta]:
    """Return the load signals whose items wait in a queue, and how long they may."""
    queues = (signal.queue for signal in policy.spec.signals if signal.queue)
    return {queue.arrivals: timedelta(seconds=queue.drain_target_seconds) for queue in queues}
