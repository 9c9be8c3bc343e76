"""The outlook: replicas that the peaks of the next 90 days need, and the day from which a limit is not enough. Pure.

How peaks go on is forecasting/outlook.py's business; what is told of a runway, and when, is publishing/'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.api.capacity_outlook import CapacityOutlook, LimitKind, OutlookDay, Runway, SignalOutlook
from controller.api.fields import MAX_REPLICAS
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.scaling.dates.demand_windows import DemandWindow
from controller.scaling.dates.schedules import moment
from controller.scaling.learning.learned_capacity import capacity_of, why_unknown
from controller.scaling.planning.needs import MOMENT, queue_waits
from controller.scaling.reasons import Reason
from controller.scaling.room import replicas_with_room
from controller.scaling.voices.demand_events import asked_of, share_of
from controller.scaling.voices.failover import with_reserve
from controller.scaling.voices.forecast import NO_SLACK
from forecasting import PeakOutlook

DAY = timedelta(days=1)
MAX_BASIS = 1024  # bound of the field in the CRD
LOWER, MEDIAN, LIKELY, BOUND = LEVELS = (0.05, 0.5, 0.8, 0.95)

Whole = NDArray[np.int64]


class Limit(NamedTuple):
    """So many replicas and no more, and who says so: maxReplicas, and whatever else limits a workload."""

    kind: LimitKind
    replicas: int
    source: str


@dataclass(frozen=True, slots=True)
class Peaks:
    """What is known of the load signals' daily peaks: an outlook of each, or a sentence why there is none."""

    policy: ScalingPolicy
    memory: Memory
    by_signal: Mapping[str, PeakOutlook | str]
    windows: Sequence[DemandWindow] = ()

    def outlook(self, limits: Sequence[Limit] = ()) -> CapacityOutlook:
        """Return the outlook, with the runway of maxReplicas and of the further limits."""
        first, needs = self._needs()
        signals = tuple(self._signal(signal) for signal in self.policy.spec.load_signals)
        own = Limit("MaxReplicas", self.policy.spec.max_replicas, "spec.maxReplicas")
        runways = [_runway(limit, first, needs, _basis(signals)) for limit in (own, *limits)] if needs.size else []
        return CapacityOutlook(
            days=tuple(_day(first + number * DAY, needs[:, number]) for number in range(needs.shape[1])),
            runways=tuple(sorted(runways, key=_ends)),
            signals=signals,
        )

    def _needs(self) -> tuple[date, Whole]:
        """Return the first day of which all is known, and the replicas by level and day, (levels, days)."""
        known = [(signal, peaks) for signal in self.policy.spec.load_signals if (peaks := self._known(signal))]
        if not known:
            return date.min, np.zeros((len(LEVELS), 0), dtype=np.int64)
        first = max(peaks.first for _, peaks in known)
        end = min(peaks.day(peaks.days) for _, peaks in known)
        days = [self._day_needs(known, first + number * DAY) for number in range((end - first).days)]
        return first, np.array(days, dtype=np.int64).reshape(-1, len(LEVELS)).T

    def _day_needs(self, known: Sequence[tuple[Signal, PeakOutlook]], day: date) -> list[int]:
        """Return the replicas of one day by level."""
        factor, floor = self._asked(day)
        needs = []
        for level in LEVELS:
            peaks = {signal: float(each.quantile(level)[(day - each.first).days]) for signal, each in known}
            sized = [self._sized(signal, factor * peak) for signal, peak in peaks.items()]
            asked = with_reserve(max(floor, *sized), self.policy)
            needs.append(min(max(asked, self.policy.spec.min_replicas), MAX_REPLICAS))
        return needs

    def _asked(self, day: date) -> tuple[float, int]:
        """Return the largest factor and floor of the windows of a day, of their ramps what is in it.

        What recurring windows multiply is in the peaks already; those of dated events are not learned from.
        """
        zone = self.policy.spec.forecast.zone
        begin, end = (moment(datetime.combine(each, time()), zone) for each in (day, day + DAY))
        asked = [(each.reason, *asked_of(each, share_of(each, begin, end - MOMENT))) for each in self.windows]
        dated = (factor for reason, factor, _ in asked if reason is Reason.DEMAND_EVENT)
        return max(dated, default=1.0), max((floor for *_, floor in asked), default=0)

    def _known(self, signal: Signal) -> PeakOutlook | None:
        peaks = self.by_signal.get(signal.name)
        return peaks if isinstance(peaks, PeakOutlook) and capacity_of(signal, self.memory) else None

    def _sized(self, signal: Signal, demand: float) -> int:
        capacity = capacity_of(signal, self.memory)
        objective = NO_SLACK if signal.name in queue_waits(self.policy) else self.policy.spec.objective
        return 0 if capacity is None else replicas_with_room(demand, capacity, objective)

    def _signal(self, signal: Signal) -> SignalOutlook:
        peaks = self.by_signal.get(signal.name, "its peaks have not been asked for yet")
        if isinstance(peaks, str):
            return SignalOutlook(name=signal.name, message=peaks)
        growth = peaks.growth
        return SignalOutlook(
            name=signal.name,
            history_days=peaks.history_days,
            growth_percent=round(growth.percent, 1),
            growth_lower_percent=round(growth.lower, 1),
            growth_upper_percent=round(growth.upper, 1),
            message="" if capacity_of(signal, self.memory) else why_unknown(signal.name),
        )


def _day(day: date, needs: Whole) -> OutlookDay:
    lower, expected, bound80, bound95 = needs.tolist()
    return OutlookDay(date=day, lower=lower, expected=expected, bound80=bound80, bound95=bound95)


def _runway(limit: Limit, first: date, needs: Whole, basis: str) -> Runway:
    earliest, likely = (_first_above(needs[LEVELS.index(level)], limit.replicas) for level in (BOUND, MEDIAN))
    return Runway(
        limit=limit.kind,
        replicas=min(limit.replicas, MAX_REPLICAS),
        source=limit.source,
        earliest=None if earliest is None else first + earliest * DAY,
        likely=None if likely is None else first + likely * DAY,
        basis=basis,
    )


def _first_above(needs: Whole, limit: int) -> int | None:
    above = np.flatnonzero(needs > limit)
    return int(above[0]) if above.size else None


def _ends(runway: Runway) -> tuple[date, date]:
    return runway.earliest or date.max, runway.likely or date.max


def _basis(signals: Sequence[SignalOutlook]) -> str:
    """Return what the dates rest on, in a sentence's part; signals without an outlook are told too."""
    told = [
        f"peaks of {each.name} {each.growth_percent:+.3g} % in 30 days ({each.growth_lower_percent:+.3g} to "
        f"{each.growth_upper_percent:+.3g}), from {each.history_days} days"
        for each in signals
        if each.growth_percent is not None
    ]
    return "; ".join([*told, *(f"{each.name}: {each.message}" for each in signals if each.message)])[:MAX_BASIS]
