"""Gate: whether a forecast may act. The tests that decide are here; what acting means is the caller's business.

A forecast acts only while, at the planning level's quantile loss over the lead time (a p95's where more is planned), it
beats the last value held and a constant by a margin, and loses to no seasonal naive forecast by more than that
margin and more than chance. Beating all of them would be no test: nothing beats the last day on a noise-free day, and a
flat line beats all naive forecasts on noise. Over the lead time alone more may act: bounds that those two beat, but not
by far, still size for what may come.
Source: Diebold and Mariano, Comparing Predictive Accuracy, 1995 (the standard error of a difference of losses).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

MARGIN = 0.05  # a twentieth: differences below it come and go with the choice of origins
ENOUGH_ORIGINS = 250  # with fewer the margin grows as chance does, by the square root
SHORTEST_HISTORY = timedelta(days=3)  # two days to see that a day repeats, one to be judged on
FEWEST_ORIGINS = 12  # where so much is missing that fewer can be scored, nothing can be said
CHANCE = 1.64  # standard errors that a naive forecast is ahead by chance in one of twenty cases
EQUAL_LOSS = 1e-6  # losses closer than this share of demand are a tie: both are perfect
SMALL_LOSS = 1e-3  # losing so much of demand to a naive forecast moves no replica
FAR = 1.6  # in first parts of traces no forecast lost more, and to act on all of them was better (docs/decisions/0014)


@dataclass(frozen=True, slots=True)
class Gate:
    """A verdict with its reason: one CamelCase word, and one sentence with the figures that decided.

    `short_term` is whether the planned quantile may act over the lead time at least; it may where the gate is open.
    """

    open: bool
    reason: str
    message: str
    short_term: bool = False


@dataclass(frozen=True, slots=True)
class Losses:
    """Quantile losses at the judged level over the lead time, over so many rolling origins, in `demand`'s unit.

    `mine` is the forecast's own, `rivals` those of the baselines by name, `doubts` the standard errors of the
    differences to them. `demand` is its mean.
    """

    origins: int
    mine: float
    rivals: Mapping[str, float]
    doubts: Mapping[str, float]
    demand: float

    @property
    def tie(self) -> float:
        """The difference that is none."""
        return EQUAL_LOSS * self.demand


@dataclass(frozen=True, slots=True)
class Hurdle:
    """One test against one baseline: beat it by the margin, or lose to it by no more than the margin or chance."""

    rival: str
    words: str
    by_margin: bool
    reason: str

    def highest(self, losses: Losses) -> float:
        """Return the highest loss that passes."""
        rival = losses.rivals[self.rival]
        if self.by_margin:
            margin = MARGIN * math.sqrt(max(1.0, ENOUGH_ORIGINS / max(1, losses.origins)))
            return (1 - margin) * rival + losses.tie
        return rival + max(MARGIN * rival, CHANCE * losses.doubts[self.rival], SMALL_LOSS * losses.demand)


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
        if losses.mine > hurdle.highest(losses):
            figures = _figures(losses, hurdle)
            return Gate(open=False, reason=hurdle.reason, message=figures, short_term=_is_near(losses, hurdles))
    return Gate(open=True, reason="Predictable", message=_figures(losses, hurdles[0]), short_term=True)


def _is_near(losses: Losses, hurdles: Sequence[Hurdle]) -> bool:
    """Return whether what knows no season is better by less than far."""
    seasonless = [losses.rivals[hurdle.rival] for hurdle in hurdles if hurdle.by_margin]
    return losses.mine <= FAR * min(seasonless) + losses.tie


def _figures(losses: Losses, hurdle: Hurdle) -> str:
    """Return a sentence such as: quantile loss 0.93 of the week naive's over 252 origins (at most 1.05)."""
    rival = losses.rivals[hurdle.rival]
    of_rival = f"that of {hurdle.words} over {losses.origins} origins"
    if rival <= losses.tie:
        return f"quantile loss {'equal to' if losses.mine <= losses.tie else 'above'} {of_rival}"
    return f"quantile loss {losses.mine / rival:.2f} of {of_rival} (at most {hurdle.highest(losses) / rival:.2f})"
