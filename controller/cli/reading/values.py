"""Values of flags, parsed at the door: durations, shares, levels, moments, files."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import click

from forecasting.batch import LONGEST_HISTORY

FILE = click.Path(dir_okay=False, path_type=Path)

WHOLE = 100  # percent
LONGEST_LEAD_TIME = timedelta(days=1)  # of a policy
LONGEST_START_UP = LONGEST_LEAD_TIME / 2  # which has room for slower pods than the median
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DURATION = re.compile(r"(?P<count>\d{1,9})(?P<unit>[smhd])")


class Duration(click.ParamType[timedelta]):
    """A length of time such as 90s, 10m, 24h or 7d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401  click's
        """Return the duration; a default is one already."""
        if isinstance(value, timedelta):
            return value
        match = _DURATION.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not a duration; write it like 90s, 10m, 24h or 7d", param, ctx)
        return int(match["count"]) * UNITS[match["unit"]]


class Bounded(Duration):
    """A duration above nothing and at most so long."""

    longest: ClassVar[timedelta]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:  # noqa: ANN401  click's
        """Return the duration."""
        length = super().convert(value, param, ctx)
        if not timedelta(0) < length <= self.longest:
            unit = "d" if self.longest > UNITS["d"] else "h"
            self.fail(f"{value!r} is not above 0s and at most {self.longest // UNITS[unit]}{unit}", param, ctx)
        return length


class Horizon(Bounded):
    """How far to look ahead: no further than is ever learned from."""

    longest = LONGEST_HISTORY


class StartUp(Bounded):
    """The median time until a pod is Ready."""

    longest = LONGEST_START_UP


class LeadTime(Bounded):
    """The time until capacity is there, as a policy may say it."""

    longest = LONGEST_LEAD_TIME


class Number(click.FloatRange):
    """A finite number within bounds: click's own range lets NaN pass, which is below and above nothing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401  click's
        """Return the number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


LEVEL = Number(0, 1, min_open=True, max_open=True)  # of a quantile


class Share(click.ParamType[float]):
    """A share written as a percentage: `0.1%`."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401  click's
        """Return the share, from 0 to 1."""
        if isinstance(value, float):
            return value
        try:
            percent = float(value.removesuffix("%"))
        except ValueError:
            percent = math.nan
        if not value.endswith("%") or not 0 <= percent <= WHOLE:
            self.fail(f"{value!r} is not a percentage; write it like 0.1%", param, ctx)
        return percent / WHOLE


class UtcTime(click.ParamType[datetime]):
    """A moment in ISO 8601 with its time zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401  click's
        """Return the moment in UTC."""
        try:
            moment = datetime.fromisoformat(value)
            in_utc = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not an ISO 8601 time; write it like 2026-01-31T08:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write it like 2026-01-31T08:00Z", param, ctx)
        return in_utc
