"""Occasions: what demand was in the last window of an event or schedule, so that the next is planned by it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from controller.api.fields import DnsLabel, ObjectName, Part, Timestamp

MAX_OCCASIONS = 32  # the last window and the running one of as many schedules as a policy may have


class MultiplierSource(StrEnum):
    """What the multiplier of a schedule is."""

    GIVEN = "Given"
    LAST_TIME = "LastTime"


class Occasion(Part):
    """The demand of one load signal in a window, beside what the forecast called usual for it."""

    name: ObjectName
    """Name of the demand event or schedule."""
    signal: DnsLabel
    """The load signal."""
    began: Timestamp
    """When the window began."""
    ended: Timestamp
    """When it ended, or will."""
    seen: Timestamp
    """The last minute that was looked at."""
    minutes: Annotated[int, Field(ge=1)] = 1
    """How many minutes were looked at."""
    measured: Annotated[float, Field(ge=0)]
    """The highest demand measured."""
    expected: Annotated[float, Field(ge=0)]
    """The highest demand that was usual for these minutes."""
