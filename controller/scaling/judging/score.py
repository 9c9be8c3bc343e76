"""Score: what a timeline was worth, in measures whose definitions are fixed. Pure arithmetic on columns.

Under- and over-provisioning are the elasticity metrics theta and tau of Herbst et al., Ready for Rain? A View from SPEC
Research on the Future of Cloud Metrics (2016), against the fewest replicas that keep the objective.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from controller.scaling.judging.timeline import Timeline
from forecasting.series import Values

HOUR = timedelta(hours=1)
MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Score:
    """The measures of one timeline."""

    policy: str
    minutes: int
    """Minutes that were evaluated."""
    violation_minutes: int
    """Minutes with a p95 above the objective in any tick."""
    late_share: float
    """Share of requests slower than the objective."""
    pod_hours: float
    """Created pods, Ready or not, times hours."""
    actions: int
    """Changes of the number of created pods."""
    reversals: int
    """Changes in the other direction than the one before."""
    under_provisioning: float
    """theta_U: missing replicas as a share of the needed ones, mean over time."""
    over_provisioning: float
    """theta_O: Ready replicas too many, as a share of the needed ones, mean over time."""
    time_under: float
    """tau_U: share of time with too few Ready replicas."""
    time_over: float
    """tau_O: share of time with more Ready replicas than needed."""


def score(timeline: Timeline) -> Score:
    """Return the measures of a timeline of at least one tick."""
    changes = _changes(timeline.created_replicas)
    short = timeline.needed_replicas - timeline.ready_replicas
    return Score(
        policy=timeline.policy,
        minutes=len(np.unique(_minutes(timeline))),
        violation_minutes=len(np.unique(_minutes(timeline)[timeline.p95_ms > timeline.objective_ms])),
        late_share=_late_share(timeline),
        pod_hours=float(timeline.created_replicas.sum() * (timeline.tick / HOUR)),
        actions=len(changes),
        reversals=int(np.sum(np.sign(changes[1:]) != np.sign(changes[:-1]))),
        under_provisioning=float(np.mean(np.maximum(short, 0) / timeline.needed_replicas)),
        over_provisioning=float(np.mean(np.maximum(-short, 0) / timeline.needed_replicas)),
        time_under=float(np.mean(short > 0)),
        time_over=float(np.mean(short < 0)),
    )


def _minutes(timeline: Timeline) -> Values:
    """Return the minute of the clock in which each tick begins."""
    return timeline.seconds // MINUTE_SECONDS


def _changes(created: Values) -> Values:
    """Return the changes of the number of pods, without the ticks in which it stayed."""
    steps = np.diff(created)
    changes: Values = steps[steps != 0]
    return changes


def _late_share(timeline: Timeline) -> float:
    requests = float(timeline.demand_rps.sum())
    return float(timeline.demand_rps @ timeline.late_share) / requests if requests else 0.0
