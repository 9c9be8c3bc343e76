"""Room: how much more than a demand is sized for under a latency objective, since it moves while pods start.

The shares were chosen on first parts of traces (docs/decisions/0014). How replicas follow is capacity.py's business.
"""

from controller.api.objective import Objective
from controller.api.signals import Load
from controller.scaling.capacity import replicas_for

ROOM = 1.10  # a forecast is a mean over a step, inside which demand swings; what is measured is late already
NO_ROOM = 1.0
SURGE_ROOM = 1.25  # what is far above its forecast goes on growing, and what waits is to be served too
MOST_ROOM = 1.5  # one outage among the last hours makes growth look endless


def keeps_room(capacity: Load, objective: Objective) -> bool:
    """Tell whether loads are sized with room. A utilisation is room already, as much as whoever set it wants."""
    return objective.p95_milliseconds is not None and capacity.service_time_milliseconds is not None


def replicas_with_room(load: float, capacity: Load, objective: Objective, *, room: float = ROOM) -> int:
    """Return the fewest Ready replicas that keep the objective at `room` times the load, where room is kept.

    >>> pod = Load(per_replica=10, service_time_milliseconds=100)
    >>> replicas_with_room(600, pod, Objective(p95_milliseconds=250))
    68
    >>> replicas_with_room(120, Load(per_replica=50), Objective(utilization_percent=80))
    3
    """
    return replicas_for(room * load if keeps_room(capacity, objective) else load, capacity, objective)


def room_above(demand: float, foreseen: float) -> float:
    """Return the room of a demand above what was planned for now: it grew unforeseen so much, and may once more."""
    return min(demand / foreseen, SURGE_ROOM) if foreseen > 0 else SURGE_ROOM


def room_as_grown(growth: float | None) -> float:
    """Return the room of a demand that grew so many times within a lead time lately; None where that is not known."""
    return ROOM if growth is None else min(max(ROOM, growth), MOST_ROOM)
