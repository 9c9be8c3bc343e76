"""Marked public holidays on recorded demand: the holiday itself, and the week after it.

Which holidays count is a rule, not a choice: those on which people stay at home, on weekdays, after five weeks of
history. In Victoria these are all public holidays. In the United States they are the six that nearly every employer
gives off; on the others of the country, a city works.

New York's trace is seven months long and Washington's two years: all holidays of the one and half of the other's are
forecast without ever having been seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from benchmarks.traces import judged
from forecasting import Calendar, MarkedDay, Series, fit, public_holidays

DAY = timedelta(days=1)
FIVE_WEEKS = timedelta(weeks=5)
SATURDAY = 5
LEVEL = 0.95
GIVEN_OFF = (
    "New Year's Day",
    "Memorial Day",
    "Independence Day",
    "Labor Day",
    "Thanksgiving Day",
    "Christmas Day",
)


@dataclass(frozen=True)
class Place:
    """A trace, where it was recorded, by which clock its times are written, and the holidays people stay at home on."""

    trace: str
    country: str
    subdivision: str
    zone: str
    stays_at_home: Callable[[MarkedDay], bool]

    @property
    def series(self) -> Series:
        return recorded(self.trace)

    def holidays(self) -> tuple[MarkedDay, ...]:
        years = range(self.series.start.year, self.series.end.year + 1)
        return public_holidays(self.country, self.subdivision, years=years)

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def judged_on(self, days: tuple[MarkedDay, ...]) -> list[MarkedDay]:
        """The weekdays among these that have enough history before them, and are over within the trace."""
        return [
            day
            for day in days
            if day.date.weekday() < SATURDAY
            and self.midnight(day.date) >= self.series.start + FIVE_WEEKS
            and self.midnight(day.date + DAY) <= self.series.end
        ]


@cache
def recorded(trace: str) -> Series:
    return judged(trace)


NEW_YORK = Place("nyc_taxi", "US", "NY", "UTC", lambda day: day.name in GIVEN_OFF)  # local time, written as if UTC
WASHINGTON = Place("bike_rentals", "US", "DC", "UTC", lambda day: day.name in GIVEN_OFF)  # the same
VICTORIA = Place("vic_electricity", "AU", "VIC", "Australia/Melbourne", lambda _: True)
PLACES = (NEW_YORK, WASHINGTON, VICTORIA)

LISTED = {
    NEW_YORK: "2014-09-01 2014-11-27 2014-12-25 2015-01-01",
    WASHINGTON: "2011-05-30 2011-07-04 2011-09-05 2011-11-24 2011-12-26 2012-01-02 2012-05-28 2012-07-04 2012-09-03 "
    "2012-11-22 2012-12-25",
    VICTORIA: "2012-03-12 2012-04-06 2012-04-09 2012-04-25 2012-06-11 2012-11-06 2012-12-25 2012-12-26 2013-01-01 "
    "2013-01-28 2013-03-11 2013-03-29 2013-04-01 2013-04-25 2013-06-10 2013-11-05 2013-12-25 2013-12-26 2014-01-01 "
    "2014-01-27 2014-03-10 2014-04-18 2014-04-21 2014-04-25 2014-06-09 2014-11-04 2014-12-25 2014-12-26",
}


@dataclass(frozen=True)
class Outcome:
    """A local day forecast from its midnight: absolute errors unmarked and marked, and the marked bound's coverage."""

    day: MarkedDay
    unmarked: float
    marked: float
    covered: float


def forecast_day(place: Place, day: MarkedDay, calendar: Calendar) -> Outcome:
    begin, end = place.midnight(day.date), place.midnight(day.date + DAY)
    truth, past = place.series.between(begin, end).values, place.series.between(place.series.start, begin)
    unmarked, marked = (
        fit(past, calendar=each).forecast(end - begin, (LEVEL,)) for each in (Calendar(place.zone), calendar)
    )
    return Outcome(
        day=day,
        unmarked=float(np.abs(truth - unmarked.point.values).sum()),
        marked=float(np.abs(truth - marked.point.values).sum()),
        covered=float(np.mean(truth <= marked.quantile(LEVEL).values)),
    )


