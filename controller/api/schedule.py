"""Schedule: a window of time that comes again, such as opening hours, and what it asks for.

It names weekdays and two times of day. Cron expressions name moments: of two of them nobody knows which end belongs to
which start, and where one window ends as the next begins, replicas fall in between (kedacore/keda #4677, #6665). When
exactly a window holds, across a change of the clock too, scaling/dates/schedules.py says.
"""

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from controller.api.fields import (
    DnsLabel,
    MultiplierPercent,
    Part,
    Replicas,
    Seconds,
    Sentence,
    TimeZone,
    cel,
    cross_field,
)
from controller.api.occasion import MultiplierSource

TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday()`."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


def _parse_time_of_day(value: Any) -> time:  # noqa: ANN401  whatever a person wrote
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not re.fullmatch(TIME_OF_DAY, value):
        raise ValueError(f'{value!r} is not a time of day; write it in quotes, like "08:00"')
    return time.fromisoformat(value)


def _parse_date(value: Any) -> date:  # noqa: ANN401  whatever a person wrote
    if isinstance(value, date) and not isinstance(value, datetime):
        return value  # YAML knows dates
    try:
        return date.fromisoformat(value if re.fullmatch(DATE, value) else "")
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{value!r} is not a date; write it like 2026-12-24") from problem


def _once_each(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if len(set(days)) != len(days):
        raise ValueError(f"a weekday must not be listed twice, got {[day.value for day in days]}")
    return days


TimeOfDay = Annotated[
    time,
    BeforeValidator(_parse_time_of_day),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY, "maxLength": 5}),
]
LocalDate = Annotated[date, BeforeValidator(_parse_date), WithJsonSchema({"type": "string", "format": "date"})]
Weekdays = Annotated[
    tuple[Weekday, ...],
    Field(min_length=1, max_length=7, json_schema_extra={"x-kubernetes-list-type": "set"}),
    AfterValidator(_once_each),
]


class Schedule(Part):
    """A window that comes again on weekdays: all it asks for is Ready when it begins."""

    model_config = cross_field(
        cel("has(self.multiplierPercent) || has(self.minReplicas)", "set multiplierPercent, minReplicas or both"),
        cel(
            "!has(self.firstDate) || !has(self.lastDate) || self.firstDate <= self.lastDate",
            "firstDate must not be after lastDate",
        ),
        cel(
            "!has(self.multiplierSource) || self.multiplierSource != 'LastTime' || has(self.multiplierPercent)",
            "multiplierSource LastTime needs multiplierPercent for the first time",
        ),
    )

    name: DnsLabel
    """Name shown in reasons."""
    description: Sentence = ""
    """What happens, for the people who read the reason later."""
    weekdays: Weekdays = tuple(Weekday)
    """Days on which the window begins. Default: all of them."""
    start: TimeOfDay
    """Local time at which it begins. One that the clock skips in spring begins when it has; one that it shows twice in
    autumn, the first time."""
    end: TimeOfDay
    """Local time at which it ends; on the next day where it is not after `start`. One that the clock shows twice in
    autumn ends the second time."""
    time_zone: TimeZone | None = None
    """IANA time zone of these times. Default: `forecast.timeZone`."""
    first_date: LocalDate | None = None
    """No window begins before this local date."""
    last_date: LocalDate | None = None
    """No window begins after this local date."""
    except_dates: Annotated[tuple[LocalDate, ...], Field(max_length=64)] = ()
    """Local dates on which no window begins."""
    except_holidays: bool = False
    """No window begins on a public holiday of `forecast.holidays`."""
    ramp_in_seconds: Seconds = 0
    """Capacity rises over this time before the start, so that all of it is there when the window begins."""
    ramp_out_seconds: Seconds = 0
    """What is asked for falls back to nothing over this time after the end. Default: all of it ends with the window."""
    multiplier_percent: MultiplierPercent | None = None
    """Demand to plan for, in percent of the usual; learning leaves these windows out. What comes in every such window
    needs none: the forecast learns it."""
    multiplier_source: MultiplierSource = MultiplierSource.GIVEN
    """`LastTime` takes the multiplier that was measured in the last of these windows, within half and twice of what is
    given above the usual; what is given, before there was one."""
    min_replicas: Annotated[Replicas, Field(ge=1)] | None = None
    """At least this many replicas."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "Schedule":
        if self.multiplier_percent is None and self.min_replicas is None:
            raise ValueError("set multiplierPercent, minReplicas or both")
        if self.first_date and self.last_date and self.first_date > self.last_date:
            raise ValueError("firstDate must not be after lastDate")
        if self.multiplier_source is MultiplierSource.LAST_TIME and self.multiplier_percent is None:
            raise ValueError("multiplierSource LastTime needs multiplierPercent for the first time")
        return self

    @property
    def ramp_in(self) -> timedelta:
        """How long before the start capacity begins to rise."""
        return timedelta(seconds=self.ramp_in_seconds)

    @property
    def ramp_out(self) -> timedelta:
        """How long after the end some of it is still asked for."""
        return timedelta(seconds=self.ramp_out_seconds)
