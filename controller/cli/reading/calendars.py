"""The calendar that a trace is forecast by: the clock people live by, and the holidays on which they stay at home."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from controller.errors import InputRefused
from forecasting import Calendar, Series, public_holidays

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class People:
    """The clock that the people behind a trace live by, and where they have which holidays, as the flags say it."""

    time_zone: str
    place: str | None
    ignored: tuple[str, ...]

    def calendar(self, trace: Series) -> Calendar:
        """Return the calendar of a trace and of what is forecast from it.

        Raises InputRefused where holidays of no place are ignored, and ForecastingError for a time zone, a place or a
        name that is not known, and without the holidays package.
        """
        if self.place is None:
            if self.ignored:
                raise InputRefused("--ignored-holiday needs the place whose holiday it is: add --holidays US/NY, say")
            return Calendar(self.time_zone)
        country, _, subdivision = self.place.partition("/")
        # Somewhere it is another year at the trace's start, and a forecast in December reaches January.
        years = range(trace.start.year - 1, trace.end.year + 2)
        days = public_holidays(country, subdivision or None, years=years, ignored=self.ignored)
        return Calendar(self.time_zone, marked_days=days)


def knows_people(command: Command) -> Command:
    """Add --time-zone, --holidays and --ignored-holiday to a command, which is given them as `people`."""

    @click.option("--time-zone", default="UTC", show_default=True, help="The clock people live by, Europe/Berlin say.")
    @click.option(
        "--holidays",
        "place",
        metavar="COUNTRY[/SUBDIVISION]",
        help="Mark public holidays, of US or US/NY say: each is forecast from earlier ones. Needs the extra holidays.",
    )
    @click.option(
        "--ignored-holiday",
        "ignored",
        multiple=True,
        metavar="NAME",
        help="A holiday on which people live as on any day, 'Columbus Day' say; repeatable.",
    )
    @functools.wraps(command)
    def given(*, time_zone: str, place: str | None, ignored: tuple[str, ...], **others: Any) -> Any:  # noqa: ANN401  click's
        return command(people=People(time_zone, place, ignored), **others)

    return given
