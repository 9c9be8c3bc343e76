"""Admission: the share of requests that can be served within the objective now, for who sheds the rest in front.

Shedding a little early keeps what is admitted within the objective; a queue that grows keeps nobody's.
"""

from controller.scaling.capacity import load_for
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.observation import Observation

# Demand is told 30 s late and moves meanwhile: what is admitted must be within the objective at the end of it, too.
ROOM = 0.9


def admit_fraction(observation: Observation) -> float | None:
    """Return the share (0 to 1) of the demand measured now that Ready replicas serve within the objective.

    1 while there is no shortfall; of several loads the smallest; None where no load is known.
    """
    shares = []
    for signal in observation.policy.spec.load_signals:
        capacity = capacity_of(signal, observation.memory)
        if capacity is None or not is_fresh(observation.readings, signal.name, observation.now):
            continue
        demand, ready = observation.readings[signal.name].value or 0.0, observation.scale.ready_replicas
        served = load_for(ready, capacity, observation.policy.spec.objective) if ready else 0.0
        shares.append(1.0 if demand <= served else ROOM * served / demand)
    return min(shares, default=None)
