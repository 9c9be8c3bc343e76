"""Public holidays by country, as marked days, from the `holidays` package (extra `holidays`). Nothing else needs it.

Which of them people really stay at home on differs from place to place: what matters little is soon known for it, since
marked days learn from those that were.
"""

import re
from collections.abc import Iterable

from forecasting.errors import ForecastingError
from forecasting.occasions import LONGEST_NAME, MarkedDay

COUNTRY = re.compile(r"[A-Z]{2}")  # what else the package would take is no country: a class of its own, say
LANGUAGE = "en_US"  # in many countries; names need only be the same every year
# A holiday made up for on another day keeps its name, so that both are remembered as one.
MADE_UP_FOR = re.compile(r" \((?:observed|estimated|observed, estimated|substituted from [^)]*)\)")


def public_holidays(country: str, subdivision: str | None = None, *, years: Iterable[int]) -> tuple[MarkedDay, ...]:
    """Return the public holidays of a country, or of one of its parts, as ISO 3166 writes them: US, or US and NY.

    Raises ForecastingError for a place the package does not know, and without the package.
    """
    try:
        # Late, because most forecasts do without.
        import holidays  # noqa: PLC0415 -- see above
    except ImportError as error:
        raise ForecastingError("public holidays need the holidays package: pip install 'headroom[holidays]'") from error
    place = country if subdivision is None else f"{country}, {subdivision}"
    unknown = f"no public holidays are known of {place}; write it like US or DE, with a subdivision like NY or BY"
    if not COUNTRY.fullmatch(country):
        raise ForecastingError(unknown)
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=sorted(set(years)), language=LANGUAGE)
    except NotImplementedError as error:
        raise ForecastingError(unknown) from error
    return tuple(MarkedDay(date, MADE_UP_FOR.sub("", name)[:LONGEST_NAME]) for date, name in sorted(found.items()))
