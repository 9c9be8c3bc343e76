"""Plans ahead: 48 hours in few steps on real demand, beside who follows every step of the same forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from benchmarks.scenes import Scene, demand_in, scenes
from benchmarks.tables import Table, against
from controller.api.forecast_report import PlanStep
from controller.api.policy_status import Memory
from controller.scaling.planning.ahead import HORIZON, look_ahead, needs_ahead, plan_ahead
from controller.scaling.planning.needs import Ahead, Foresight
from controller.simulation.defaults import default_policy
from controller.simulation.demand import TICK, Demand
from controller.simulation.rivals.ablations import planning_for
from controller.simulation.signals import FIT_STEP
from forecasting import Series, fit
from forecasting.batch import LONGEST_HISTORY

PERCENTILE = 95
ORIGINS = 6
TICKS = FIT_STEP // TICK
MOST_CHANGES = 1 / 3  # of the follower's
SCENES = (
    *scenes(("nyc_taxi", "vic_electricity", "ecommerce"), 180),
    *scenes(("nyc_taxi", "bike_rentals"), 180, spikes=True),
)


@dataclass(frozen=True, slots=True)
class Made:
    """One plan: its changes and the follower's, its cost over the follower's, and what lay above it."""

    changes: int
    followed: int
    cost: float
    below_need: int  # steps of the forecast at which the plan is below the bound
    exceeded: float  # share of steps at which real demand needed more than the plan


def table() -> Table:
    """Plan from some moments of the evaluated window of each scene."""
    made = {scene: plans(scene) for scene in SCENES}
    rows = [
        (
            scene.name.removesuffix(", 180 s"),
            float(np.mean([each.followed for each in those])),
            float(np.mean([each.changes for each in those])),
            f"{max(each.changes / each.followed for each in those):.0%}",
            f"{np.mean([each.cost for each in those]) - 1:+.1%}",
            str(sum(each.below_need for each in those)),
            f"{np.mean([each.exceeded for each in those]):.1%}",
        )
        for scene, those in made.items()
    ]
    every = [each for those in made.values() for each in those]
    return Table(
        title="Plans ahead",
        intro=(
            f"{HORIZON // timedelta(hours=1)} hours from {ORIGINS} moments of each evaluated window, for the bound of "
            f"{PERCENTILE} %. Who follows may change with every {FIT_STEP // timedelta(minutes=1)} minutes."
        ),
        header=(
            "demand",
            "changes, who follows",
            "changes, the plan",
            "the most of a plan",
            "pod-hours",
            "steps below the bound",
            "steps at which real demand needed more",
        ),
        rows=rows,
        verdicts=[
            against("changes of a plan over the follower's", max(e.changes / e.followed for e in every), MOST_CHANGES),
            against("steps of a forecast that a plan is below", sum(each.below_need for each in every), 0),
        ],
    )


def plans(scene: Scene) -> list[Made]:
    """Return the plans of a scene, each by what was known at its moment."""
    demand = demand_in(scene.trace, spikes=scene.spikes, day_zero=False)
    room = (len(demand.rps) - demand.evaluated_from) * TICK - HORIZON
    return [_plan(scene, demand, demand.evaluated_from + int(room / TICK * each / ORIGINS)) for each in range(ORIGINS)]


def _plan(scene: Scene, demand: Demand, tick: int) -> Made:
    known = tick // TICKS * TICKS
    begin = max(0, known - LONGEST_HISTORY // TICK) // TICKS * TICKS
    past = Series(demand.at(begin), FIT_STEP, demand.rps[begin:known].reshape(-1, TICKS).mean(axis=1))
    policy = planning_for(default_policy(scene.world), PERCENTILE)
    (signal,) = policy.spec.load_signals
    fitted = fit(past)
    foresight = Foresight(policy, Memory(), [look_ahead(policy, signal, fitted, now=past.end)])
    planned, needs = plan_ahead(foresight, now=past.end), needs_ahead(foresight, now=past.end)
    bound = np.array([need.replicas for _, need in needs])
    held = _held(planned.steps, [begin for begin, _ in needs])
    real = demand.rps[known : known + len(bound) * TICKS].reshape(-1, TICKS).mean(axis=1)
    really = Series(past.end, FIT_STEP, real)
    after = needs_ahead(Foresight(policy, Memory(), [Ahead(signal, really, really)]), now=past.end)
    needed = np.array([need.replicas for _, need in after])
    changes = len(planned.steps) - 1
    return Made(
        changes=changes,
        followed=planned.changes_of_need,
        cost=float(held.sum() / bound.sum()),
        below_need=int((held < bound).sum()),
        exceeded=float((needed > held[: len(needed)]).mean()),
    )


def _held(steps: Sequence[PlanStep], begins: Sequence[datetime]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the replicas that a plan holds at each of these moments."""
    at = {step.start: step.replicas for step in steps}
    held, values = 0, []
    for begin in begins:
        held = at.get(begin, held)
        values.append(held)
    return np.array(values)
