"""The calendar a forecast knows: the clock people live by, and dated occasions. Seasons are in seasons.py."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from forecasting.errors import ForecastingError
from forecasting.series import Flags, Values


@dataclass(frozen=True, slots=True)
class Event:
    """A dated occasion in [start, end): learning forgets it; `multiplier`, where given, acts on the forecast inside it.

    Raises ForecastingError on naive times, an end that is not after the start, and a multiplier that is not finite
    and at least 0.
    """

    start: datetime
    end: datetime
    multiplier: float | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ForecastingError("an event's start and end must carry a time zone, like datetime(..., tzinfo=UTC)")
        if self.end <= self.start:
            raise ForecastingError(f"an event must end after it starts, got {self.start} to {self.end}")
        if self.multiplier is not None and not (math.isfinite(self.multiplier) and self.multiplier >= 0):
            raise ForecastingError(f"an event's multiplier must be finite and at least 0, got {self.multiplier}")

    def share_of(self, begins: Values, step_seconds: float) -> Values:
        """Return the share of each step that lies inside the event, 0 to 1, by the Unix times of their begins."""
        overlap = np.minimum(self.end.timestamp(), begins + step_seconds) - np.maximum(self.start.timestamp(), begins)
        share: Values = np.clip(overlap / step_seconds, 0.0, 1.0)
        return share


@dataclass(frozen=True)
class Calendar:
    """The IANA time zone whose clock the seasons follow, and the occasions to forget or to expect.

    Raises ForecastingError on a time zone this machine does not know.
    """

    time_zone: str = "UTC"
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        try:
            _ = self.zone
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ForecastingError(f"unknown time zone {self.time_zone!r}; write it like Europe/Berlin") from error

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone itself."""
        # UTC needs no database, so that a bare container works without one.
        return UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)

    def touched(self, begins: Values, step_seconds: float) -> Flags:
        """Return which steps, given by the Unix times of their begins, an event touches, shape (n,)."""
        touched = np.zeros(len(begins), dtype=bool)
        for event in self.events:
            touched |= event.share_of(begins, step_seconds) > 0
        return touched

    def multipliers(self, begins: Values, step_seconds: float) -> Values:
        """Return the factor of each step, shape (n,); where events overlap the largest counts."""
        factors = np.full(len(begins), np.nan)
        for event in self.events:
            if event.multiplier is None:
                continue
            share = event.share_of(begins, step_seconds)
            factors = np.fmax(factors, np.where(share > 0, 1 + (event.multiplier - 1) * share, np.nan))
        return np.where(np.isnan(factors), 1.0, factors)
