"""How a team wants its demand forecast. What comes of it is in forecast_report.py."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from controller.api.fields import HolidayName, Part, TimeZone


class Holidays(Part):
    """The public holidays of the place where the workload's users live."""

    country: Annotated[str, Field(min_length=2, max_length=2, pattern=r"^[A-Z]{2}$")]
    """Country by ISO 3166-1, for example `US`."""
    subdivision: Annotated[str, Field(min_length=1, max_length=3, pattern=r"^[A-Z0-9]+$")] | None = None
    """Part of the country by ISO 3166-2, without the country, for example `NY`. Without it, nationwide holidays."""
    ignored: Annotated[tuple[HolidayName, ...], Field(max_length=32)] = ()
    """English names of holidays on which these users live as on any day, for example `Columbus Day`."""


class Forecast(Part):
    """How demand is forecast."""

    planning_percentile: Annotated[int, Field(ge=50, le=99)] = 95
    """Percentile of demand that capacity is planned for, forecast or as it grew lately: higher keeps more headroom."""
    time_zone: TimeZone = "UTC"
    """IANA time zone the workload's users live by, for example `Europe/Berlin`. Seasons follow it."""
    holidays: Holidays | None = None
    """Public holidays, forecast from earlier ones, and at first from Sundays; other days do not learn from them."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)
