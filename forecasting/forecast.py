"""Forecast: what is expected from one origin on, with bounds. How it was made is the business of fitted.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from forecasting.errors import ForecastingError
from forecasting.series import Series, Values


@dataclass(frozen=True, eq=False)
class Forecast:
    """Expected demand on the fitted grid from `origin` on, and its quantiles; all finite and at least 0.

    `paths` has the shape (1 + levels, steps): the point forecast first, then one row for each level, in their order.
    """

    origin: datetime
    step: timedelta
    levels: tuple[float, ...]
    paths: Values

    @property
    def point(self) -> Series:
        """The expected value of each step: about as often too high as too low."""
        return Series(self.origin, self.step, self.paths[0])

    def quantile(self, level: float) -> Series:
        """Return the value that demand stays below with probability `level`, step by step.

        Raises ForecastingError for a level that was not asked for.
        """
        if level not in self.levels:
            asked = ", ".join(str(each) for each in self.levels) or "none"
            raise ForecastingError(
                f"level {level} was not asked for (levels: {asked}); name it in forecast(levels=...)"
            )
        return Series(self.origin, self.step, self.paths[1 + self.levels.index(level)])
