"""The calendar a forecast knows: the clock people live by, and dated occasions. Seasons are in seasons.py.

What a marked day does to a series is learned in marked_days.py; public holidays by country are in public_holidays.py.
"""

import itertools
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from forecasting.errors import ForecastingError
from forecasting.series import Flags, Values

LONGEST_NAME = 200  # letters; a name is compared and shown, and no holiday needs more


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


@dataclass(frozen=True, slots=True, order=True)
class MarkedDay:
    """A day of the local calendar on which people do not live as its weekday says, such as a public holiday.

    Ordinary days do not learn from it, and it is forecast from earlier marked days, above all those of its name. Raises
    ForecastingError on a name that is empty or longer than 200 letters.
    """

    date: date
    name: str

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= LONGEST_NAME:
            raise ForecastingError(f"the marked day {self.date} needs a name of 1 to {LONGEST_NAME} letters")


@dataclass(frozen=True)
class Calendar:
    """The IANA time zone whose clock the seasons follow, and the occasions to forget, to expect, or to tell apart.

    An event without a multiplier is an exclusion: learning forgets it, and that is all. Raises ForecastingError on a
    time zone this machine does not know, and on two names for one marked day.
    """

    time_zone: str = "UTC"
    events: tuple[Event, ...] = ()
    marked_days: tuple[MarkedDay, ...] = ()

    def __post_init__(self) -> None:
        try:
            _ = self.zone
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ForecastingError(f"unknown time zone {self.time_zone!r}; write it like Europe/Berlin") from error
        ordered = tuple(sorted(set(self.marked_days)))
        for earlier, later in itertools.pairwise(ordered):
            if earlier.date == later.date:
                raise ForecastingError(f"{later.date} is marked twice: as {earlier.name!r} and as {later.name!r}")
        object.__setattr__(self, "marked_days", ordered)

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone itself."""
        # UTC needs no database, so that a bare container works without one.
        return UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)

    def unusual(self, begins: Values, step_seconds: float) -> Flags:
        """Return which steps ordinary days must not learn from, shape (n,): those of events and of marked days."""
        return self.touched(begins, step_seconds) | (self.marked(begins, step_seconds) >= 0)

    def marked(self, begins: Values, step_seconds: float) -> NDArray[np.intp]:
        """Return the position in `marked_days` of the day that each step's middle lies in, shape (n,); -1 for none."""
        midnights, positions = self._midnights
        return positions[np.searchsorted(midnights, begins + step_seconds / 2, side="right")]

    @cached_property
    def _midnights(self) -> tuple[Values, NDArray[np.intp]]:
        """The Unix times at which marked days begin or end, and which one holds before, between and after them."""
        times: list[float] = []
        positions = [-1]
        for position, day in enumerate(self.marked_days):
            begin, end = (
                datetime.combine(date_, time(), self.zone).timestamp()
                for date_ in (day.date, day.date + timedelta(days=1))
            )
            times += [begin, end]
            positions += [position, -1]
        # Where two marked days meet, one ends as the other begins: the search takes the later entry.
        return np.asarray(times, dtype=np.float64), np.asarray(positions, dtype=np.intp)

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
