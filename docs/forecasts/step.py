"""One step of the page: what it draws, what it counts, and what must be true for its words to stand.

Figures are rounded so far that machines that round differently write the same page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

import numpy as np

from docs.marks import Axis, Ink, Line
from forecasting import Series
from forecasting.series import Values

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A `picture` as SVG (none where it is empty), `figures` by the names that the page gives them, and what `holds`.

    Keys of `holds` are sentences of the page as they stand there; the page cannot be made while one is not true.
    """

    figures: Mapping[str, str]
    holds: Mapping[str, bool] = field(default_factory=dict)
    picture: str = ""


def whole(value: float) -> str:
    """Return a number in whole units."""
    return f"{value:,.0f}"


def percent(share: float, digits: int = 0) -> str:
    """Return a share from 0 to 1 in percent; what rounds to nothing is still said to be there."""
    text = f"{100 * share:.{digits}f} %"
    return f"< {10**-digits:g} %" if share > 0 and float(text[:-2]) == 0 else text


def span(time: timedelta) -> str:
    """Return a length of time in days or hours where it is whole ones, else in minutes or seconds."""
    if not time % DAY:
        return "1 day" if time == DAY else f"{time // DAY} days"
    if not time % HOUR:
        return f"{time // HOUR} h"
    return f"{time / MINUTE:g} min" if time >= MINUTE else f"{time.total_seconds():g} s"


def moment(at: datetime, zone: tzinfo | None = None) -> str:
    """Return a time by a clock, such as: Saturday, 1 November, 01:30."""
    local = at.astimezone(zone or at.tzinfo)
    return f"{local:%A}, {local.day} {local:%B}, {local:%H:%M}"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def hours_of(series: Series, since: datetime) -> Values:
    """Return the middle of each step in hours since a moment, (n,)."""
    hours: Values = (series.seconds - since.timestamp()) / HOUR.total_seconds() + series.step / HOUR / 2
    return hours


def line(series: Series, since: datetime, ink: Ink = Ink.TRUTH, *, name: str = "", dashed: bool = False) -> Line:
    """Return a series as a line over hours since a moment."""
    return Line(hours_of(series, since), series.values, ink, name, dashed)


def time_axis(begin: datetime, length: timedelta, *, every: int, zone: tzinfo | None = None) -> Axis:
    """Return an axis of hours from a moment on: every so many hours the time, and at midnight the day."""
    midnight = begin.astimezone(zone or begin.tzinfo).replace(hour=0, minute=0)
    ticks = []
    for number in range(-(-(length + DAY) // (every * HOUR)) + 1):
        at = midnight + number * every * HOUR
        since = (at.astimezone(begin.tzinfo) - begin) / HOUR
        if 0 <= since <= length / HOUR:
            ticks.append((since, f"{at:%a} {at.day} {at:%b}" if at.hour == 0 else f"{at:%H:%M}"))
    return Axis("", 0.0, length / HOUR, tuple(ticks))


def off_by(truth: Series, path: Values) -> float:
    """Return the sum of absolute errors as a share of the demand that came."""
    return float(np.abs(truth.values - path).sum() / truth.values.sum())
