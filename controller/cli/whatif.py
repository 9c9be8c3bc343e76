"""`headroom whatif`: settings of a policy replayed side by side, what each costs and misses, and which one to take."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.reading.load_tests import with_load_test
from controller.cli.reading.resources import load_policy
from controller.cli.reading.scene_flags import SceneFlags, judged_from, scene_flags
from controller.cli.reading.scenes import Scene
from controller.cli.reading.values import FILE, Number, Share
from controller.cli.showing.outputs import check_folder, progress, write_plot
from controller.cli.trying.side_by_side import JOBS, workers
from controller.cli.trying.trials import Trial, curve_of, try_settings
from controller.cli.trying.variations import Variation, named, vary
from controller.cli.whatif_tables import Choice, report_of, show_json, show_table
from controller.scaling.judging.recommendation import knee, recommend
from controller.simulation.defaults import default_policy
from controller.simulation.rivals.kinds import PERCENTILE_SWEEP

PERCENTILES = ("forecast.planningPercentile", tuple(int(percentile) for (percentile,) in PERCENTILE_SWEEP))
DEFAULT_BUDGET = "0.1%"  # 20 minutes of two weeks: the 99.9 % that many promise
SHIPPED = "shipped default"


@click.command()
@click.option(
    "--policy", "policy_files", type=FILE, multiple=True, help="A ScalingPolicy as YAML; repeatable. Default: shipped."
)
@click.option(
    "--vary",
    "variations",
    type=Variation(),
    multiple=True,
    metavar="FIELD=V,V,...",
    help="A field of the spec and values to try, every one with every other; repeatable. Default, for a single policy: "
    f"{PERCENTILES[0]}.",
)
@click.option(
    "--budget",
    type=Share(),
    default=DEFAULT_BUDGET,
    show_default=True,
    help="Share of the minutes that may be over the objective.",
)
@click.option(
    "--price-per-pod-hour",
    "price",
    type=Number(0, min_open=True),
    help="What a pod costs, in any currency. Default: spec.cost.",
)
@click.option(
    "--load-test", type=FILE, help="CSV of load_per_replica,p95_ms: what is known of a capacity to be learned."
)
@click.option("--jobs", type=JOBS, help="Replays at a time. Default: one for each processor.")
@click.option("--report", type=FILE, help="Write a page with the settings as a chart.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
@scene_flags(scale="peak")
@judged_from
def whatif(  # noqa: PLR0913  one parameter a flag
    *,
    flags: SceneFlags,
    judge_from: datetime | None,
    policy_files: tuple[Path, ...],
    variations: tuple[tuple[str, tuple[Any, ...]], ...],
    budget: float,
    price: float | None,
    load_test: Path | None,
    jobs: int | None,
    report: Path | None,
    shape: str,
) -> None:
    """Replay settings of a policy side by side: what each costs and misses, and which one to take.

    TRACE is a CSV of timestamp,value (.gz too). All settings meet the world of the first policy: its objective, and the
    capacity it says a replica has. The one to take is the cheapest that keeps the budget, else the knee of the curve.
    """
    check_folder(report, "--report")
    policies = _policies(flags, policy_files, load_test)
    settings = vary(policies, variations or (() if len(policies) > 1 else (PERCENTILES,)))
    scene = flags.scene(next(iter(policies.values())), is_own=bool(policy_files), judge_from=judge_from)
    with progress("Replaying", len(settings)) as done, workers(jobs) as executor:
        trials = try_settings(scene, settings, executor, judge_from=judge_from, done=done)
    choice = _choice(scene, trials, budget=budget, price=price, judge_from=judge_from)
    if report is not None:
        write_plot(report_of(choice), report, "--report")
    {"table": show_table, "json": show_json}[shape](choice)


def _policies(flags: SceneFlags, files: tuple[Path, ...], load_test: Path | None) -> Mapping[str, ScalingPolicy]:
    policies = [load_policy(path) for path in files] or [default_policy(flags.world)]
    if load_test is not None:
        policies = [with_load_test(policy, load_test) for policy in policies]
    return named(files, policies) if files else {SHIPPED: policies[0]}


def _choice(
    scene: Scene, trials: list[Trial], *, budget: float, price: float | None, judge_from: datetime | None
) -> Choice:
    allowed = budget * trials[0].chosen_on.score.minutes
    stated = scene.policy.spec.cost
    if price is None and stated is not None:
        price = stated.hourly_per_replica
    return Choice(scene, trials, recommend(curve_of(trials), allowed, otherwise=knee), allowed, price, judge_from)
