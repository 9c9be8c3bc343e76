"""Whether quantiles are what they say: their coverage by lead on whole traces. This judges; leads.py counts."""

from benchmarks.leads import by_lead
from benchmarks.rolling import roll
from benchmarks.tables import Table
from benchmarks.traces import TRACES, judged

PICTURE = "coverage.svg"


def table() -> Table:
    """Count at the origins of accuracy.py, twelve in the last 40 % of each trace."""
    return by_lead([roll(name, judged(name)) for name in TRACES], picture=PICTURE)
