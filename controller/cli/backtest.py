"""`headroom backtest`: replay a policy on a recorded trace, beside rivals in the same world."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.inputs import Duration, UtcTime, load_policy
from controller.errors import InputRefused
from controller.scaling.score import Score, score
from controller.scaling.timeline import COLUMNS, Timeline
from controller.simulation.defaults import default_policy, world_for
from controller.simulation.demand import Demand, DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import Progress as Told
from controller.simulation.replay import replay, replay_rival
from controller.simulation.rivals.choice import Rival, parse_rivals
from controller.simulation.traces import read_trace
from controller.simulation.world import World

FILE = click.Path(dir_okay=False, path_type=Path)
OURS = "headroom"


class Scale(click.ParamType[float | None]):
    """A peak in requests per second, or `none` for the trace's own values."""

    name = "rps|none"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """Return the peak; None for `none`."""
        if value == "none":
            return None
        try:
            peak = float(value)
        except ValueError:
            peak = 0.0
        if not 0 < peak < float("inf"):
            self.fail(f"{value!r} is neither a number above 0 nor none", param, ctx)
        return peak


@click.command()
@click.argument("trace", type=FILE)
@click.option("--policy", "policy_file", type=FILE, help="A ScalingPolicy as YAML. Default: the shipped default.")
@click.option(
    "--start-up", type=Duration(), default="180s", show_default=True, help="Median time until a pod is Ready."
)
@click.option("--scale", type=Scale(), default="600", show_default=True, help="Demand's p99 in requests/s, or none.")
@click.option("--noise", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Variation of the noise.")
@click.option("--spikes", is_flag=True, help="Add three scheduled spikes a day.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of noise and start-ups.")
@click.option(
    "--evaluate-from", type=UtcTime(), help="Begin of the evaluated window. Default: the last 14 days (or 4)."
)
@click.option(
    "--rivals", default="hpa-cpu=0.7/2,hpa-rps=0.7/2", show_default=True, help="KIND=TARGET/MIN[/TOLERANCE],..."
)
@click.option("--timeline", type=FILE, help="Write what happened, tick by tick, as CSV.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def backtest(  # noqa: PLR0913  one parameter a flag
    *,
    trace: Path,
    policy_file: Path | None,
    start_up: timedelta,
    scale: float | None,
    noise: float,
    spikes: bool,
    seed: int,
    evaluate_from: datetime | None,
    rivals: str,
    timeline: Path | None,
    shape: str,
) -> None:
    """Replay a policy on a recorded trace, beside plain HPA in the same world.

    TRACE is a CSV of timestamp,value (.gz too): ISO 8601 times, any regular step from 15 s to 1 h, missing values
    empty.
    """
    if start_up <= timedelta(0):
        raise InputRefused("--start-up must be above 0s")
    if timeline is not None and not timeline.parent.is_dir():
        raise InputRefused(f"--timeline {timeline} cannot be written: there is no folder {timeline.parent}")
    world = World(start_up=start_up, seed=seed)
    policy = default_policy(world) if policy_file is None else load_policy(policy_file)
    settings = DemandSettings(evaluate_from, scale, noise=noise, spikes=spikes, seed=seed)
    demand = make_demand(read_trace(trace), settings)
    timelines = run_all(demand, world_for(policy, world), policy, parse_rivals(rivals))
    if timeline is not None:
        write_timelines(timeline, timelines)
    show = {"table": show_table, "json": show_json}[shape]
    show([score(each) for each in timelines], demand)


def run_all(demand: Demand, world: World, policy: ScalingPolicy, rivals: Sequence[Rival]) -> list[Timeline]:
    """Replay the policy and every rival, with a progress bar on a terminal."""
    console = Console(stderr=True)
    ticks = len(demand.rps) - demand.evaluated_from
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:

        def told(name: str) -> Told:
            task = bar.add_task(name, total=ticks)
            return lambda passed: bar.advance(task, passed)

        ours = replay(demand, world, lambda workload: CyclePilot(workload, policy), name=OURS, progress=told(OURS))
        theirs = [
            replay_rival(demand, world, rival.build(world), name=rival.name, progress=told(rival.name))
            for rival in rivals
        ]
    return [ours, *theirs]


def show_table(scores: Sequence[Score], demand: Demand) -> None:
    """Print one row a policy."""
    begin, end = demand.at(demand.evaluated_from), demand.at(len(demand.rps))
    title = f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("policy", no_wrap=True)
    for header in ("violated minutes", "late requests", "pod-hours", "actions", "reversals"):
        table.add_column(header, justify="right")
    for each in scores:
        table.add_row(
            each.policy,
            f"{each.violation_minutes} ({each.violation_minutes / each.minutes:.2%})",
            f"{each.late_share:.3%}",
            f"{each.pod_hours:.0f}",
            f"{each.actions}",
            f"{each.reversals}",
        )
    Console().print(table)


def show_json(scores: Sequence[Score], demand: Demand) -> None:
    """Print every measure, for programs."""
    window = {"from": _iso(demand.at(demand.evaluated_from)), "to": _iso(demand.at(len(demand.rps)))}
    click.echo(json.dumps({"evaluated": window, "scores": [asdict(each) for each in scores]}, indent=2))


def write_timelines(path: Path, timelines: Sequence[Timeline]) -> None:
    """Write one row a policy and tick, from which a stranger can recompute every measure."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["policy", "timestamp", *COLUMNS])
            for each in timelines:
                writer.writerows(_rows(each))
    except OSError as problem:
        raise InputRefused(f"--timeline {path} cannot be written: {problem}") from problem


def _rows(timeline: Timeline) -> Iterator[list[str]]:
    columns = zip(*(column.tolist() for column in timeline.columns.values()), strict=True)
    for tick, values in enumerate(columns):
        yield [timeline.policy, _iso(timeline.start + tick * timeline.tick), *(f"{value:.8g}" for value in values)]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
