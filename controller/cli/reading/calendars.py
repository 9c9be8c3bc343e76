"""The calendar that a trace is forecast by: the clock people live by, and the holidays on which they stay at home."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from pydantic import ValidationError

from controller.api.forecast import Holidays
from controller.api.refusal import explain
from controller.errors import InputRefused
from forecasting import Calendar, Series, public_holidays

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class People:
    """The clock that the people behind a trace live by, and where they have which holidays, as the flags say it."""

    time_zone: str
    place: str | None
    ignored: tuple[str, ...]

    @property
    def holidays(self) -> Holidays | None:
        """The holidays as a policy names them. Raises InputRefused where no policy can, and as the calendar does."""
        self._check_place()
        if self.place is None:
            return None
        country, _, subdivision = self.place.partition("/")
        try:
            return Holidays(country=country, subdivision=subdivision or None, ignored=self.ignored)
        except ValidationError as problem:
            raise InputRefused(f"--holidays {self.place}: {explain(problem)}") from problem

    def calendar(self, *traces: Series) -> Calendar:
        """Return the calendar of one trace or more, and of what is forecast from them.

        Raises InputRefused where holidays of no place are ignored, and ForecastingError for a time zone, a place or a
        name that is not known, and without the holidays package.
        """
        self._check_place()
        if self.place is None:
            return Calendar(self.time_zone)
        country, _, subdivision = self.place.partition("/")
        # Somewhere it is another year at a trace's start, and a forecast in December reaches January.
        years = range(min(each.start.year for each in traces) - 1, max(each.end.year for each in traces) + 2)
        days = public_holidays(country, subdivision or None, years=years, ignored=self.ignored)
        return Calendar(self.time_zone, marked_days=days)

    def _check_place(self) -> None:
        if self.ignored and self.place is None:
            raise InputRefused("--ignored-holiday needs the place whose holiday it is: add --holidays US/NY, say")


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
