"""What-if: the setting it says to take, against every setting that was tried, found by comparing all pairs."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import timedelta

from benchmarks.planning import SCENES
from benchmarks.scenes import Scene, demand_in
from benchmarks.tables import Table, against
from controller.cli.reading.scenes import Scene as Stage
from controller.cli.trying.side_by_side import workers
from controller.cli.trying.trials import curve_of, try_settings
from controller.cli.trying.variations import vary
from controller.scaling.judging.curves import Point
from controller.scaling.judging.recommendation import knee, recommend
from controller.simulation.defaults import default_policy
from controller.simulation.demand import TICK

DAYS = timedelta(days=2)
BUDGET = 0.01
VARIED = (("forecast.planningPercentile", (50, 80, 95, 99)), ("behavior.scaleUp.tolerancePercent", (0, 5, 10)))


def table() -> Table:
    """Try all settings on each scene."""
    with workers(None) as executor:
        rows = [_row(scene, executor) for scene in SCENES]
    return Table(
        title="What-if",
        intro=(
            f"{len(VARIED[0][1]) * len(VARIED[1][1])} settings of the shipped default on {DAYS.days} days: planning "
            f"percentile by tolerance. The one to take is to keep {BUDGET:.0%} of minutes over the objective."
        ),
        header=("demand", "take", "minutes", "pod-hours", "settings that cost and miss less", "cheaper ones in budget"),
        rows=rows,
        verdicts=[
            against("settings that cost and miss less than the one to take", sum(row[4] for row in rows), 0),
            against("cheaper settings that keep the budget", sum(row[5] for row in rows), 0),
        ],
    )


def _row(scene: Scene, executor: Executor) -> tuple[str, str, float, float, int, int]:
    whole = demand_in(scene.trace, spikes=scene.spikes, day_zero=False)
    demand = replace(whole, evaluated_from=len(whole.rps) - DAYS // TICK)
    policy = default_policy(scene.world)
    stage = Stage(scene.name, demand, scene.world, policy)
    points = curve_of(try_settings(stage, vary({"": policy}, VARIED), executor))
    allowed = BUDGET * (DAYS / timedelta(minutes=1))
    take = recommend(points, allowed, otherwise=knee).point
    better = sum(1 for _ in _better(take, points))
    kept = take.violation_minutes <= allowed
    cheaper = [each for each in points if each.violation_minutes <= allowed and each.pod_hours < take.pod_hours]
    name = scene.name.replace(", 180 s", "")
    return name, take.setting.strip(), take.violation_minutes, take.pod_hours, better, len(cheaper) if kept else 0


def _better(than: Point, points: Sequence[Point]) -> Iterator[Point]:
    """Yield the settings that are as good in both and better in one."""
    for each in points:
        costs, misses = each.pod_hours - than.pod_hours, each.violation_minutes - than.violation_minutes
        if costs <= 0 and misses <= 0 and (costs < 0 or misses < 0):
            yield each
