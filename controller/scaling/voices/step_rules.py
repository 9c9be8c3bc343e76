"""Step rules: above a threshold for a time, add replicas. What a fired rule remembers is in the policy's memory.

A rule is at rest, waiting (above since ...), or fired (keeps proposing the count it reached until it re-arms).
While capacity is on its way the clock of a further step stands still, so a rule never repeats what pods that are
still starting will answer. Whether it helped is judged in effect.py.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from controller.api.policy_status import RuleMemory
from controller.api.step_rule import Step, StepRule
from controller.scaling.decision import Candidate
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.observation import Observation, Scale
from controller.scaling.reasons import Reason
from controller.scaling.voices.effect import is_stopped, judged, without_verdict

# Ready pods need this long to show in a 60 s mean before the same step may be added again.
SETTLE = timedelta(seconds=60)


def advance_rules(observation: Observation) -> tuple[RuleMemory, ...]:
    """Return the state of every rule that is not at rest, after this observation."""
    remembered = {rule.name: rule for rule in observation.memory.rules}
    advanced = (
        _advance(rule, remembered.get(rule.name, RuleMemory(name=rule.name)), observation)
        for rule in observation.policy.spec.step_scaling
    )
    return tuple(state for state in advanced if state != RuleMemory(name=state.name))


def rule_candidates(observation: Observation) -> tuple[Candidate, ...]:
    """Return what each rule proposes; call with a memory that has been advanced."""
    remembered = {rule.name: rule for rule in observation.memory.rules}
    return tuple(
        _candidate(rule, remembered.get(rule.name), observation) for rule in observation.policy.spec.step_scaling
    )


def _advance(rule: StepRule, state: RuleMemory, observation: Observation) -> RuleMemory:
    if not is_fresh(observation.readings, rule.signal, observation.now):
        return state
    value = observation.readings[rule.signal].value or 0.0
    if value < rule.rearms_below or value == 0:
        return RuleMemory(name=rule.name)
    if is_stopped(state, observation.now):
        return state
    return _fire(rule, without_verdict(state) if state.stopped_at else state, observation)


def _fire(rule: StepRule, state: RuleMemory, observation: Observation) -> RuleMemory:
    """Return the state of a rule that has not re-armed: fired where it is time to, and where firing helps."""
    value = observation.readings[rule.signal].value or 0.0
    level = _level(rule, value)
    if level < 0 or (level <= state.level and _on_its_way(state, observation)):
        return state.model_copy(update={"above_since": None})
    since = state.above_since or observation.now
    reached = min(_reached(rule.steps[: level + 1], observation.scale), observation.policy.spec.max_replicas)
    fires = level > state.level or reached > state.replicas
    if not fires or observation.now - since < _wait(rule, state, level):
        return state.model_copy(update={"above_since": since})
    if _may_be_judged(rule, state, observation):
        state = judged(state, value, observation.now)
    if is_stopped(state, observation.now):
        return state
    return RuleMemory(
        name=rule.name,
        level=max(level, state.level),
        fired_at=observation.now,
        replicas=max(state.replicas, reached),
        fired_value=value,
        vain_steps=state.vain_steps,
    )


def _level(rule: StepRule, value: float) -> int:
    """Return the index of the highest step whose threshold is exceeded; -1 for none."""
    return max((index for index, step in enumerate(rule.steps) if value > step.above), default=-1)


def _wait(rule: StepRule, state: RuleMemory, level: int) -> timedelta:
    """Return how long the signal must have been above: a repeat first lets Ready pods show their effect."""
    hold = timedelta(seconds=rule.for_seconds)
    return max(hold, SETTLE) if level <= state.level else hold


def _reached(steps: Sequence[Step], scale: Scale) -> int:
    """Return the replicas that these steps reach: Ready ones plus the largest amount, never fewer than asked for."""
    base = max(1, min(scale.ready_replicas, scale.spec_replicas))  # a rollout's surge is no answer to demand
    return max(scale.spec_replicas, base + max(_amount(step, base) for step in steps))


def _amount(step: Step, base: int) -> int:
    """Return what a step adds to so many Ready replicas, a percentage rounded up."""
    if step.add_percent is not None:
        return math.ceil(base * step.add_percent / 100)
    return step.add_replicas or 0


def _on_its_way(state: RuleMemory, observation: Observation) -> bool:
    """Return whether the rule's last step is neither Ready nor late."""
    scale = observation.scale
    # While pods are replaced, Ready ones beyond the old count are surge: nothing has answered yet.
    starting = scale.rolling_out or scale.ready_replicas < max(
        scale.spec_replicas, state.replicas if observation.acts else 0
    )
    return starting and not _late(state.fired_at, observation)


def _may_be_judged(rule: StepRule, state: RuleMemory, observation: Observation) -> bool:
    """Return whether a rule on a latency can be held to what its last step, wholly Ready, did."""
    is_latency = any(signal.is_latency for signal in observation.policy.spec.signals if signal.name == rule.signal)
    return is_latency and state.level >= 0 and observation.scale.ready_replicas >= state.replicas


def _late(fired_at: datetime | None, observation: Observation) -> bool:
    if fired_at is None:
        return True
    return observation.now - fired_at > lead_time(observation.policy, observation.memory)


def _candidate(rule: StepRule, state: RuleMemory | None, observation: Observation) -> Candidate:
    source = f"{rule.name} ({rule.signal})"
    if state is None or state.level < 0:
        fresh = is_fresh(observation.readings, rule.signal, observation.now)
        reason = Reason.BELOW_THRESHOLD if fresh else Reason.SIGNAL_UNHEALTHY
        return Candidate(reason, source, None, f"step rule {rule.name} is at rest")
    if is_stopped(state, observation.now):
        message = (
            f"step rule {rule.name} adds nothing more: {state.vain_steps} additions in a row did not lower "
            f"{rule.signal}; the {state.replicas} replicas it reached are kept"
        )
        return Candidate(Reason.STEP_RULE_STOPPED, source, state.replicas, message)
    step = rule.steps[min(state.level, len(rule.steps) - 1)]
    amount = f"{step.add_percent} %" if step.add_percent is not None else f"{step.add_replicas} replicas"
    message = (
        f"step rule {rule.name}: {rule.signal} rose above {step.above:g}, adds {amount} "
        f"to reach {state.replicas} until it falls below {rule.rearms_below:g}"
    )
    return Candidate(Reason.STEP_RULE, source, state.replicas, message)
