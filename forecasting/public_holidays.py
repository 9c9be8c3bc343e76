"""Public holidays by country, as marked days, from the `holidays` package (extra `holidays`). Nothing else needs it.

On some of them people work as on any day. They are better left out: before their first time nothing tells them apart
from those on which people stay at home.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date

from forecasting.errors import ForecastingError
from forecasting.occasions import LONGEST_NAME, MarkedDay

COUNTRY = re.compile(r"[A-Z]{2}")  # what else the package would take is no country: a class of its own, say
LANGUAGE = "en_US"  # in many countries; names need only be the same every year
# A holiday made up for on another day keeps its name, so that both are remembered as one.
MADE_UP_FOR = re.compile(r" \((?:observed|estimated|observed, estimated|substituted from [^)]*)\)")


def public_holidays(
    country: str, subdivision: str | None = None, *, years: Iterable[int], ignored: Collection[str] = ()
) -> tuple[MarkedDay, ...]:
    """Return the public holidays of a country, or of one of its parts, as ISO 3166 writes them: US, or US and NY.

    Those with an `ignored` name, in English as the package has it, are left out. Raises ForecastingError for a place
    the package does not know, for a name that no holiday of these years has, and without the package.
    """
    named = _named(country, subdivision, years)
    known = {name for names in named.values() for name in names}
    for name in ignored:
        if name not in known:
            there = ", ".join(sorted(known))
            raise ForecastingError(f"no public holiday of these years is called {name!r}; there are {there}")
    kept = ((day, [name for name in names if name not in ignored]) for day, names in named.items())
    return tuple(MarkedDay(day, "; ".join(names)[:LONGEST_NAME]) for day, names in sorted(kept) if names)


def _named(country: str, subdivision: str | None, years: Iterable[int]) -> dict[date, list[str]]:
    """Return what each public holiday of a place is called."""
    try:
        # Late, because most forecasts do without.
        import holidays  # noqa: PLC0415 -- see above
    except ImportError as error:
        raise ForecastingError(
            "public holidays need the holidays package: run pip install '.[holidays]' in a checkout of Headroom"
        ) from error
    place = country if subdivision is None else f"{country}, {subdivision}"
    unknown = f"no public holidays are known of {place}; write it like US or DE, with a subdivision like NY or BY"
    if not COUNTRY.fullmatch(country):
        raise ForecastingError(unknown)
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=sorted(set(years)), language=LANGUAGE)
    except NotImplementedError as error:
        raise ForecastingError(unknown) from error
    return {day: [MADE_UP_FOR.sub("", name) for name in found.get_list(day)] for day in found}
