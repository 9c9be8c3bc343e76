"""Local days: the samples of a panel laid out by the local clock, so that a day before is a day's slots away."""

from dataclasses import dataclass
from typing import Self

from forecasting.panel import Panel
from forecasting.seasons import Ticks, stack
from forecasting.series import Flags, Values

HOURS_OF_A_DAY = 24
DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class LocalDays:
    """Values (series, days, slots) from a midnight on; NaN where nothing was measured or the clock left a slot out.

    `places` (n,) tells where each step of the panel stands in the days laid end to end. Two steps that the clock shows
    alike in autumn stand in the same place, which holds the later one.
    """

    values: Values
    places: Ticks

    @classmethod
    def of(cls, panel: Panel) -> Self:
        """Return the days of a panel."""
        steps = panel.steps
        midnight = steps.ticks[0] // steps.per_day * steps.per_day
        return cls(stack(panel.logs, steps.ticks, steps.per_day), steps.ticks - midnight)

    @property
    def count(self) -> int:
        """How many days there are, the first and the last perhaps in part."""
        return int(self.values.shape[1])

    @property
    def slots(self) -> int:
        """Steps in a day."""
        return int(self.values.shape[2])

    def end_to_end(self) -> Values:
        """Return the days one after the other, (series, days * slots)."""
        return self.values.reshape(len(self.values), -1)

    def steps_of(self, flags: Flags) -> Flags:
        """Return what is said of places (series, days * slots) for each step of the panel, (series, n)."""
        taken: Flags = flags[:, self.places]
        return taken
