"""Effect check: replicas that a rule on a latency added, and that did not lower it, are no reason to add more."""

from datetime import datetime, timedelta

from controller.api.policy_status import RuleMemory

LEAST_EFFECT = 0.05  # of the latency; less is its noise
VAIN_STEPS = 2  # once may be chance, twice in a row is a bottleneck elsewhere
STOPPED_FOR = timedelta(minutes=30)  # the bottleneck may have moved by then


def judged(state: RuleMemory, value: float, now: datetime) -> RuleMemory:
    """Return the state of a fired rule whose replicas are Ready and had time to show in `value`; maybe stopped."""
    helped = state.fired_value is None or value < state.fired_value * (1 - LEAST_EFFECT)
    vain = 0 if helped else state.vain_steps + 1
    stopped = now if vain >= VAIN_STEPS else None
    return state.model_copy(update={"vain_steps": vain, "stopped_at": stopped, "above_since": None})


def is_stopped(state: RuleMemory, now: datetime) -> bool:
    """Return whether a rule adds nothing for now; what it added before it keeps."""
    return state.stopped_at is not None and now - state.stopped_at <= STOPPED_FOR


def without_verdict(state: RuleMemory) -> RuleMemory:
    """Return the state of a rule that was stopped long enough: it may try again as at first."""
    return state.model_copy(update={"stopped_at": None, "vain_steps": 0, "fired_value": None})
