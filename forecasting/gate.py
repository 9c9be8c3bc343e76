"""Gate: whether a forecast may act. The tests that decide are here; what acting means is the caller's business.

A forecast acts only while, at the planning level's quantile loss over the lead time, it beats the last value held and a
constant by a margin, and loses to no seasonal naive forecast by more than that margin. Beating all of them would be no
test: nothing beats the last day on a noise-free day, and a flat line beats all naive forecasts on noise.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

MARGIN = 0.05  # a twentieth: differences below it come and go with the choice of origins
ENOUGH_ORIGINS = 250  # with fewer the margin grows as chance does, by the square root
SHORTEST_HISTORY = timedelta(days=3)  # two days to see that a day repeats, one to be judged on
FEWEST_ORIGINS = 12  # where so much is missing that fewer can be scored, nothing can be said
EQUAL_LOSS = 1e-6  # losses closer than this share of demand are a tie: both are perfect


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
    """One test against one baseline: beat it by the margin, or lose to it by no more than the margin."""

    rival: str
    words: str
    by_margin: bool
    reason: str

    def share(self, origins: int) -> float:
        """Return how much of the baseline's loss the forecast may have, over so many origins."""
        margin = MARGIN * math.sqrt(max(1.0, ENOUGH_ORIGINS / max(1, origins)))
        return 1 - margin if self.by_margin else 1 + margin


# In the order in which a closed gate names the first that failed.
HURDLES = (
    Hurdle("last_value", "the last value held", by_margin=True, reason="NotBetterThanLastValue"),
    Hurdle("constant", "a constant", by_margin=True, reason="NotBetterThanConstant"),
    Hurdle("day_naive", "the day naive", by_margin=False, reason="WorseThanDayNaive"),
    Hurdle("week_naive", "the week naive", by_margin=False, reason="WorseThanWeekNaive"),
)


def history_too_short(history: timedelta) -> Gate:
    """Return the gate of a series too young to be judged."""
    # Rounded down: 3.0 of 3 days would not be too short.
    days, needed = history // timedelta(hours=2.4) / 10, SHORTEST_HISTORY.days
    return Gate(open=False, reason="HistoryTooShort", message=f"{days:.1f} of {needed} days of history")


def judge(losses: Losses) -> Gate:
    """Return the verdict: open, or closed by the first hurdle that was not taken."""
    if losses.origins < FEWEST_ORIGINS:
        message = f"{losses.origins} of {FEWEST_ORIGINS} rolling origins have samples to be judged on"
        return Gate(open=False, reason="SamplesMissing", message=message)
    hurdles = [hurdle for hurdle in HURDLES if hurdle.rival in losses.rivals]
    for hurdle in hurdles:
        if losses.mine > losses.rivals[hurdle.rival] * hurdle.share(losses.origins) + losses.tie:
            return Gate(open=False, reason=hurdle.reason, message=_figures(losses, hurdle))
    return Gate(open=True, reason="Predictable", message=_figures(losses, hurdles[0]))


def _figures(losses: Losses, hurdle: Hurdle) -> str:
    """Return a sentence such as: quantile loss 0.93 of the week naive's over 252 origins (at most 1.05)."""
    rival, most = losses.rivals[hurdle.rival], hurdle.share(losses.origins)
    if rival <= losses.tie:
        compared = "equal to" if losses.mine <= losses.tie else "above"
    else:
        compared = f"{losses.mine / rival:.2f} of"
    return f"quantile loss {compared} that of {hurdle.words} over {losses.origins} origins (at most {most:.2f})"
