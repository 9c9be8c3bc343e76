"""`headroom demo`: recorded demand replayed against plain HPA in the same world, as a summary and a page.

With --live a real Deployment is scaled on a real control plane instead: that is in live_demo.py.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

import controller
from controller.cli.showing.pages import show_report
from controller.cli.trying.flights import Flight, demand_of, fly
from controller.errors import InputRefused
from controller.reporting import report as shown
from controller.reporting.replay import from_replay
from controller.reporting.wording import difference, duration, number
from controller.scaling.judging.score import Score, score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import Demand, DemandSettings, make_demand
from controller.simulation.rivals.matched import MOST_REPLAYS, MatchedHPA, match_hpa
from controller.simulation.traces import read_trace
from controller.simulation.world import World

TRACE = Path(controller.__file__).parents[1] / "examples" / "nyc-taxi-30min.csv"
FOLDER = click.Path(file_okay=False, path_type=Path)
DAY = timedelta(days=1)


@click.command()
@click.option("--live", is_flag=True, help="Scale a real Deployment, on a control plane of its own, instead.")
@click.option("--keep", is_flag=True, help="With --live: keep all of it running until Ctrl-C.")
@click.option("--spikes", is_flag=True, help="Add three scheduled spikes a day to the recorded demand.")
@click.option("--days", type=click.IntRange(1, 14), default=3, show_default=True, help="Replay the last days.")
@click.option("--output", "-o", type=FOLDER, default="headroom-demo", show_default=True, help="Folder of the page.")
def demo(*, live: bool, keep: bool, spikes: bool, days: int, output: Path) -> None:
    """See the main job done on real data: demand is forecast, and a workload scaled before it comes.

    The last days of a recorded trace (six weeks of New York taxi rides) are replayed with Headroom and with plain HPA
    in the same world, without a cluster. The page shows what happened, and the reason of every change.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputRefused(f"the folder of the page cannot be made: {problem}; choose another --output") from problem
    if live:
        _run_live(output / "live-report.html", keep=keep)
    elif keep:
        raise click.UsageError("--keep goes with --live: a replay leaves nothing running")
    else:
        show_report(replay_recorded(days=days, spikes=spikes), output / "report.html")


def _run_live(page: Path, *, keep: bool) -> None:
    try:
        from controller.cli.live_demo import run_live_demo  # noqa: PLC0415  the testbed is not part of the package
    except ModuleNotFoundError as missing:
        if missing.name != "testbed":
            raise
        raise InputRefused(
            "--live needs the testbed, which is not part of the package: run it from a checkout of the repository, "
            "where `make demo-live` builds all it needs"
        ) from missing
    run_live_demo(page, keep=keep)


def replay_recorded(*, days: int, spikes: bool) -> shown.Report:
    """Return the report of the last days of the bundled trace. Raises InputRefused where the trace is not there."""
    demand, world = recorded_demand(TRACE, days=days, spikes=spikes), World()
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        own = bar.add_task("Headroom learns and decides", total=len(demand.rps) - demand.evaluated_from)
        theirs = bar.add_task("HPA, one target after another", total=MOST_REPLAYS)
        flight = fly(demand, world, default_policy(world), progress=partial(bar.advance, own))
        hpa = match_hpa(demand, world, score(flight.timeline), tried=partial(bar.advance, theirs))
        bar.update(theirs, completed=MOST_REPLAYS)
    return report_of(flight, hpa, world, spikes=spikes)


def recorded_demand(path: Path, *, days: int, spikes: bool) -> Demand:
    """Return the demand of the bundled trace; its last days are evaluated, whatever they hold."""
    if not path.is_file():
        raise InputRefused(
            f"the recorded demand (examples/{path.name}) is not part of the package: run `headroom demo` from a "
            "checkout of the repository, or `headroom backtest` on a trace of your own"
        )
    trace = read_trace(path)
    return make_demand(trace, DemandSettings(evaluate_from=trace.end - days * DAY, spikes=spikes))


def report_of(flight: Flight, hpa: MatchedHPA, world: World, *, spikes: bool) -> shown.Report:
    """Return what a person is shown of the replay: ourselves beside HPA at equal cost and as it is usually set."""
    timeline = flight.timeline
    usual = () if hpa.usual == hpa.equal_cost else (hpa.usual.timeline,)
    report = from_replay(
        (timeline, hpa.equal_cost.timeline, *usual),
        demand_of(flight),
        title="Headroom against plain HPA",
        subtitle=f"New York taxi rides{' and three added spikes a day' if spikes else ''}, "
        f"{days_of(timeline)}. Pods are Ready after about "
        f"{duration(world.start_up.total_seconds())}; p95 is to stay under {number(timeline.objective_ms)} ms. "
        "HPA is named by its target, in percent of what a pod can serve.",
        bounds=(world.min_replicas, world.max_replicas),
        notes=_notes(world, spikes=spikes),
    )
    return replace(report, verdict=f"{report.verdict} {price_of_the_same(score(timeline), hpa)}")


def days_of(timeline: Timeline) -> str:
    """Return which whole days a replay covers: `26 Oct 2014`, `24 Oct to 26 Oct 2014`."""
    last = timeline.start + len(timeline) * timeline.tick - DAY
    return f"{last:%d %b %Y}" if last <= timeline.start else f"{timeline.start:%d %b} to {last:%d %b %Y}"


def price_of_the_same(ours: Score, hpa: MatchedHPA) -> str:
    """Return what an HPA costs that keeps the objective as well as we do, in one sentence."""
    if hpa.as_good is None:
        return "No target lets HPA keep it as well."
    paid = hpa.as_good.score.pod_hours
    change = difference(paid, ours.pod_hours)
    return f"To keep it as well, HPA needs {number(paid)} pod-hours ({change}), at {hpa.as_good.target} %."


def _notes(world: World, *, spikes: bool) -> tuple[str, ...]:
    """Return what a stranger needs to judge the comparison."""
    added = " Three spikes a day were added to it." if spikes else ""
    trace = (
        f"Demand: {TRACE.name} of the Numenta Anomaly Benchmark with 5 % noise, scaled to "
        f"{DemandSettings().peak_rps:.0f} requests/s at its 99th percentile; its last days, whatever they hold.{added}"
    )
    hpa = (
        "HPA scales on requests per pod, the signal that Headroom sees too, towards a target in percent of the "
        f"{world.pod.per_replica:g} requests/s that a pod can serve: 70 % is usual, and the other is the whole percent "
        f"at which it costs what Headroom costs. minReplicas {world.min_replicas}, tolerance 10 %, stabilization "
        "window 300 s."
    )
    alike = (
        "Every policy meets the same demand, the same start-ups (lognormal) and metrics of the same age. Headroom ran "
        "with its shipped defaults."
    )
    return (trace, hpa, alike)
