"""The last hours of one load signal as means over a minute: small enough to keep for every policy."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.telemetry.answers import Grid, Values
from forecasting.series import Series

MINUTE = timedelta(minutes=1)
KEPT_MINUTES = 180  # hours enough for a forecast to be corrected by its own latest errors
_SECONDS = 60


def filling_grid(now: datetime) -> Grid:
    """Return the times at which a range query says what each kept minute was: the ends of complete minutes."""
    last = datetime.fromtimestamp(now.timestamp() // _SECONDS * _SECONDS, UTC)
    return Grid(last - (KEPT_MINUTES - 1) * MINUTE, MINUTE, KEPT_MINUTES)


class Minutes:
    """A ring of minutes, each a float32 and NaN where nothing is known. A minute is counted from the epoch."""

    def __init__(self) -> None:
        self._values = np.full(KEPT_MINUTES, np.nan, dtype=np.float32)
        self._newest = 0
        self._made: Series | None = None
        self._made_for = 0

    def record(self, value: float, now: datetime) -> None:
        """Remember the sample of the minute that is going on, or ends now; the last one of a minute is its mean."""
        minute = math.ceil(now.timestamp() / _SECONDS) - 1
        self._advance(minute)
        if minute > self._newest - KEPT_MINUTES:
            self._values[minute % KEPT_MINUTES] = value
        if minute < self._made_for:
            self._made_for = 0

    def fill(self, grid: Grid, values: Values) -> None:
        """Take the minutes that end at the times of the grid, where nothing is known yet."""
        minutes = int(grid.first.timestamp()) // _SECONDS - 1 + np.arange(grid.count)
        self._advance(int(minutes[-1]))
        kept = minutes > self._newest - KEPT_MINUTES
        slots = minutes[kept] % KEPT_MINUTES
        self._values[slots] = np.where(np.isnan(self._values[slots]), values[kept], self._values[slots])
        self._made_for = 0

    def series(self, now: datetime) -> Series | None:
        """Return the complete minutes up to now, from the first to the last that is known; None while none is."""
        end = int(now.timestamp() // _SECONDS)
        if end != self._made_for:
            self._advance(end - 1)
            minutes = np.arange(self._newest - KEPT_MINUTES + 1, end)
            values = self._values[minutes % KEPT_MINUTES].astype(np.float64)
            known = np.flatnonzero(~np.isnan(values))
            self._made, self._made_for = None, end
            if len(known):
                first, last = known[0], known[-1]
                start = datetime.fromtimestamp(int(minutes[first]) * _SECONDS, UTC)
                self._made = Series(start, MINUTE, values[first : last + 1])
        return self._made

    def _advance(self, minute: int) -> None:
        """Make this minute the newest, unless a newer one is known; what was skipped is not known."""
        skipped = np.arange(max(self._newest + 1, minute - KEPT_MINUTES + 1), minute + 1)
        self._values[skipped % KEPT_MINUTES] = np.nan
        if len(skipped):
            self._newest = minute
