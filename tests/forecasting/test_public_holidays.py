"""Public holidays of a place as marked days."""

import subprocess
import sys
from datetime import date

import pytest

from forecasting import ForecastingError
from forecasting.occasions import MarkedDay
from forecasting.public_holidays import public_holidays


@pytest.mark.parametrize(
    ("country", "subdivision", "day"),
    [
        ("US", None, MarkedDay(date(2014, 11, 27), "Thanksgiving Day")),
        ("US", "NY", MarkedDay(date(2014, 11, 4), "Election Day")),
        ("AU", "VIC", MarkedDay(date(2014, 11, 4), "Melbourne Cup Day")),
        ("DE", "BY", MarkedDay(date(2014, 1, 6), "Epiphany")),
    ],
    ids=["a country", "a state", "another state", "named in English"],
)
def test_holidays_of_a_place_are_marked(country: str, subdivision: str | None, day: MarkedDay) -> None:
    assert day in public_holidays(country, subdivision, years=[2014])


def test_holidays_of_other_places_are_not_marked() -> None:
    names = {day.name for day in public_holidays("US", "NY", years=[2014])}

    assert "Melbourne Cup Day" not in names
    assert "Emancipation Day" not in names


def test_a_holiday_made_up_for_on_another_day_keeps_its_name() -> None:
    days = public_holidays("US", years=[2011])

    assert [day.date.day for day in days if day.name == "Christmas Day"] == [25, 26]


def test_every_year_asked_for_has_its_holidays_once() -> None:
    days = public_holidays("GB", years=[2024, 2022, 2024])

    assert list(days) == sorted(set(days))
    assert {day.date.year for day in days} == {2022, 2024}


def test_holidays_people_work_on_can_be_left_out() -> None:
    days = public_holidays("US", "NY", years=[2014], ignored=("Columbus Day", "Election Day"))

    assert {day.name for day in public_holidays("US", "NY", years=[2014])} - {day.name for day in days} == {
        "Columbus Day",
        "Election Day",
    }


def test_a_day_of_two_holidays_stays_marked_while_one_is_left() -> None:
    day = date(2010, 2, 15)  # Susan B. Anthony Day and Washington's Birthday
    both, one = (
        {each.date: each.name for each in public_holidays("US", "NY", years=[2010], ignored=ignored)}
        for ignored in ((), ("Susan B. Anthony Day",))
    )

    assert both[day] == "Susan B. Anthony Day; Washington's Birthday"
    assert one[day] == "Washington's Birthday"


def test_a_name_that_no_holiday_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(ForecastingError, match="no public holiday of these years is called 'Easter'; there are Boxing"):
        public_holidays("GB", years=[2014], ignored=("Easter",))


@pytest.mark.parametrize(
    ("country", "subdivision", "place"),
    [
        ("XX", None, "XX"),
        ("us", None, "us"),
        ("", None, ""),
        ("HolidayBase", None, "HolidayBase"),
        ("US", "ZZ", "US, ZZ"),
    ],
    ids=["unassigned", "in lower case", "empty", "a class of the package", "unknown part"],
)
def test_an_unknown_place_is_refused_by_its_name(country: str, subdivision: str | None, place: str) -> None:
    with pytest.raises(ForecastingError, match=f"no public holidays are known of {place};"):
        public_holidays(country, subdivision, years=[2014])


def test_without_the_package_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['holidays'] = None\n"
        "from forecasting.public_holidays import public_holidays\n"
        "public_holidays('US', years=[2014])"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "ForecastingError: public holidays need the holidays package" in result.stderr
    assert "pip install '.[holidays]'" in result.stderr
