"""What people hold by hand: a pause and a pin in the policy, and a freeze of all policies, stronger than either."""

from datetime import datetime

from controller.api.behavior import PauseDirection
from controller.scaling.decision import Plan, Proposal
from controller.scaling.observation import Freeze, Observation
from controller.scaling.reasons import Reason


def obey_pause(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Make no change that a pause forbids; bounds do not move what a person scaled by hand during it."""
    del plan
    pause = observation.policy.spec.pause
    if pause is None or _is_over(pause.until, observation.now):
        return proposal
    until = f"until {_minute(pause.until)}" if pause.until else "until the pause is removed"
    return _forbid(proposal, pause.direction, Reason.PAUSED, f"spec.pause forbids {pause.direction} {until}")


def obey_pin(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Hold the pinned number, whatever all others say; bounds do not move a pin."""
    del plan
    pin = observation.policy.spec.pin
    if pin is None or _is_over(pin.until, observation.now):
        return proposal
    return proposal.to(pin.replicas, Reason.PINNED, f"pinned at {pin.replicas} until {_minute(pin.until)}")


def obey_freeze(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Make no change that the freeze of all policies forbids, a pin neither."""
    del plan
    freeze = standing_freeze(observation)
    if freeze is None:
        return proposal
    return _forbid(proposal, freeze.direction, Reason.FROZEN, freeze_message(freeze))


def standing_freeze(observation: Observation) -> Freeze | None:
    """Return the freeze that is on; None once its end has come."""
    freeze = observation.freeze
    return None if freeze is None or freeze.is_over(observation.now) else freeze


def freeze_message(freeze: Freeze) -> str:
    """Return who froze what, and when it ends."""
    until = f"until {_minute(freeze.until)}" if freeze.until else "until it is deleted"
    message = f"{freeze.origin} forbids {freeze.direction} for all policies {until}"
    return f"{message}; {freeze.note}" if freeze.note else message


def _forbid(proposal: Proposal, direction: PauseDirection, reason: Reason, message: str) -> Proposal:
    if direction is not PauseDirection.SCALE_DOWN:
        proposal = proposal.at_most(proposal.current, reason, message)
    if direction is not PauseDirection.SCALE_UP:
        proposal = proposal.at_least(proposal.current, reason, message)
    return proposal


def _is_over(until: datetime | None, now: datetime) -> bool:
    return until is not None and until <= now


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
