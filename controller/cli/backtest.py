"""`headroom backtest`: replay a policy on recorded demand, beside rivals in the same world."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.backtest_tables import Findings, show_json, show_table
from controller.cli.reading.decisions import decision_log
from controller.cli.reading.load_tests import with_load_test
from controller.cli.reading.resources import load_policy
from controller.cli.reading.scene_flags import SceneFlags, scene_flags
from controller.cli.reading.scenes import Scene
from controller.cli.reading.values import FILE
from controller.cli.reading.variants import VariantText
from controller.cli.showing.outputs import check_folder, write_plot
from controller.cli.showing.timelines import write_timelines
from controller.cli.trying.flights import Flight, demand_of, fly
from controller.cli.trying.side_by_side import JOBS, workers
from controller.cli.trying.sweeps import Sweep, sweep
from controller.reporting.replay import from_replay
from controller.reporting.report import Report
from controller.reporting.wording import duration, number
from controller.scaling.decision import Decision
from controller.scaling.judging.comparison import compare
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import Demand
from controller.simulation.replay import Progress as Told
from controller.simulation.rivals.choice import ALL, Rival, parse_rivals
from controller.simulation.world import Variant, World

OURS = "headroom"


@click.command()
@scene_flags(scale="peak")
@click.option("--policy", "policy_file", type=FILE, help="A ScalingPolicy as YAML. Default: the shipped default.")
@click.option(
    "--rivals",
    default="hpa-cpu=0.7/2,hpa-rps=0.7/2",
    show_default=True,
    help=f"KIND[=SETTING[/...]],... or {ALL}; see docs/rivals.md.",
)
@click.option("--with", "variants", type=VariantText(), multiple=True, help="What else happens: see docs/variants.md.")
@click.option("--sweep", "wants_sweep", is_flag=True, help="Compare on curves too: move every policy's main setting.")
@click.option("--jobs", type=JOBS, help="With --sweep: replays at a time. Default: one for each processor.")
@click.option(
    "--load-test", type=FILE, help="CSV of load_per_replica,p95_ms: what is known of a capacity to be learned."
)
@click.option("--timeline", type=FILE, help="Write what happened, tick by tick, as CSV.")
@click.option("--decisions", type=FILE, help="Write every decision as a line of JSON (.gz too), for headroom explain.")
@click.option("--report", type=FILE, help="Write a page with charts, and why every change was made.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def backtest(  # noqa: PLR0913  one parameter a flag
    *,
    flags: SceneFlags,
    policy_file: Path | None,
    rivals: str,
    variants: tuple[Variant, ...],
    wants_sweep: bool,
    jobs: int | None,
    load_test: Path | None,
    timeline: Path | None,
    decisions: Path | None,
    report: Path | None,
    shape: str,
) -> None:
    """Replay a policy on recorded demand, beside rivals in the same world.

    TRACE is a CSV of timestamp,value (.gz too): ISO 8601 times, any regular step from 15 s to 1 h, missing values
    empty.
    """
    if jobs and not wants_sweep:
        raise click.UsageError("--jobs goes with --sweep: without it, replays are few and go one after another")
    for path, option in ((timeline, "--timeline"), (decisions, "--decisions"), (report, "--report")):
        check_folder(path, option)
    policy = _policy(policy_file, load_test, flags.world)
    scene = flags.scene(policy, is_own=policy_file is not None, variants=variants)
    chosen = parse_rivals(rivals)
    with _progress() as bar:
        flight, *theirs = run_all(scene, chosen, bar, decisions=decisions)
        swept = _swept(scene, chosen, bar, jobs) if wants_sweep else None
    if timeline is not None:
        write_timelines(timeline, [flight.timeline, *theirs])
    if report is not None:
        write_plot(report_of(scene, flight, theirs), report, "--report")
    show = {"table": show_table, "json": show_json}[shape]
    show(_findings(policy, [flight.timeline, *theirs], swept))


def _findings(policy: ScalingPolicy, timelines: Sequence[Timeline], swept: Sweep | None) -> Findings:
    ours, *theirs = timelines
    return Findings(timelines, [compare(ours, rival) for rival in theirs], swept, policy.spec.objective.error_budget)


def _policy(path: Path | None, load_test: Path | None, world: World) -> ScalingPolicy:
    policy = default_policy(world) if path is None else load_policy(path)
    return policy if load_test is None else with_load_test(policy, load_test)


def _swept(scene: Scene, rivals: Sequence[Rival], bar: Progress, jobs: int | None) -> Sweep:
    with workers(jobs) as executor:
        return sweep(scene, rivals, bar, ours=OURS, executor=executor)


def _progress() -> Progress:
    """Return a progress bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    return Progress(console=console, disable=not console.is_terminal, transient=True)


def run_all(
    scene: Scene, rivals: Sequence[Rival], bar: Progress, *, decisions: Path | None
) -> tuple[Flight, *tuple[Timeline, ...]]:
    """Replay the policy, whose decisions go to a file where one is named, and every rival."""

    def told(name: str) -> Told:
        task = bar.add_task(name, total=scene.ticks)
        return lambda passed: bar.advance(task, passed)

    with decision_log(decisions) if decisions else nullcontext(_unheard) as heard:
        ours = fly(scene.demand, scene.world, scene.policy, name=OURS, progress=told(OURS), heard=heard)
    theirs = [rival.replay(scene.demand, scene.world, scene.policy, progress=told(rival.name)) for rival in rivals]
    return (ours, *theirs)


def _unheard(_: Decision) -> None:
    """Nobody wants to hear of decisions."""


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
        budget=scene.policy.spec.objective.error_budget,
        notes=("Every policy meets the same demand, the same start-ups and metrics of the same age.",),
    )


def window_of(demand: Demand) -> str:
    """Return the evaluated window in words."""
    begin, end = demand.at(demand.evaluated_from), demand.at(len(demand.rps))
    return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