@cache
def outcomes(place: Place) -> list[Outcome]:
    """What came of the holidays people stay at home on, when those are marked."""
    at_home = tuple(filter(place.stays_at_home, place.holidays()))
    calendar = Calendar(place.zone, marked_days=at_home)
    return [forecast_day(place, day, calendar) for day in place.judged_on(at_home)]


def ratio(of: list[Outcome]) -> float:
    return sum(each.marked for each in of) / sum(each.unmarked for each in of)


def figures(of: list[Outcome]) -> str:
    """A line for each day, for whoever reads a failure."""
    lines = (f"{each.day.date:%a %Y-%m-%d} {each.day.name}: {each.marked / each.unmarked:.2f}" for each in of)
    return "\n" + "\n".join([*lines, f"all: {ratio(of):.3f}"])


def days_after(place: Place, calendar: Calendar) -> Iterator[Outcome]:
    """The ordinary days of the week after each of the outcomes' days, each forecast from its own midnight."""
    marked = {day.date for day in calendar.marked_days}
    for outcome in outcomes(place):
        for number in range(1, 8):
            day = outcome.day.date + number * DAY
            if day not in marked and place.midnight(day + DAY) <= place.series.end:
                yield forecast_day(place, MarkedDay(day, f"{number} days after {outcome.day.name}"), calendar)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.trace)
def test_the_dates_are_those_of_the_rule(place: Place) -> None:
    by_rule = place.judged_on(tuple(filter(place.stays_at_home, place.holidays())))

    assert " ".join(str(day.date) for day in by_rule) == LISTED[place]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.trace)
def test_marking_halves_the_error_of_holidays_at_every_place(place: Place) -> None:
    assert ratio(outcomes(place)) <= 0.5, figures(outcomes(place))


def test_marking_more_than_halves_the_error_of_holidays_on_average_over_the_places() -> None:
    assert np.mean([ratio(outcomes(place)) for place in PLACES]) <= 0.45


@pytest.mark.parametrize("place", [WASHINGTON, VICTORIA], ids=lambda place: place.trace)
def test_marking_halves_the_error_of_holidays_seen_in_an_earlier_year(place: Place) -> None:
    first_year = min(outcome.day.date.year for outcome in outcomes(place))
    seen_before = [outcome for outcome in outcomes(place) if outcome.day.date.year > first_year]

    assert ratio(seen_before) <= 0.5, figures(seen_before)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.trace)
def test_four_of_five_holidays_are_forecast_better_when_marked(place: Place) -> None:
    better = [each.marked < each.unmarked for each in outcomes(place)]

    assert np.mean(better) >= 0.8, figures(outcomes(place))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.trace)
def test_bounds_of_marked_days_are_wide_enough(place: Place) -> None:
    assert np.mean([each.covered for each in outcomes(place)]) >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.trace)
def test_the_week_after_a_marked_holiday_is_forecast_as_well_as_unmarked(place: Place) -> None:
    at_home = tuple(filter(place.stays_at_home, place.holidays()))

    after = list(days_after(place, Calendar(place.zone, marked_days=at_home)))

    assert ratio(after) <= 1.0, figures(after)


@pytest.mark.slow
@pytest.mark.parametrize("place", [NEW_YORK, WASHINGTON], ids=lambda place: place.trace)
def test_marking_even_the_holidays_a_city_works_on_lowers_the_error(place: Place) -> None:
    calendar = Calendar(place.zone, marked_days=place.holidays())

    of_all = [forecast_day(place, day, calendar) for day in place.judged_on(place.holidays())]

    assert ratio(of_all) < 1.0, figures(of_all)
