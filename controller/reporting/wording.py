"""Wording: how numbers, times and comparisons read, the same on the page and in a terminal."""

import math
from datetime import UTC, datetime

from controller.scaling.judging.comparison import Comparison, Ratio

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"  # groups thousands; means the same in every country
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
SMALLEST_PERCENT = 0.01  # below it two decimals would read as nothing at all
MOST_PERCENT = 10  # times as much: nobody reads +26875 %


def number(value: float, decimals: int = 0) -> str:
    """Return a number with its thousands apart: `12 480`, `0.25`."""
    return f"{value:,.{decimals}f}".replace(",", THIN_SPACE).replace("-", MINUS)


def minutes(count: float) -> str:
    """Return a count of minutes: `1 minute`, `12 minutes`."""
    return f"{number(count)} minute{'' if count == 1 else 's'}"


def percent(value: float) -> str:
    """Return a percentage with as many decimals as it needs to be told from zero: `42 %`, `0.02 %`, `<0.01 %`."""
    if 0 < abs(value) < SMALLEST_PERCENT:
        return f"{'<' if value > 0 else f'>{MINUS}'}{SMALLEST_PERCENT}{THIN_SPACE}%"
    decimals = 0 if value == 0 or abs(value) >= 10 else 1 if abs(value) >= 1 else 2  # noqa: PLR2004  two digits
    return f"{number(value, decimals)}{THIN_SPACE}%"


def share(part: float) -> str:
    """Return a share from 0 to 1 as a percentage."""
    return percent(100 * part)


def difference(ours: float, rival: float) -> str:
    """Return ours against the rival's: in percent, as many times it, or `the same`; empty where it has none."""
    if ours == rival:
        return "the same"
    if rival == 0:
        return ""
    if ours / rival > MOST_PERCENT:
        return f"{TIMES}{number(ours / rival)}"
    change = 100 * (ours - rival) / rival
    return f"{'+' if change > 0 else ''}{percent(change)}"


def utc(time: datetime) -> str:
    """Return a time as `Mon 03 Mar 2025, 09:31 UTC`."""
    return f"{time.astimezone(UTC):%a %d %b %Y, %H:%M} UTC"


def duration(seconds: float) -> str:
    """Return a length of time in its natural unit: `45 s`, `3 min`, `26 h`, `14 days`."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{number(seconds / size, 1).removesuffix('.0')} {unit}"
    return f"{number(seconds)} s"


def ratio(measured: Ratio) -> str:
    """Return a ratio with its interval, where it has one: `0.25 (0.12 to 0.40)`."""
    if measured.interval is None:
        return times(measured.value)
    return f"{times(measured.value)} ({times(measured.interval.low)} to {times(measured.interval.high)})"


def times(value: float) -> str:
    """Return a ratio of two numbers; infinite where the second was nothing."""
    return number(value, 2) if math.isfinite(value) else "∞"


def claim(comparison: Comparison) -> str:
    """Return what may be said of a comparison: who missed less and who cost less, where that is no chance of days."""
    if comparison.violation_minutes.interval is None:
        return "too few days to tell"
    said = (
        f"{winner} {what}"
        for winner, what in (
            (comparison.fewer_violations, "missed less"),
            (comparison.fewer_pod_hours, "cost less"),
        )
        if winner
    )
    return ", ".join(said) or "not told apart"
