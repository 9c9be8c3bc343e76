"""What a policy in Recommend mode would have done, beside what was done: kept by the day."""

from typing import Annotated

from pydantic import Field

from controller.api.fields import Part, Replicas, Timestamp

KEPT_DAYS = 15  # two weeks, and the day that is running
Count = Annotated[int, Field(ge=0)]


class Wish(Part):
    """Replicas wished for, at least."""

    since: Timestamp
    """From when on."""
    replicas: Replicas
    """How many."""


class ShadowDay(Part):
    """One day of what was done and what would have been done."""

    began: Timestamp
    """Midnight UTC."""
    seconds: Count = 0
    """Time in which demand was known."""
    missed_seconds: Count = 0
    """Time in which demand needed more replicas than were Ready."""
    shadow_missed_seconds: Count = 0
    """The same of the replicas that would have been Ready."""
    replica_seconds: Count = 0
    """Replicas that ran, times their time."""
    shadow_replica_seconds: Count = 0
    """Replicas that would have run, times their time."""


class ShadowMemory(Part):
    """What would have been done, as far as it must be remembered."""

    seen: Timestamp
    """When it was last looked at."""
    wishes: Annotated[tuple[Wish, ...], Field(max_length=64)] = ()
    """Rising wishes of the last lead time; each stands until the next began."""
    days: Annotated[tuple[ShadowDay, ...], Field(max_length=KEPT_DAYS)] = ()
    """By the day, the oldest first."""
