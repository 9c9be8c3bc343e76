"""`headroom backtest`: replay a policy on recorded demand, beside rivals in the same world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.backtest_tables import Findings, show_json, show_table
from controller.cli.flights import Flight, demand_of, fly
from controller.cli.inputs import FILE, Duration, UtcTime, load_policy
from controller.cli.outputs import check_folder, write_plot
from controller.cli.timelines import write_timelines
from controller.errors import InputRefused
from controller.reporting.replay import from_replay
from controller.reporting.report import Report
from controller.reporting.wording import duration, number
from controller.scaling.comparison import compare
from controller.scaling.timeline import Timeline
from controller.simulation.defaults import RATE_PRESET, default_policy, world_for
from controller.simulation.demand import Demand, DemandSettings, make_demand
from controller.simulation.replay import Progress as Told
from controller.simulation.rivals.choice import ALL, Rival, parse_rivals
from controller.simulation.traces import read_trace
from controller.simulation.world import World
from forecasting import Series

OURS = "headroom"
PEAK_RPS = 600.0  # 60 full pods


class Scale(click.ParamType[float | None]):
    """`peak` for the usual peak, a peak of one's own in requests per second, or `none` for the trace's own values."""

    name = "peak|none|rps"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """Return the peak; None for `none`."""
        if value in ("peak", "none"):
            return PEAK_RPS if value == "peak" else None
        try:
            peak = float(value)
        except ValueError:
            peak = 0.0
        if not 0 < peak < float("inf"):
            self.fail(f"{value!r} is neither peak, nor none, nor a number above 0", param, ctx)
        return peak


@dataclass(frozen=True, slots=True)
class Scene:
    """What all policies of a backtest meet: the demand and the world; and the policy that is ours."""

    name: str
    demand: Demand
    world: World
    policy: ScalingPolicy


@click.command()
@click.argument("trace", type=FILE, required=False)
@click.option("--prometheus", metavar="URL|FILE", help="Replay a workload of this Prometheus (or MetricsSource file).")
@click.option("--workload", metavar="NAMESPACE/NAME", help="With --prometheus: which. Default: the policy's target.")
@click.option("--policy", "policy_file", type=FILE, help="A ScalingPolicy as YAML. Default: the shipped default.")
@click.option(
    "--rivals", default="hpa-cpu=0.7/2,hpa-rps=0.7/2", show_default=True, help=f"KIND[=SETTING[/...]],... or {ALL}."
)
@click.option(
    "--startup",
    "start_up",
    type=Duration(),
    default="180s",
    show_default=True,
    help="Median time until a pod is Ready.",
)
@click.option("--spikes", is_flag=True, help="Add three scheduled spikes a day.")
@click.option(
    "--scale",
    type=Scale(),
    default="peak",
    show_default=True,
    help="Demand's p99: peak is 600 requests/s, none takes the values as they are.",
)
@click.option("--noise", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Variation of the noise.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of noise and start-ups.")
@click.option(
    "--evaluate-from", type=UtcTime(), help="Begin of the evaluated window. Default: the last 14 days (or 4)."
)
@click.option("--timeline", type=FILE, help="Write what happened, tick by tick, as CSV.")
@click.option("--report", type=FILE, help="Write a page with charts, and why every change was made.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def backtest(  # noqa: PLR0913  one parameter a flag
    *,
    trace: Path | None,
    prometheus: str | None,
    workload: str | None,
    policy_file: Path | None,
    rivals: str,
    start_up: timedelta,
    spikes: bool,
    scale: float | None,
    noise: float,
    seed: int,
    evaluate_from: datetime | None,
    timeline: Path | None,
    report: Path | None,
    shape: str,
) -> None:
    """Replay a policy on recorded demand, beside rivals in the same world.

    TRACE is a CSV of timestamp,value (.gz too): ISO 8601 times, any regular step from 15 s to 1 h, missing values
    empty.
    """
    if start_up <= timedelta(0):
        raise InputRefused("--startup must be above 0s")
    check_folder(timeline, "--timeline")
    check_folder(report, "--report")
    world = World(start_up=start_up, seed=seed)
    policy = default_policy(world) if policy_file is None else load_policy(policy_file)
    name, recorded = recorded_demand(trace, prometheus, workload, target=policy if policy_file else None)
    settings = DemandSettings(evaluate_from, scale, noise=noise, spikes=spikes, seed=seed)
    scene = Scene(name, make_demand(recorded, settings), world_for(policy, world), policy)
    flight, *theirs = run_all(scene, parse_rivals(rivals))
    timelines = [flight.timeline, *theirs]
    if timeline is not None:
        write_timelines(timeline, timelines)
    if report is not None:
        write_plot(report_of(scene, flight, theirs), report, "--report")
    show = {"table": show_table, "json": show_json}[shape]
    show(Findings(timelines, [compare(flight.timeline, rival) for rival in theirs]))


def recorded_demand(
    trace: Path | None, prometheus: str | None, workload: str | None, *, target: ScalingPolicy | None
) -> tuple[str, Series]:
    """Return a trace by its name: that of a file, or of a workload of a Prometheus."""
    if bool(trace) == bool(prometheus):
        raise click.UsageError("give a file with a trace, or --prometheus")
    if trace is not None:
        if workload is not None:
            raise click.UsageError("--workload goes with --prometheus")
        return trace.name, read_trace(trace)
    from controller.cli.surveys import history_of, source_from  # noqa: PLC0415  telemetry is an extra

    now = datetime.now(UTC)  # noqa: TID251  the front door
    named = workload or (workload_of(target) if target else None)
    return named or "the only workload", history_of(source_from(prometheus or ""), RATE_PRESET, named, now=now)


def workload_of(policy: ScalingPolicy) -> str:
    """Return which workload a policy measures the request rate of, as NAMESPACE/NAME."""
    named = [signal.workload for signal in policy.spec.load_signals if signal.preset == RATE_PRESET and signal.workload]
    return f"{policy.key.namespace}/{named[0] if named else policy.spec.scale_target_ref.name}"


def run_all(scene: Scene, rivals: Sequence[Rival]) -> tuple[Flight, *tuple[Timeline, ...]]:
    """Replay the policy and every rival, with a progress bar on a terminal."""
    console = Console(stderr=True)
    ticks = len(scene.demand.rps) - scene.demand.evaluated_from
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:

        def told(name: str) -> Told:
            task = bar.add_task(name, total=ticks)
            return lambda passed: bar.advance(task, passed)

        ours = fly(scene.demand, scene.world, scene.policy, name=OURS, progress=told(OURS))
        theirs = [rival.replay(scene.demand, scene.world, scene.policy, progress=told(rival.name)) for rival in rivals]
    return (ours, *theirs)


def report_of(scene: Scene, flight: Flight, rivals: Sequence[Timeline]) -> Report:
    """Return what a person is shown of the replay."""
    world, ours = scene.world, flight.timeline
    start_up = duration(world.start_up.total_seconds())
    return from_replay(
        (ours, *rivals),
        demand_of(flight),
        title=f"{scene.name}, replayed",
        subtitle=f"{window_of(scene.demand)}. Pods are Ready after about {start_up}; p95 is to stay under "
        f"{number(ours.objective_ms)} ms. Rivals are named as on the command line.",
        bounds=(world.min_replicas, world.max_replicas),
        notes=("Every policy meets the same demand, the same start-ups and metrics of the same age.",),
    )


def window_of(demand: Demand) -> str:
    """Return the evaluated window in words."""
    begin, end = demand.at(demand.evaluated_from), demand.at(len(demand.rps))
    return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
