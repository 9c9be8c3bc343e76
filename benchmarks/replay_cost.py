"""What a replay costs: 14 days of real demand at ticks of 15 s, steered by the real cycle and by plain HPA."""

from datetime import timedelta
from pathlib import Path

from benchmarks.measuring import isolated, once
from benchmarks.tables import Table, against
from controller.simulation.defaults import default_policy
from controller.simulation.demand import EVALUATED, TICK, DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.traces import read_trace
from controller.simulation.world import World

TRACE = Path(__file__).parents[1] / "examples" / "nyc-taxi-30min.csv"
START_UP = timedelta(seconds=180)
RIVAL = "hpa-cpu=0.7/2"
OURS = "headroom, fits included"
MOST_SECONDS = 60.0  # "in seconds" is what is asked of 14 days for one policy


def table() -> Table:
    """Replay the last two weeks of the bundled trace."""
    seconds = isolated(measure)
    ticks = EVALUATED // TICK
    return Table(
        title="Cost of a replay",
        intro=(
            f"The last {EVALUATED.days} days of `{TRACE.name}`, {ticks:,} ticks of {TICK.seconds} s. "
            f"The baseline is {RIVAL}."
        ),
        header=("policy", "ticks/s", "µs a tick", "s for all", "x baseline"),
        rows=[(name, ticks / each, each / ticks * 1e6, each, each / seconds[RIVAL]) for name, each in seconds.items()],
        verdicts=[against("14 days for one policy", seconds[OURS], MOST_SECONDS, "s")],
    )


def measure() -> dict[str, float]:
    """Return the seconds each policy takes."""
    world = World(start_up=START_UP)
    policy = default_policy(world)
    trace = read_trace(TRACE)
    demand = make_demand(trace, DemandSettings(trace.end - EVALUATED))
    (rival,) = parse_rivals(RIVAL)
    return {
        OURS: once(lambda: replay(demand, world, lambda workload: CyclePilot(workload, policy), name=OURS)),
        RIVAL: once(lambda: rival.replay(demand, world, policy)),
    }
