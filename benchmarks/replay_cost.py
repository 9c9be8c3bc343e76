"""Replays: how fast a day of real demand passes, steered by the real cycle and by plain HPA."""

from datetime import timedelta
from pathlib import Path

from benchmarks.measuring import isolated, once
from benchmarks.tables import Table
from controller.simulation.defaults import default_policy
from controller.simulation.demand import DAY, TICK, DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.traces import read_trace
from controller.simulation.world import World

TRACE = Path(__file__).parents[1] / "examples" / "nyc-taxi-30min.csv"
START_UP = timedelta(seconds=180)
RIVAL = "hpa-cpu=0.7/2"
OURS = "headroom, fits included"


def table() -> Table:
    """Replay the last day of the bundled trace."""
    seconds = isolated(measure)
    ticks = DAY // TICK
    return Table(
        title="Replay",
        intro=f"The last day of `{TRACE.name}`, {ticks:,} ticks of {TICK.seconds} s. The baseline is {RIVAL}.",
        header=("policy", "ticks/s", "s a day", "x baseline"),
        rows=[(name, ticks / each, each, each / seconds[RIVAL]) for name, each in seconds.items()],
    )


def measure() -> dict[str, float]:
    """Return the seconds each policy takes."""
    world = World(start_up=START_UP)
    policy = default_policy(world)
    trace = read_trace(TRACE)
    demand = make_demand(trace, DemandSettings(trace.end - DAY))
    (rival,) = parse_rivals(RIVAL)
    return {
        OURS: once(lambda: replay(demand, world, lambda workload: CyclePilot(workload, policy), name=OURS)),
        RIVAL: once(lambda: rival.replay(demand, world, policy)),
    }
