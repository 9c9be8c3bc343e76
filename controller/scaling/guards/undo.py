"""Undo: a removal is watched, the next one waits, and one that did harm is put back and not tried again for a while."""

from datetime import timedelta

from controller.api.policy_status import RemovalMemory
from controller.scaling.decision import Plan, Proposal
from controller.scaling.guards.indicators import missed_indicators
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason

REMEMBERED = timedelta(minutes=30)  # what was just seen to be needed is not tried again at once


def advance_removal(observation: Observation) -> RemovalMemory | None:
    """Return the removal that is watched, or was undone; None once it did no harm in its watch time."""
    removal, now = observation.memory.removal, observation.now
    if removal is None or not _watches(observation):
        return None
    if removal.undone_at is not None:
        return removal if now - removal.undone_at <= REMEMBERED else None
    if now - removal.at > _watch_time(observation):
        return None
    return removal.model_copy(update={"undone_at": now}) if missed_indicators(observation) else removal


def removal_after(observation: Observation, desired: int) -> RemovalMemory | None:
    """Return what is watched after deciding. Where service is bad already, a removal cannot be blamed for it."""
    current = observation.scale.spec_replicas
    removes = observation.acts and desired < current and _watches(observation)
    if not removes or missed_indicators(observation):
        return observation.memory.removal
    return RemovalMemory(at=observation.now, from_replicas=current)


def undo_harmful_removal(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Remove nothing while the last removal is watched, and put it back where service went bad meanwhile."""
    del plan
    removal = observation.memory.removal
    if removal is None:
        return proposal
    if removal.undone_at is None:
        message = f"the removal of {removal.at:%H:%M:%S} UTC is watched for {_watch_time(observation)}"
        return proposal.at_least(proposal.current, Reason.SCALE_DOWN_WATCHED, message)
    message = (
        f"service went bad at {removal.undone_at:%H:%M:%S} UTC after a removal from {removal.from_replicas} replicas; "
        f"they are kept until {removal.undone_at + REMEMBERED:%H:%M:%S} UTC"
    )
    return proposal.at_least(removal.from_replicas, Reason.SCALE_DOWN_UNDONE, message)


def _watches(observation: Observation) -> bool:
    return bool(observation.policy.spec.objective.indicators and _watch_time(observation))


def _watch_time(observation: Observation) -> timedelta:
    return timedelta(seconds=observation.policy.spec.behavior.scale_down.watch_seconds)
