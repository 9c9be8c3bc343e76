"""Gate: whether a forecast may act. The tests that decide are here; what acting means is the caller's business.

A forecast acts only while, at the planning level's quantile loss over the lead time, it beats the last value held and a
constant by a margin, and loses to no seasonal naive forecast by more than that margin. Beating all of them would be no
test: nothing beats the last day on a noise-free day, and a flat line beats all naive forecasts on noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

MARGIN = 0.05  # a twentieth: differences below it come and go with the choice of origins
SHORTEST_HISTORY = timedelta(days=3)  # two days to see that a day repeats, one to be judged on
EQUAL_LOSS = 1e-9  # losses closer than this share of demand are a tie: rounding


@dataclass(frozen=True, slots=True)
class Gate:
    """A verdict with its reason: one CamelCase word, and one sentence with the figures that decided."""

    open: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Losses:
    """Quantile losses at the planning level over the lead time, in demand's unit, over so many rolling origins.

    `mine` is the forecast's own, `rivals` those of the baselines by name; `tie` is the difference that does not count.
    """

    origins: int
    mine: float
    rivals: Mapping[str, float]
    tie: float


@dataclass(frozen=True, slots=True)
class Hurdle:
    """One test against one baseline: its loss times `share` must not be less than the forecast's."""

    rival: str
    words: str
    share: float
    reason: str


# In the order in which a closed gate names the first that failed.
HURDLES = (
    Hurdle("last_value", "the last value held", 1 - MARGIN, "NotBetterThanLastValue"),
    Hurdle("constant", "a constant", 1 - MARGIN, "NotBetterThanConstant"),
    Hurdle("day_naive", "the day naive", 1 + MARGIN, "WorseThanDayNaive"),
    Hurdle("week_naive", "the week naive", 1 + MARGIN, "WorseThanWeekNaive"),
)


def history_too_short(history: timedelta) -> Gate:
    """Return the gate of a series too young to be judged."""
    days, needed = history / timedelta(days=1), SHORTEST_HISTORY.days
    return Gate(open=False, reason="HistoryTooShort", message=f"{days:.1f} of {needed} days of history")


def judge(losses: Losses) -> Gate:
    """Return the verdict: open, or closed by the first test that failed."""
    for hurdle in HURDLES:
        if hurdle.rival in losses.rivals and _fails(losses, hurdle):
            return Gate(open=False, reason=hurdle.reason, message=_figures(losses, hurdle))
    return Gate(open=True, reason="Predictable", message=_figures(losses, HURDLES[0]))


def _fails(losses: Losses, hurdle: Hurdle) -> bool:
    return losses.mine > losses.rivals[hurdle.rival] * hurdle.share + losses.tie


def _figures(losses: Losses, hurdle: Hurdle) -> str:
    """Return a sentence such as: quantile loss 0.93 of the week naive's over 12 origins (at most 1.05)."""
    rival = losses.rivals[hurdle.rival]
    share = (
        f"{losses.mine / rival:.2f} of" if rival > losses.tie else "above" if losses.mine > losses.tie else "equal to"
    )
    return f"quantile loss {share} that of {hurdle.words} over {losses.origins} origins (at most {hurdle.share:.2f})"
