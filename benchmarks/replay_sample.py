"""A few traces at one start-up, with every second HPA: what `replay` would say, in minutes in place of hours."""

from benchmarks.aims import OTHER_GROUP, SEASONAL_GROUP, SPIKY_GROUP
from benchmarks.contenders import EVERY_SECOND, HPA, LEAN, MAIN
from benchmarks.replay import USUAL_START_UP, Plan, hold, pages
from benchmarks.scenes import scenes
from benchmarks.tables import Table

THINNED = {HPA: MAIN[HPA][EVERY_SECOND]}


def table() -> Table:
    """Replay a few."""
    return pages(hold(some()))


def some() -> Plan:
    """Return three short traces, and a long one with spikes."""
    return {
        (SEASONAL_GROUP, USUAL_START_UP): (scenes(("mongo_machine", "ingress03"), USUAL_START_UP), MAIN | THINNED),
        (SPIKY_GROUP, USUAL_START_UP): (scenes(("nyc_taxi",), USUAL_START_UP, spikes=True), LEAN | THINNED),
        (OTHER_GROUP, USUAL_START_UP): (scenes(("mongo03",), USUAL_START_UP), MAIN | THINNED),
    }
