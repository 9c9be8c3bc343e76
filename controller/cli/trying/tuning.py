"""Tuning: a policy for a workload from its history: what is tried, on which days, and beside whom the choice is shown.

Bounds follow from demand before the days that are shown. One setting after the other is moved, those first that move
cost against misses most: the planning percentile, how much of a replica is counted on, the floor, the tolerance. All
are tried on the first days alone. The HPA beside the choice had its target chosen on the same days, by the same rule.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from controller.api.behavior import ScaleUpBehavior
from controller.api.fields import MAX_REPLICAS
from controller.api.forecast import Forecast
from controller.cli.reading.scenes import Scene
from controller.cli.showing.outputs import gate_sentence
from controller.cli.trying.trials import Setting, Trial, curve_of, try_rivals, try_settings
from controller.cli.trying.tuned_policies import Chosen, Known, policy_of
from controller.errors import InputRefused
from controller.scaling.capacity import replicas_for
from controller.scaling.dates.calendars import calendar_of
from controller.scaling.judging.recommendation import Recommendation, least_missed, recommend
from controller.scaling.learning.lead_time import DEFAULT_LEAD_TIME
from controller.simulation.demand import MINUTE, TICK
from controller.simulation.rivals.choice import parse_rivals, swept
from controller.simulation.signals import FIT_STEP
from controller.simulation.traces import LONGEST_STEP
from forecasting import SeriesRefused, fit

PERCENTILES = (70, 80, 90, 95, 98, 99)
COUNTED = (95, 90, 80, 70)  # percent of what a replica takes
TOLERANCES = (0, 2, 5, 10)  # percent of the replicas
QUIET = (1.0, 10.0)  # percentiles of demand that a floor may serve
INTERPOLATED_TICKS = LONGEST_STEP // TICK  # samples so far apart are joined by a line, whose end knows the next one
TICKS_A_MINUTE = MINUTE // TICK
FEWEST_REPLICAS = 2  # one replica is none while it is replaced
STORM = 1.5  # times the highest demand seen: users who come back retry
SHIPPED = Chosen(
    FEWEST_REPLICAS,
    MAX_REPLICAS,
    percentile=Forecast().planning_percentile,
    tolerance=ScaleUpBehavior().tolerance_percent,
)
HPA, USUAL_HPA = "hpa-rps", f"hpa-rps=0.7/{FEWEST_REPLICAS}"


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was chosen and why, of so many settings; and what it came to on later days, beside the others."""

    chosen: Chosen
    why: Recommendation
    tried: int
    shown: Sequence[Trial]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where settings are tried: the scene, the tick from which days are kept to be shown, and who does the work."""

    scene: Scene
    split: int
    executor: Executor
    done: Callable[[int], object] = lambda _: None

    def within(self, max_replicas: int) -> "Bench":
        """Return the bench on which nobody, an HPA neither, runs more than so many replicas."""
        world = replace(self.scene.world, max_replicas=max_replicas)
        return replace(self, scene=replace(self.scene, world=world))

    @property
    def first_days(self) -> Scene:
        """The scene without the days that are kept, and without what is interpolated towards them."""
        demand = self.scene.demand
        return replace(self.scene, demand=replace(demand, rps=demand.rps[: self.split - INTERPOLATED_TICKS]))


def tune(bench: Bench, known: Known, *, budget: float) -> Tuned:
    """Return the settings for a workload whose load is known, chosen for a share of minutes over the objective."""
    demand = bench.first_days.demand
    allowed = budget * (len(demand.rps) - demand.evaluated_from) / TICKS_A_MINUTE
    shipped, floors = bounds(bench, known)
    bench = bench.within(shipped.max_replicas)
    tried = _try(bench, known, [shipped])
    why = _recommended([*tried.values()], allowed)
    best = shipped
    for field, values in (
        ("percentile", PERCENTILES),
        ("counted", COUNTED),
        ("min_replicas", floors),
        ("tolerance", TOLERANCES),
    ):
        wanted = [replace(best, **{field: value}) for value in values]
        tried |= _try(bench, known, [each for each in wanted if each not in tried])
        why = _recommended([*tried.values()], allowed)
        best = next(chosen for chosen, trial in tried.items() if trial.point == why.point)
    return Tuned(best, why, len(tried), _shown(bench, known, {"tuned": best, "shipped default": shipped}, allowed))


def bounds(bench: Bench, known: Known) -> tuple[Chosen, Sequence[int]]:
    """Return the shipped settings with bounds for the demand before the days that are kept, and floors to try.

    Raises InputRefused where there was none.
    """
    demand, load = bench.first_days.demand, known.load or bench.scene.world.pod
    rps = demand.rps[demand.known_from :]
    if not rps.any():
        raise InputRefused(
            f"{bench.scene.name} is zero at every moment before {bench.scene.demand.at(bench.split):%Y-%m-%d %H:%M} "
            "UTC: without demand nothing says how many replicas it needs; give a history that has some"
        )
    highest = max(FEWEST_REPLICAS, replicas_for(STORM * float(rps.max()), load, known.objective))
    quiet = [replicas_for(float(each), load, known.objective) for each in np.percentile(rps, QUIET)]
    floors = sorted({max(FEWEST_REPLICAS, each) for each in (FEWEST_REPLICAS, *quiet)})
    return replace(SHIPPED, max_replicas=highest), floors


def gate_of(scene: Scene, known: Known, split: int) -> str:
    """Return in a sentence whether a forecast from the days before `split` may act.

    Raises ForecastingError for holidays that are not known, and without the holidays package.
    """
    history = scene.demand.history(split - INTERPOLATED_TICKS).at_step(FIT_STEP)
    lead = known.lead_time or DEFAULT_LEAD_TIME
    try:
        fitted = fit(history, calendar=calendar_of(policy_of(known, SHIPPED).spec, history), lead_time=lead)
    except SeriesRefused as problem:
        return f"there was none: {problem}."
    return gate_sentence(fitted.gate)


def _try(bench: Bench, known: Known, wanted: Sequence[Chosen]) -> dict[Chosen, Trial]:
    settings = [Setting(_name(each), policy_of(known, each)) for each in wanted]
    return dict(zip(wanted, try_settings(bench.first_days, settings, bench.executor, done=bench.done), strict=True))


def _name(chosen: Chosen) -> str:
    told = f"p{chosen.percentile}, {chosen.counted} % of a replica"
    return f"{told}, at least {chosen.min_replicas}, tolerance {chosen.tolerance} %"


def _recommended(trials: Sequence[Trial], allowed: float) -> Recommendation:
    return recommend(curve_of(trials), allowed, otherwise=least_missed)


def _shown(bench: Bench, known: Known, ours: dict[str, Chosen], allowed: float) -> Sequence[Trial]:
    """Return the trials of ours and of HPAs on the days that were kept."""
    split = bench.scene.demand.at(bench.split)
    settings = [Setting(name, policy_of(known, chosen)) for name, chosen in ours.items()]
    rivals = [rival for rival in swept(HPA) if rival.settings[1] == FEWEST_REPLICAS]
    best = _recommended(try_rivals(bench.first_days, rivals, bench.executor), allowed).point.setting
    beside = parse_rivals(",".join(dict.fromkeys((best, USUAL_HPA))))
    return [
        *try_settings(bench.scene, settings, bench.executor, judge_from=split, done=bench.done),
        *try_rivals(bench.scene, beside, bench.executor, judge_from=split),
    ]
