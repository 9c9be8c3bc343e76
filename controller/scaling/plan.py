"""Plan: every voice proposes replicas or stays silent with a reason, and the largest wins. Limits come after.

The failover reserve and the spare room speak last: they multiply the largest size of a demand.
"""

from collections.abc import Callable

from controller.scaling.decision import Candidate, Plan
from controller.scaling.observation import Observation
from controller.scaling.reasons import KNOWS_DEMAND, Reason
from controller.scaling.voices.demand_events import event_candidates
from controller.scaling.voices.failover import reserve_candidates
from controller.scaling.voices.forecast import forecast_candidates, needed_soon
from controller.scaling.voices.live_ratio import live_candidates
from controller.scaling.voices.queue_drain import drain_candidates
from controller.scaling.voices.spare_room import room_candidates
from controller.scaling.voices.step_rules import rule_candidates

VOICES: tuple[Callable[[Observation], tuple[Candidate, ...]], ...] = (
    forecast_candidates,
    live_candidates,
    drain_candidates,
    rule_candidates,
    event_candidates,
)


def plan_capacity(observation: Observation) -> Plan:
    """Return the largest proposal of all voices; at least the current replicas where none of them knows demand."""
    voices = tuple(candidate for voice in VOICES for candidate in voice(observation))
    candidates = (*voices, *reserve_candidates(voices, observation.policy), *room_candidates(voices, observation))
    speaking = [candidate for candidate in candidates if candidate.replicas is not None]
    winner = max(speaking, key=lambda candidate: candidate.replicas or 0, default=None)
    current = observation.scale.spec_replicas
    if winner and (winner.replicas or 0) < current and not any(c.reason in KNOWS_DEMAND for c in speaking):
        winner = None
    forecasts = [c.replicas for c in speaking if c.reason is Reason.FORECAST and c.replicas is not None]
    return Plan(
        recommended_replicas=current if winner is None else winner.replicas or 0,
        candidates=candidates,
        winner=winner,
        forecast_replicas=max(forecasts, default=None),
        needed_soon=needed_soon(observation),
    )
