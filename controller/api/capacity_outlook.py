"""The outlook of a policy: replicas needed over the next 90 days, and when what limits them is no longer enough."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from controller.api.fields import DnsLabel, Part, Replicas, Sentence

LimitKind = Literal["MaxReplicas", "Budget", "ResourceQuota"]


class OutlookDay(Part):
    """Replicas that the peak of one day needs, by how sure one wants to be."""

    date: date
    """The day, by the policy's time zone."""
    lower: Replicas
    """Fewer are needed in 5 % of cases."""
    expected: Replicas
    """The median."""
    bound80: Replicas
    """Enough in 80 % of cases."""
    bound95: Replicas
    """Enough in 95 % of cases."""


class Runway(Part):
    """How long one limit lasts."""

    limit: LimitKind
    """What limits the replicas."""
    replicas: Replicas
    """How many replicas it allows."""
    source: Annotated[str, Field(max_length=253)] = ""
    """The field or object that sets it."""
    earliest: date | None = None
    """First day whose 95 % bound is above it; empty where none of the outlook is."""
    likely: date | None = None
    """First day whose median is above it; empty where none of the outlook is."""
    basis: Sentence = ""
    """What the dates rest on, with figures."""


class SignalOutlook(Part):
    """What the outlook of one load signal rests on."""

    name: DnsLabel
    """The signal."""
    history_days: Annotated[int, Field(ge=0)] = 0
    """Days whose peak is known."""
    growth_percent: float | None = None
    """Change of its daily peaks expected over the next 30 days, in percent, weekdays apart."""
    growth_lower_percent: float | None = None
    """The change is below it in 5 % of cases."""
    growth_upper_percent: float | None = None
    """The change is above it in 5 % of cases."""
    message: Sentence = ""
    """Why there is no outlook of this signal; empty where there is one."""


class CapacityOutlook(Part):
    """Replicas needed over the next 90 days, from the daily peaks of the load signals."""

    days: Annotated[tuple[OutlookDay, ...], Field(max_length=90)] = ()
    """Day by day; demand events are in it."""
    runways: Annotated[tuple[Runway, ...], Field(max_length=8)] = ()
    """How long each limit lasts, the one that ends first before the others."""
    signals: Annotated[tuple[SignalOutlook, ...], Field(max_length=16)] = ()
    """What it rests on."""
