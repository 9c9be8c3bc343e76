"""The holidays of a policy, marked on its forecasts' calendar. What they do to demand, forecasting/ learns."""

from dataclasses import replace

from controller.api.scaling_policy import Holidays
from forecasting import Calendar, Series, public_holidays

YEARS_BACK = 3  # what is remembered of a holiday is not older
YEARS_AHEAD = 1  # a forecast made in December reaches January


def with_holidays(calendar: Calendar, holidays: Holidays | None, history: Series) -> Calendar:
    """Return the calendar with the holidays marked that a history and what was remembered before it may hold.

    Raises ForecastingError for a place or a name that the holidays package does not know, and without the package.
    """
    if holidays is None:
        return calendar
    this_year = history.end.year
    years = range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1)
    days = public_holidays(holidays.country, holidays.subdivision, years=years, ignored=holidays.ignored)
    return replace(calendar, marked_days=days)
