"""The holidays of a policy, marked on its forecasts' calendar. What they do to demand, forecasting/ learns."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from controller.api.forecast import Holidays
from forecasting import Calendar, ForecastingError, MarkedDay, Series, public_holidays

YEARS_BACK = 3  # what is remembered of a holiday is not older
YEARS_AHEAD = 1  # a forecast made in December reaches January
PLACES_KEPT = 256  # more than the policies of one cluster name


def with_holidays(calendar: Calendar, holidays: Holidays | None, history: Series) -> Calendar:
    """Return the calendar with the holidays marked that a history and what was remembered before it may hold.

    Raises ForecastingError for a place or a name that the holidays package does not know, and without the package.
    """
    if holidays is None:
        return calendar
    return replace(calendar, marked_days=_days(holidays, history.end.year))


def is_holiday(day: date, holidays: Holidays) -> bool:
    """Return whether a day is a public holiday; of a place that is not known, none is: its fits say so."""
    return day in _dates(holidays, day.year)


@lru_cache(maxsize=PLACES_KEPT)
def _dates(holidays: Holidays, year: int) -> frozenset[date]:
    try:
        return frozenset(marked.date for marked in _days(holidays, year))
    except ForecastingError:
        return frozenset()


def _days(holidays: Holidays, this_year: int) -> tuple[MarkedDay, ...]:
    years = range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1)
    return public_holidays(holidays.country, holidays.subdivision, years=years, ignored=holidays.ignored)
