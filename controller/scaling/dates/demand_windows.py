"""Demand windows: what demand events and schedules come to, once it is known when they hold.

When a schedule holds is in schedules.py; what a window asks for, in voices/demand_events.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey
from controller.scaling.reasons import Reason

EVERYTHING = 100  # percent


@dataclass(frozen=True, slots=True)
class DemandWindow:
    """More demand than usual in [start, end): `multiplier_percent` of it, or at least `min_replicas`.

    `reason` says whether an event or a schedule asks for it. All of it is there at the start, after a ramp, and after
    the end it may fall over another one. Demand in it is remembered as `known_as`, and its multiplier is that of the
    last time `like` came, which `measured` tells; empty where it is not.
    """

    reason: Reason
    name: str
    start: datetime
    end: datetime
    ramp_in_seconds: int = 0
    ramp_out_seconds: int = 0
    multiplier_percent: int = EVERYTHING
    min_replicas: int = 0
    description: str = ""
    known_as: str = ""
    like: str = ""
    measured: str = ""

    @property
    def ramp_in(self) -> timedelta:
        """How long before the start capacity begins to rise."""
        return timedelta(seconds=self.ramp_in_seconds)

    @property
    def ramp_out(self) -> timedelta:
        """How long after the end some of it is still asked for."""
        return timedelta(seconds=self.ramp_out_seconds)

    @property
    def over_at(self) -> datetime:
        """When nothing of it is asked for any more."""
        return self.end + self.ramp_out

    @property
    def told(self) -> str:
        """What it is, in words."""
        kind = "demand event" if self.reason is Reason.DEMAND_EVENT else "schedule"
        return f"{kind} {self.name}"


def window_of(event: DemandEvent) -> DemandWindow:
    """Return the window of a demand event."""
    spec = event.spec
    return DemandWindow(
        reason=Reason.DEMAND_EVENT,
        name=event.metadata.name,
        start=spec.start,
        end=spec.end,
        ramp_in_seconds=spec.ramp_in_seconds,
        ramp_out_seconds=spec.ramp_out_seconds,
        multiplier_percent=spec.multiplier_percent or EVERYTHING,
        min_replicas=spec.min_replicas or 0,
        description=spec.description,
        known_as=event.metadata.name,
        like=spec.like_event or "",
    )


def windows_by_policy(events: Iterable[DemandEvent]) -> Mapping[ObjectKey, tuple[DemandWindow, ...]]:
    """Return the windows of each policy's events; an event concerns policies of its own namespace only."""
    grouped: dict[ObjectKey, tuple[DemandWindow, ...]] = defaultdict(tuple)
    for event in events:
        for name in event.spec.policies:
            grouped[ObjectKey(event.metadata.namespace, name)] += (window_of(event),)
    return grouped
