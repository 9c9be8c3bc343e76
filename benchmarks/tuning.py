"""Tuning: settings chosen on some days, judged on later ones, beside the HPA that hindsight picks on these."""

import math
import statistics
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import timedelta

from benchmarks.planning import SCENES
from benchmarks.scenes import Scene, demand_in
from benchmarks.tables import Table, against
from controller.api.metadata import ObjectKey
from controller.cli.reading.scenes import Scene as Stage
from controller.cli.trying.side_by_side import workers
from controller.cli.trying.trials import Trial, try_rivals
from controller.cli.trying.tuned_policies import Known, policy_of
from controller.cli.trying.tuning import FEWEST_REPLICAS, SHIPPED, Bench, tune
from controller.scaling.judging.curves import LEAST_MINUTES, Curve, Point, minutes_at, pod_hours_at
from controller.scaling.learning.lead_time import METRIC_DELAY
from controller.simulation.defaults import SLOWEST_POD
from controller.simulation.demand import TICK
from controller.simulation.rivals.choice import swept
from controller.simulation.world import DEFAULT_OBJECTIVE, DEFAULT_POD, World

DAYS = timedelta(days=2)  # to choose on, and as many to judge on
BUDGETS = (0.01, 0.001)  # shares of the minutes; the second is what the command takes when told nothing
TUNED = "tuned for {:.1%}"
KINDS = ("hpa-cpu", "hpa-rps")
AIM = 0.07  # of the minutes of the best HPA at equal cost
WORST = 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """What tuned and shipped settings came to on the later days, and the curve of all HPAs on the same."""

    scene: Scene
    trials: dict[str, Point]
    hpa: Curve

    def minutes(self, name: str) -> float:
        """Return minutes over those of the best HPA at equal cost; infinite where no HPA is as cheap."""
        ours = self.trials[name]
        theirs = minutes_at(self.hpa, ours.pod_hours)
        return math.inf if theirs is None else max(ours.violation_minutes, LEAST_MINUTES) / max(theirs, LEAST_MINUTES)

    def cost(self, name: str) -> float:
        """Return pod-hours over those of the best HPA at as many minutes; 0 where no HPA misses so few."""
        ours = self.trials[name]
        theirs = pod_hours_at(self.hpa, ours.violation_minutes)
        return 0.0 if theirs is None else ours.pod_hours / theirs


def table() -> Table:
    """Tune on each scene."""
    with workers(None) as executor:
        found = [judged(scene, executor) for scene in SCENES]
    return Table(
        title="Tuning",
        intro=(
            f"headroom tune chooses on {DAYS.days} days for so large a share of minutes over the objective, and is "
            f"judged on the {DAYS.days} days after. The best HPA is chosen on these themselves: of both kinds and "
            "targets, the lower-left envelope. Ratios are minutes at equal pod-hours, and pod-hours at equal minutes."
        ),
        header=("demand", "settings", "minutes", "pod-hours", "minutes, of the best HPA's", "cost, of the best HPA's"),
        rows=[row for each in found for row in _rows(each)],
        verdicts=[verdict for budget in BUDGETS for verdict in _verdicts(TUNED.format(budget), found)],
    )


def _verdicts(name: str, found: Sequence[Found]) -> Iterator[str]:
    ratios = [each.minutes(name) for each in found]
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    yield against(f"{name}, minutes of the best HPA's, geometric mean", mean, AIM)
    yield against(f"{name}, minutes of the best HPA's, worst", max(ratios), WORST)


def judged(scene: Scene, executor: Executor) -> Found:
    """Return what tuning on a scene's first days comes to on its last ones."""
    whole = demand_in(scene.trace, spikes=scene.spikes, day_zero=False)
    demand = replace(whole, evaluated_from=len(whole.rps) - 2 * DAYS // TICK)
    lead = SLOWEST_POD * scene.world.start_up + METRIC_DELAY
    known = Known(ObjectKey("bench", "workload"), DEFAULT_OBJECTIVE, DEFAULT_POD, lead)
    world = World(start_up=scene.world.start_up, min_replicas=FEWEST_REPLICAS)
    stage = Stage(scene.name, demand, world, policy_of(known, SHIPPED))
    split = len(demand.rps) - DAYS // TICK
    trials: dict[str, Point] = {}
    for budget in BUDGETS:
        tuned, shipped = tune(Bench(stage, split, executor), known, budget=budget).shown[:2]
        trials |= {TUNED.format(budget): _later(tuned), shipped.setting: _later(shipped)}
    rivals = [rival for kind in KINDS for rival in swept(kind) if rival.settings[1] == FEWEST_REPLICAS]
    hpas = try_rivals(stage, rivals, executor, judge_from=demand.at(split))
    return Found(scene, trials, [_later(each) for each in hpas])


def _later(trial: Trial) -> Point:
    later = (trial.shown_on or trial.chosen_on).score
    return Point(trial.setting, later.pod_hours, later.violation_minutes)


def _rows(found: Found) -> Iterator[tuple[str, str, float, float, str, str]]:
    for name, point in found.trials.items():
        ratios = f"{found.minutes(name):.2f}", f"{found.cost(name):.2f}"
        yield found.scene.name.removesuffix(", 180 s"), name, point.violation_minutes, point.pod_hours, *ratios
