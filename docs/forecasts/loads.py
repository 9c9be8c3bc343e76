"""The recorded loads that the page tells its story on, and the forecasters fitted on them.

Only the first part of each recording is used, as everywhere but where a finished engine is judged.
"""

from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from benchmarks.traces import first_part
from docs.forecasts.step import DAY, HOUR
from forecasting import Calendar, FittedForecast, MarkedDay, Series, fit, public_holidays

VICTORIA = ZoneInfo("Australia/Melbourne")
LEAD_TIME = timedelta(minutes=30)
DAYS_WALKED = 14
MORNING = timedelta(hours=6)  # before the day's rise: there is something to foresee


class Loads:
    """Four recordings, read when they are first asked for."""

    @cached_property
    def taxi(self) -> Series:
        """Passengers of taxis in New York; its times are that city's clock, written as if it were UTC."""
        return first_part("nyc_taxi")

    @cached_property
    def shop(self) -> Series:
        """Requests a second to the API of a shop."""
        return first_part("ecommerce")

    @cached_property
    def electricity(self) -> Series:
        """Megawatts that the state of Victoria takes, in UTC."""
        return first_part("vic_electricity")

    @cached_property
    def database(self) -> Series:
        """Queries a second to a database."""
        return first_part("mongo02")

    @cached_property
    def tweets(self) -> Series:
        """Tweets in 5 minutes that name a company."""
        return first_part("tweets_aapl")

    @cached_property
    def mornings(self) -> tuple[FittedForecast, ...]:
        """The taxis' forecaster as it was fitted on each of the last days in the morning, oldest first."""
        last = self.taxi.end - 2 * DAY + MORNING
        return tuple(
            fitted_at(self.taxi, last - back * DAY, lead_time=LEAD_TIME) for back in reversed(range(DAYS_WALKED))
        )

    @cached_property
    def taxi_now(self) -> FittedForecast:
        """The taxis' forecaster, fitted at the end of the recording."""
        return fitted_at(self.taxi, self.taxi.end)

    @cached_property
    def tweets_now(self) -> FittedForecast:
        """The same of the tweets."""
        return fitted_at(self.tweets, self.tweets.end)

    @cached_property
    def midnight(self) -> FittedForecast:
        """The database's forecaster, fitted at the midnight before its last whole day."""
        end = self.database.end
        return fitted_at(self.database, end.replace(hour=0, minute=0) - DAY)


def victorian_holidays() -> tuple[MarkedDay, ...]:
    """Return the public holidays of the years in which Victoria's electricity was recorded."""
    return public_holidays("AU", "VIC", years=range(2011, 2014))


def fitted_at(
    series: Series, origin: datetime, *, calendar: Calendar | None = None, lead_time: timedelta = LEAD_TIME
) -> FittedForecast:
    """Return the forecaster that knew what had come before an origin."""
    return fit(series.between(series.start, origin), calendar=calendar or Calendar(), lead_time=lead_time)


def came(series: Series, fitted: FittedForecast, horizon: timedelta = DAY) -> Series:
    """Return what came after a forecaster's origin."""
    return series.between(fitted.origin, fitted.origin + horizon)


def hourly_updates(series: Series, fitted: FittedForecast, hours: int) -> list[FittedForecast]:
    """Return the forecaster at its origin and each hour after it, without a fit."""
    known = [fitted]
    for hour in range(1, hours):
        newest = known[-1]
        known.append(newest.update(series.between(newest.origin, fitted.origin + hour * HOUR)))
    return known
