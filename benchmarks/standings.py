"""What scores over all traces come to: ratios to the day naive, how sure they are, and the rows of the tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.contest import ScoresByTrace
from benchmarks.forecasters import DAY_NAIVE, ENGINE
from benchmarks.m4 import Standing
from benchmarks.rolling import ORIGINS, Scores, geometric_mean, relative
from forecasting.series import Values

NOTHING = "-"
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


MEASURES: tuple[Measure, ...] = (mase, first_hour, loss)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A score as a ratio to the day naive's, geometric mean over traces, and where 90 % of redrawn origins put it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def ratios(contest: ScoresByTrace, name: str, measure: Measure) -> Values:
    """Return a forecaster's score on each trace as a ratio to the day naive's, (traces,)."""
    return np.array([relative(measure(scores[name]), measure(scores[DAY_NAIVE])) for scores in contest.values()])


def ratio(contest: ScoresByTrace, name: str, measure: Measure) -> Ratio:
    """Return a forecaster's ratio over all traces with its interval, by a block bootstrap over origins."""
    draws = _draws()
    logs = [
        np.log(np.nanmean(measure(scores[name])[draws], axis=1) / np.nanmean(measure(scores[DAY_NAIVE])[draws], axis=1))
        for scores in contest.values()
    ]
    low, high = np.quantile(np.exp(np.mean(logs, axis=0)), CENTRAL)
    return Ratio(geometric_mean(ratios(contest, name, measure)), float(low), float(high))


def coverages(contest: ScoresByTrace, name: str) -> Values:
    """Return the share of samples below a forecaster's bound on each trace, (traces,)."""
    return np.array([np.nanmean(scores[name].coverage) for scores in contest.values()])


def worst_tenth(shares: Values) -> float:
    """Return the mean of the lowest tenth of shares, rounded up to whole ones."""
    return float(np.sort(shares)[: -(-len(shares) // 10)].mean())


def seconds(contest: ScoresByTrace, name: str) -> float:
    """Return the mean CPU seconds of a fit with its forecast."""
    return float(np.mean([scores[name].seconds for scores in contest.values()]))


def overall_rows(contest: ScoresByTrace) -> list[Sequence[str]]:
    """Return a row of ratios for each forecaster."""
    names = next(iter(contest.values()))
    return [_overall(contest, name) for name in names]


OVERALL_HEADER = ("forecaster", "MASE 24 h", "MASE first hour", "quantile loss", "coverage", "ms a fit and forecast")


def _overall(contest: ScoresByTrace, name: str) -> Sequence[str]:
    bounded = not np.isnan(coverages(contest, name)).any()
    means = [geometric_mean(ratios(contest, name, each)) for each in (MEASURES if bounded else MEASURES[:2])]
    covered = [f"{coverages(contest, name).mean():.3f}"] if bounded else [NOTHING, NOTHING]
    return (name, *(f"{mean:.3f}" for mean in means), *covered, f"{seconds(contest, name) * 1e3:.1f}")


def trace_header(contest: ScoresByTrace) -> Sequence[str]:
    """Return the columns of the rows by trace."""
    return (
        "trace",
        "day naive's MASE",
        "24 h",
        "first hour",
        "quantile loss",
        "coverage",
        "headroom",
        *_rivals(contest),
    )


def trace_rows(contest: ScoresByTrace) -> list[Sequence[str]]:
    """Return a row for each trace: the engine's ratios, and everybody else's over 24 h; bold where the naive won."""
    own = [ratios(contest, ENGINE, measure) for measure in MEASURES]
    others = [ratios(contest, name, mase) for name in _rivals(contest)]
    rows: list[Sequence[str]] = []
    for position, (trace, scores) in enumerate(contest.items()):
        rows.append(
            (
                trace,
                f"{np.nanmean(scores[DAY_NAIVE].mase):.2f}",
                *(_lost(each[position]) for each in own),
                f"{np.nanmean(scores[ENGINE].coverage):.3f}",
                f"{np.nanmedian(scores[ENGINE].headroom):.2f}",
                *(_lost(each[position]) for each in others),
            )
        )
    return rows


M4_HEADER = ("forecaster", "sMAPE", "MASE", "OWA")


def m4_rows(standings: dict[str, Standing]) -> list[Sequence[str]]:
    """Return a row for each forecaster."""
    return [(name, f"{each.smape:.2f}", f"{each.mase:.3f}", f"{each.owa:.4f}") for name, each in standings.items()]


def _rivals(contest: ScoresByTrace) -> list[str]:
    return [name for name in next(iter(contest.values())) if name not in (ENGINE, DAY_NAIVE)]


def _lost(value: float) -> str:
    return f"**{value:.3f}**" if value > 1 else f"{value:.3f}"


def _draws() -> Values:
    """Return origins drawn with repetition in blocks around the clock, (draws, origins)."""
    starts = np.random.default_rng(SEED).integers(ORIGINS, size=(DRAWS, ORIGINS // BLOCK))
    return np.asarray((starts[:, :, None] + np.arange(BLOCK)).reshape(DRAWS, -1) % ORIGINS)
