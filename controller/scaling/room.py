"""Room: how much more than a demand is sized for under a latency objective, since it moves while pods start.

The shares were chosen on first parts of traces (docs/decisions/0014). How replicas follow is capacity.py's business.
"""

from controller.api.objective import Objective
from controller.api.signals import Load
from controller.scaling.capacity import replicas_for

ROOM = 1.10  # a forecast is a mean over a step, inside which demand swings; what is measured is late already
NO_ROOM = 1.0
SURGE_ROOM = 1.25  # what is far above its forecast goes on growing, and what waits is to be served too


def replicas_with_room(load: float, capacity: Load, objective: Objective, *, room: float = ROOM) -> int:
    """Return the fewest Ready replicas that keep the objective at `room` times the load.

    A utilisation is room already, as much as whoever set it wants: it is kept at the load itself.

    >>> pod = Load(per_replica=10, service_time_milliseconds=100)
    >>> replicas_with_room(600, pod, Objective(p95_milliseconds=250))
    68
    >>> replicas_with_room(120, Load(per_replica=50), Objective(utilization_percent=80))
    3
    """
    if objective.p95_milliseconds is None or capacity.service_time_milliseconds is None:
        return replicas_for(load, capacity, objective)
    return replicas_for(room * load, capacity, objective)


def room_to_grow(demand: float, foreseen: float | None) -> float:
    """Return the room that measured demand needs, where `foreseen` was planned for now; None where nothing was.

    A plan has room of its own. Above it, demand grew unforeseen by so many times, and may by as many once more.
    """
    if foreseen is None:
        return ROOM
    if demand <= foreseen:
        return NO_ROOM
    return min(demand / foreseen, SURGE_ROOM) if foreseen > 0 else SURGE_ROOM
