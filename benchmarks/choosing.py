"""What parameters are chosen on: the same scores as in accuracy.py, on the first 60 % of each trace and nothing else.

Whoever changes a constant of the engine compares two runs of this. tests/benchmarks/test_split.py sees to it that
nothing here reaches the rest of a trace.
"""

from benchmarks.contest import hold, hold_m4
from benchmarks.leads import by_lead
from benchmarks.pages import OVERALL_HEADER, by_member, by_trace, on_m4, overall_rows
from benchmarks.rolling import roll
from benchmarks.tables import Table
from benchmarks.traces import TRACES, first_part, m4_first_part


def table() -> Table:
    """Score the engine, its members and the naive forecasts on first parts."""
    traces = [roll(name, first_part(name)) for name in TRACES]
    contest = hold(traces, others=False)
    standings = hold_m4(m4_first_part(), others=False)
    return Table(
        title="Choosing",
        intro=(
            "The first 60 % of each trace, and of M4's training parts, as if there were no more: twelve origins in the "
            "last 40 % of that part. Scores are ratios to the day naive's. Parameters are chosen on these figures."
        ),
        header=OVERALL_HEADER,
        rows=overall_rows(contest),
        further=[
            by_trace(contest),
            by_member(contest),
            by_lead(traces),
            on_m4(standings, "The last 48 hours of the first 60 % of each series."),
        ],
    )
