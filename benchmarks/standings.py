"""What scores over all traces come to: ratios to the day naive, and how sure they are. Tables stand in pages.py."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.contest import ScoresByTrace
from benchmarks.forecasters import DAY_NAIVE, MEMBER
from benchmarks.rolling import ORIGINS, Scores, geometric_mean, mean_known, relative
from forecasting.series import Values

BLOCK = 3  # neighbouring origins drawn together, since their errors resemble each other
DRAWS = 2000
SEED = 20
CENTRAL = (0.05, 0.95)  # the interval that is told

Measure = Callable[[Scores], Values]


def mase(scores: Scores) -> Values:
    """Return MASE over 24 h."""
    return scores.mase


def first_hour(scores: Scores) -> Values:
    """Return MASE over the first hour."""
    return scores.first_hour


def loss(scores: Scores) -> Values:
    """Return the quantile loss of the bound."""
    return scores.loss


@dataclass(frozen=True, slots=True)
class Ratio:
    """A score as a ratio to the day naive's, geometric mean over traces, and where 90 % of redrawn origins put it."""

    value: float
    low: float
    high: float


def forecasters(contest: ScoresByTrace) -> list[str]:
    """Return everybody who was scored on any trace, in their order."""
    return list(dict.fromkeys(name for scores in contest.values() for name in scores))


def members(contest: ScoresByTrace) -> list[str]:
    """Return the engine's members among them."""
    return [name for name in forecasters(contest) if name.startswith(MEMBER)]


def ratios(contest: ScoresByTrace, name: str, measure: Measure) -> Values:
    """Return a forecaster's score on each trace as a ratio to the day naive's, (traces,); NaN where it has none."""
    return np.array(
        [
            relative(measure(scores[name]), measure(scores[DAY_NAIVE])) if name in scores else np.nan
            for scores in contest.values()
        ]
    )


def best_members(contest: ScoresByTrace, measure: Measure) -> Values:
    """Return the ratio of each trace's best member, known with hindsight: what selection could still give."""
    best: Values = np.nanmin([ratios(contest, name, measure) for name in members(contest)], axis=0)
    return best


def ratio(contest: ScoresByTrace, name: str, measure: Measure) -> Ratio:
    """Return a forecaster's ratio over all traces with its interval, by a block bootstrap over origins."""
    draws = _draws()
    logs = [_log_ratios(measure(scores[name]), measure(scores[DAY_NAIVE]), draws) for scores in contest.values()]
    low, high = np.quantile(np.exp(np.mean(logs, axis=0)), CENTRAL)
    return Ratio(geometric_mean(ratios(contest, name, measure)), float(low), float(high))


def coverages(contest: ScoresByTrace, name: str) -> Values:
    """Return the share of samples below a forecaster's bound on each trace, (traces,); NaN where it has none."""
    return np.array([mean_known(scores[name].coverage) if name in scores else np.nan for scores in contest.values()])


def worst_tenth(shares: Values) -> float:
    """Return the mean of the lowest tenth of shares, rounded up to whole ones."""
    return float(np.sort(shares)[: -(-len(shares) // 10)].mean())


def seconds(contest: ScoresByTrace, name: str) -> float:
    """Return the mean CPU seconds of a fit with its forecast; NaN for a member, which is never fitted alone."""
    return mean_known(np.array([scores[name].seconds for scores in contest.values() if name in scores]))


def _log_ratios(scores: Values, naive: Values, draws: Values) -> Values:
    """Return the log ratio of each draw of origins, (draws,)."""
    return np.asarray(np.log(np.nanmean(scores[draws], axis=1) / np.nanmean(naive[draws], axis=1)))


def _draws() -> Values:
    """Return origins drawn with repetition, in blocks that close around the end, (draws, origins)."""
    starts = np.random.default_rng(SEED).integers(ORIGINS, size=(DRAWS, ORIGINS // BLOCK))
    return np.asarray((starts[:, :, None] + np.arange(BLOCK)).reshape(DRAWS, -1) % ORIGINS)
