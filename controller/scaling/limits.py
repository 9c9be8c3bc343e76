"""Limits on a proposed number, in the one order that LIMITS shows. Each is a small function with one reason.

What demand will be is not their business; they only see the plan. A limit that reads the past finds it in the
observation's memory.
"""

from collections.abc import Callable
from datetime import timedelta

from controller.scaling.decision import Plan, Proposal
from controller.scaling.guards.by_hand import obey_freeze, obey_pause, obey_pin
from controller.scaling.guards.dependencies import spare_dependencies
from controller.scaling.guards.grant import keep_to_grant
from controller.scaling.guards.health import Health, describe, unhealthy_signals
from controller.scaling.guards.outage import hold_through_outage
from controller.scaling.guards.rest import may_rest, rest_at_zero
from controller.scaling.guards.rollout import hold_during_rollout
from controller.scaling.guards.step_limits import limit_steps
from controller.scaling.guards.undo import undo_harmful_removal
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.memory import stabilized_floor
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason

# Asked for by a person, word for word.
EXPLICIT = (Reason.STEP_RULE, Reason.DEMAND_EVENT, Reason.SCHEDULE, Reason.WINDOW_HELD)


def hold_on_unhealthy_signals(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Never remove on a stale, lost, partial or non-finite signal; the ladder says what is held instead."""
    del plan
    for name, rung in unhealthy_signals(observation).items():
        proposal = _hold_rung(proposal, observation, name, rung)
    return proposal


def hold_while_in_flight(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Do not remove what was asked for before it had its chance to be Ready: its effect is not measured yet."""
    del plan
    scale, changes = observation.scale, observation.memory.changes
    asked = [change.at for change in changes if change.to_replicas > change.from_replicas]
    if scale.ready_replicas >= scale.spec_replicas or not asked:
        return proposal
    if observation.now - asked[-1] > lead_time(observation.policy, observation.memory):
        return proposal  # late: it will not come by waiting
    starting = scale.spec_replicas - scale.ready_replicas
    return proposal.at_least(scale.spec_replicas, Reason.IN_FLIGHT, f"{starting} replicas are still starting")


def ignore_within_tolerance(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Leave small differences alone, so that actions stay few; never what somebody asked for word for word."""
    behavior, current = observation.policy.spec.behavior, proposal.current
    rising = proposal.replicas > current
    percent = behavior.scale_up.tolerance_percent if rising else behavior.scale_down.tolerance_percent
    if abs(proposal.replicas - current) * 100 > current * percent:
        return proposal
    explicit = [c.replicas or 0 for c in plan.candidates if c.reason in EXPLICIT]
    kept = max(current, min(proposal.replicas, max(explicit, default=0)))
    message = f"{proposal.replicas} is within {percent} % of the current {current} replicas"
    return proposal.to(kept, Reason.WITHIN_TOLERANCE, message)


def stabilize(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Remove only down to the highest recommendation of the stabilization window (HPA semantics)."""
    del plan
    floor = min(stabilized_floor(observation), proposal.current)
    window = observation.policy.spec.behavior.scale_down.stabilization_window_seconds
    message = f"the highest recommendation of the last {window} s is {floor} replicas"
    return proposal.at_least(floor, Reason.SCALE_DOWN_STABILIZED, message)


def keep_what_is_needed_soon(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Remove nothing that the forecast needs again within twice the lead time."""
    del observation
    floor = min(plan.needed_soon or 0, proposal.current)
    return proposal.at_least(
        floor, Reason.NEEDED_SOON, f"the forecast needs {floor} replicas within twice the lead time"
    )


def cool_down(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Wait after a change before the next one in the same direction."""
    del plan
    behavior, changes = observation.policy.spec.behavior, observation.memory.changes
    rising = proposal.replicas > proposal.current
    seconds = behavior.scale_up.cooldown_seconds if rising else behavior.scale_down.cooldown_seconds
    since = observation.now - timedelta(seconds=seconds)
    if not any(change.at > since and (change.to_replicas > change.from_replicas) == rising for change in changes):
        return proposal
    direction = "increase" if rising else "decrease"
    return proposal.to(proposal.current, Reason.COOLDOWN, f"the last {direction} is less than {seconds} s ago")


def clamp_to_bounds(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Keep replicas between the policy's minimum and maximum; below the minimum only at rest."""
    spec = observation.policy.spec
    least = 0 if may_rest(proposal, observation, plan) else spec.min_replicas
    below = f"the plan of {proposal.replicas} is below minReplicas {spec.min_replicas}"
    above = f"the plan of {proposal.replicas} is above maxReplicas {spec.max_replicas}"
    proposal = proposal.at_least(least, Reason.TOO_FEW_REPLICAS, below)
    return proposal.at_most(spec.max_replicas, Reason.TOO_MANY_REPLICAS, above)


def stay_within_hpa(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Keep the floor of an HPA between the one its owner set and its maximum, whoever asks for more or less."""
    del plan
    hpa = observation.scale.hpa
    if hpa is None:
        return proposal
    below = f"the owner of HorizontalPodAutoscaler {hpa.name} set a floor of {hpa.original}"
    above = f"maxReplicas of HorizontalPodAutoscaler {hpa.name} is {hpa.max_replicas}"
    proposal = proposal.at_least(hpa.original, Reason.HPA_FLOOR, below)
    return proposal.at_most(hpa.max_replicas, Reason.HPA_MAX, above)


def _hold_rung(proposal: Proposal, observation: Observation, name: str, rung: Health) -> Proposal:
    reading, memory = observation.readings.get(name), observation.memory
    why = describe(name, reading, observation.now)
    if name not in observation.policy.spec.asking_signals:
        # A guard that is blind asks for nothing; it only cannot say that fewer are safe.
        reason = Reason.SIGNALS_STALE if rung is Health.STALE else Reason.SIGNALS_LOST
        return proposal.at_least(proposal.current, reason, f"{why}; the current replicas are held")
    if rung is Health.STALE:
        planned = max(proposal.current, memory.planned_replicas or 0)
        return proposal.at_least(planned, Reason.SIGNALS_STALE, f"{why}; the last plan of {planned} replicas is held")
    fallback = observation.policy.spec.fallback
    if fallback and reading and observation.now - reading.valid_at > timedelta(seconds=fallback.after_seconds):
        floor = max(proposal.current, fallback.replicas)
        return proposal.at_least(floor, Reason.FALLBACK_FLOOR, f"{why}; spec.fallback asks for {fallback.replicas}")
    return proposal.at_least(proposal.current, Reason.SIGNALS_LOST, f"{why}; the current replicas are held")


# The order is the contract: what is safe, what is calm, what the policy bounds, and last what a person holds by hand.
LIMITS: tuple[Callable[[Proposal, Observation, Plan], Proposal], ...] = (
    hold_on_unhealthy_signals,
    hold_through_outage,
    hold_while_in_flight,
    stabilize,
    keep_what_is_needed_soon,
    ignore_within_tolerance,
    hold_during_rollout,
    limit_steps,
    cool_down,
    undo_harmful_removal,
    spare_dependencies,
    keep_to_grant,
    rest_at_zero,
    clamp_to_bounds,
    obey_pause,
    obey_pin,
    stay_within_hpa,
    obey_freeze,
)
