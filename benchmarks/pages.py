"""Tables of scores: over all traces, by trace, by member, on M4. What is measured stands in standings.py."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.contest import ScoresByTrace
from benchmarks.forecasters import DAY_NAIVE, ENGINE, MEMBER
from benchmarks.m4 import Standing
from benchmarks.rolling import geometric_mean, mean_known
from benchmarks.standings import (
    Measure,
    best_members,
    coverages,
    first_hour,
    forecasters,
    loss,
    mase,
    members,
    ratios,
    seconds,
)
from benchmarks.tables import Table
from forecasting.series import Values

Row = Sequence[str]

MEASURES: tuple[Measure, ...] = (mase, first_hour, loss)
OVERALL_HEADER = (
    "forecaster",
    "traces",
    "MASE 24 h",
    "MASE first hour",
    "quantile loss",
    "coverage",
    "ms a fit and forecast",
)
BEST_MEMBER = "best member of each trace, with hindsight"
NOTHING = "-"


def overall_rows(contest: ScoresByTrace) -> list[Row]:
    """Return a row of ratios for each forecaster, geometric means over the traces that it could be fitted on."""
    rows: list[Row] = [_overall(contest, name) for name in forecasters(contest)]
    best = [_told(geometric_mean(best_members(contest, measure))) for measure in (mase, first_hour)]
    return [*rows, (BEST_MEMBER, str(len(contest)), *best, NOTHING, NOTHING, NOTHING)]


def _overall(contest: ScoresByTrace, name: str) -> Row:
    figures = [geometric_mean(ratios(contest, name, measure)) for measure in MEASURES]
    cost = seconds(contest, name) * 1e3
    traces = sum(name in scores for scores in contest.values())
    return (name, str(traces), *map(_told, figures), _told(mean_known(coverages(contest, name))), _told(cost, digits=1))


def by_trace(contest: ScoresByTrace) -> Table:
    """Return the engine's ratios on each trace, and those of everybody else over 24 h."""
    others = [name for name in forecasters(contest) if name not in (ENGINE, DAY_NAIVE, *members(contest))]
    own = [ratios(contest, ENGINE, measure) for measure in MEASURES]
    theirs = [ratios(contest, name, mase) for name in others]
    figures = zip(contest, contest.values(), coverages(contest, ENGINE), _columns(own), _columns(theirs), strict=True)
    return Table(
        title="By trace",
        intro=(
            "The day naive's own MASE, then the engine's ratios, coverage and median headroom (95 % bound / point - "
            "1), then everybody else's ratio over 24 h. Bold where the day naive did better."
        ),
        header=("trace", DAY_NAIVE, "24 h", "first hour", "quantile loss", "coverage", "headroom", *others),
        rows=[
            (
                trace,
                _told(mean_known(scores[DAY_NAIVE].mase)),
                *mine,
                _told(covered),
                _told(float(np.nanmedian(scores[ENGINE].headroom)), digits=2),
                *of_others,
            )
            for trace, scores, covered, mine, of_others in figures
        ],
    )


def by_member(contest: ScoresByTrace) -> Table:
    """Return each member's ratio over 24 h on each trace, beside the engine's."""
    names = members(contest)
    columns = [ratios(contest, name, mase) for name in (ENGINE, *names)]
    return Table(
        title="Members",
        intro="What each member says alone, as a ratio over 24 h. Bold where the day naive did better.",
        header=("trace", ENGINE, *(name.removeprefix(MEMBER).strip() for name in names)),
        rows=[(trace, *row) for trace, row in zip(contest, _columns(columns), strict=True)],
    )


def on_m4(standings: Mapping[str, Standing], intro: str) -> Table:
    """Return how everybody stands in M4."""
    return Table(
        title="M4 hourly",
        intro=intro,
        header=("forecaster", "sMAPE", "MASE", "OWA"),
        rows=[
            (name, _told(each.smape, digits=2), _told(each.mase), _told(each.owa, digits=4))
            for name, each in standings.items()
        ],
    )


def _columns(columns: Sequence[Values]) -> list[Row]:
    """Return columns of ratios as rows, bold where the day naive did better."""
    return [[_ratio(each) for each in row] for row in zip(*columns, strict=True)]


def _ratio(figure: float) -> str:
    return f"**{_told(figure)}**" if round(figure, 3) > 1 else _told(figure)


def _told(figure: float, *, digits: int = 3) -> str:
    return NOTHING if np.isnan(figure) else f"{figure:.{digits}f}"
