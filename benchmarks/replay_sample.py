"""Three traces at one start-up, with every second HPA: what `replay` would say, in minutes in place of hours."""

from benchmarks.aims import OTHER_GROUP, SEASONAL_GROUP, SPIKY_GROUP
from benchmarks.contenders import EVERY_SECOND, HPA, LAST_VALUE, LAST_WEEK, MAIN, OTHERS, TOLERANT
from benchmarks.replay import Plan, hold, pages
from benchmarks.scenes import scenes
from benchmarks.tables import Table

START_UP = 180
THINNED = {name: MAIN[name][EVERY_SECOND] for name in (HPA, TOLERANT, LAST_WEEK)}


def table() -> Table:
    """Replay a few."""
    return pages(hold(some()))


def some() -> Plan:
    """Return a trace of a month and two of days, and one with spikes."""
    thin = MAIN | THINNED
    return {
        (SEASONAL_GROUP, START_UP): (scenes(("nyc_taxi", "mongo_machine"), START_UP), thin),
        (SPIKY_GROUP, START_UP): (
            scenes(("nyc_taxi",), START_UP, spikes=True),
            thin | {LAST_VALUE: OTHERS[LAST_VALUE]},
        ),
        (OTHER_GROUP, START_UP): (scenes(("mongo03",), START_UP), thin),
    }
