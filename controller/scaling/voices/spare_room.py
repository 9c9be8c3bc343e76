"""Spare room: while little is left of the error budget, a fifth more replicas than demand needs.

It is a voice and no limit, so that it is among the recommendations that the stabilization window remembers.
"""

import math
from collections.abc import Sequence

from controller.api.fields import MAX_REPLICAS
from controller.scaling.decision import Candidate
from controller.scaling.guards.error_budget import NEARLY_GONE, error_budget, told
from controller.scaling.observation import Observation
from controller.scaling.reasons import KNOWS_DEMAND, Reason

MORE_ROOM = 1.2  # where ten replicas are needed, two may be slow or missing


def room_candidates(voices: Sequence[Candidate], observation: Observation) -> tuple[Candidate, ...]:
    """Return what demand needs, as other voices say, and a fifth more; nothing while enough of the budget is left."""
    budget = error_budget(observation)
    sized = [voice for voice in voices if voice.replicas and voice.reason in KNOWS_DEMAND]
    if budget is None or budget.left_share >= NEARLY_GONE or not sized:
        return ()
    largest = max(sized, key=lambda voice: voice.replicas or 0)
    needed = largest.replicas or 0
    replicas = with_room(needed)
    message = f"{told(budget)}: {replicas} replicas are kept where {largest.source} needs {needed}"
    return (Candidate(Reason.ERROR_BUDGET_NEARLY_GONE, largest.source, replicas, message),)


def with_room(replicas: int) -> int:
    """Return so many replicas and a fifth more."""
    return min(math.ceil(MORE_ROOM * replicas), MAX_REPLICAS)
