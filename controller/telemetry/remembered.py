"""What is remembered of one workload's signal between sweeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.scaling.observation import Reading
from controller.telemetry.answers import Grid, Values
from controller.telemetry.minutes import Minutes

REFILL_AFTER = timedelta(minutes=5)  # the past is not urgent, and what could not be read is rarely back at once


@dataclass(slots=True)
class Remembered:
    """One workload's signal: its newest valid sample, what was wrong last, and the minutes of a load."""

    first_asked: datetime
    value: float | None = None
    valid_at: datetime | None = None
    problem: str = ""
    minutes: Minutes | None = None
    fill_at: datetime | None = None

    def keep_minutes(self, now: datetime) -> None:
        """From now on keep the minutes, beginning with those of the past."""
        if self.minutes is None:
            self.minutes, self.fill_at = Minutes(), now

    def take(self, value: float, now: datetime) -> None:
        """Remember a valid sample."""
        self.value, self.valid_at, self.problem = value, now, ""
        if self.minutes is not None:
            self.minutes.record(value, now)

    def fill(self, grid: Grid, past: Values | None, now: datetime) -> None:
        """Take the minutes of the past; where nothing is known of them, ask again later."""
        if self.minutes is not None and past is not None:
            self.minutes.fill(grid, past)
        self.fill_at = None if past is not None else now + REFILL_AFTER

    def reading(self, now: datetime) -> Reading:
        """Return what a decision may know of it."""
        recent = self.minutes.series(now) if self.minutes is not None else None
        return Reading(self.value, self.valid_at or self.first_asked, self.problem, recent)
