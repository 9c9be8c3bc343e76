"""How good forecasts are: the bars on the recorded traces and on M4, beside everybody else in the same run.

This judges. Nothing is chosen on what is seen here: that is the business of choosing.py, which sees the first 60 % of
each trace only.
"""

from collections.abc import Sequence

import click
import numpy as np

from benchmarks.contest import ScoresByTrace, hold, hold_m4
from benchmarks.forecasters import ELSEWHERE, ENGINE
from benchmarks.pages import OVERALL_HEADER, by_member, by_trace, on_m4, overall_rows
from benchmarks.rolling import HOUR, ORIGINS, roll
from benchmarks.standings import Measure, coverages, first_hour, loss, mase, ratio, worst_tenth
from benchmarks.tables import Table, against, at_least
from benchmarks.traces import TRACES, judged, m4_judged

# The aims: what the recipe we started from reached, and a little more.
MOST_MASE, MOST_FIRST_HOUR, MOST_LOSS = 0.67, 0.52, 0.70
LEAST_COVERAGE, LEAST_OF_WORST, MOST_HEADROOM = 0.95, 0.90, 0.32
MOST_OWA = 0.405
BEST_PUBLISHED = 0.410  # OWA of M4's best entry on all 414 hourly series

ON_M4 = (
    "207 series, the 48 hours that M4 asks for, from at most the last 28 days of each. OWA as M4 defines it, relative "
    f"to Naive2 on the same series; the best published entry has {BEST_PUBLISHED:.3f} on all 414."
)


def table() -> Table:
    """Judge everybody on whole traces."""
    if not ELSEWHERE.exists():
        raise click.ClickException("statsforecast is not installed beside us; `make bench-forecasting` does it")
    traces = [roll(name, judged(name)) for name in TRACES]
    contest = hold(traces, others=True)
    standings = hold_m4(m4_judged(), others=True)
    hourly = [each.name for each in traces if each.step == HOUR]
    owa = against("M4 hourly, OWA on the half here", standings[ENGINE].owa, MOST_OWA)
    return Table(
        title="Accuracy",
        intro=(
            f"{len(traces)} traces, {ORIGINS} origins each in the last 40 %, no two of a trace at the same hour of the "
            "day; at most 28 days of history, 24 h ahead on the trace's own step (1-minute traces as 5-minute means). "
            "Scores are ratios to the day naive's, geometric mean over traces: below 1 is better. The quantile loss "
            "and the coverage are those of the 95 % bound. In brackets, where 90 % of the block bootstraps over "
            "origins put a ratio; the worst tenth of 17 traces is the mean of the two lowest."
        ),
        header=OVERALL_HEADER,
        rows=overall_rows(contest),
        verdicts=[*_on_traces(contest), *_on_bounds(contest, hourly), owa],
        further=[by_trace(contest), by_member(contest), on_m4(standings, ON_M4)],
    )


def _on_traces(contest: ScoresByTrace) -> list[str]:
    """Return the verdicts on the ratios, each with its interval."""
    return [
        _on_ratio(contest, "MASE over 24 h", mase, most=MOST_MASE),
        _on_ratio(contest, "MASE, first hour", first_hour, most=MOST_FIRST_HOUR),
        _on_ratio(contest, "quantile loss of the 95 % bound", loss, most=MOST_LOSS),
    ]


def _on_ratio(contest: ScoresByTrace, name: str, measure: Measure, *, most: float) -> str:
    measured = ratio(contest, ENGINE, measure)
    return against(f"traces, {name} [{measured.low:.3f}, {measured.high:.3f}]", measured.value, most)


def _on_bounds(contest: ScoresByTrace, hourly: Sequence[str]) -> list[str]:
    """Return the verdicts on coverage, and on the headroom that buys it."""
    shares = coverages(contest, ENGINE)
    headroom = float(np.nanmedian(np.concatenate([contest[name][ENGINE].headroom.ravel() for name in hourly])))
    return [
        at_least("coverage of the 95 % bound, mean over traces", float(shares.mean()), LEAST_COVERAGE),
        at_least("coverage of the 95 % bound, worst tenth of traces", worst_tenth(shares), LEAST_OF_WORST),
        against(f"median headroom of the 95 % bound on the {len(hourly)} hourly traces", headroom, MOST_HEADROOM),
    ]
