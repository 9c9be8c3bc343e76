"""Memory: what a decision must remember for the next. Small, bounded, and kept in the policy's status over restarts."""

from datetime import datetime, timedelta

from controller.api.scaling_policy import Change, Memory, Recommendation, ScalingPolicySpec
from controller.scaling.decision import Plan
from controller.scaling.health import Health, health
from controller.scaling.lead_time import lead_time, remember_start_ups
from controller.scaling.observation import Observation
from controller.scaling.step_rules import advance_rules

MAX_ENTRIES = 64  # bound of the lists in the CRD


def resume(memory: Memory, current: int, now: datetime) -> Memory:
    """Return a persisted memory as it may be trusted after a restart: nothing is removed for a whole window."""
    return memory.model_copy(update={"recommendations": _record(memory.recommendations, current, now)})


def advance_memory(observation: Observation) -> Memory:
    """Return the memory after looking, before deciding: start-ups learned, rules advanced, vain changes forgotten."""
    memory = remember_start_ups(observation.memory, observation.scale.pods)
    memory = _forget_vain_change(memory, observation)
    rules = advance_rules(observation)
    return memory if rules == memory.rules else memory.model_copy(update={"rules": rules})


def remember(observation: Observation, plan: Plan, desired: int) -> Memory:
    """Return the memory after deciding: what was recommended, what is planned, and the change about to be made."""
    memory = observation.memory
    fresh = all(health(reading, observation.now) is Health.FRESH for reading in observation.readings.values())
    after = {
        "recommendations": _recommendations(observation, plan.recommended_replicas),
        "changes": _changes(observation, desired),
        "planned_replicas": plan.recommended_replicas if fresh else memory.planned_replicas,
    }
    return memory.model_copy(update=after)


def stabilized_floor(observation: Observation) -> int:
    """Return the highest recommendation of the stabilization window; 0 where there is none."""
    window = timedelta(seconds=observation.policy.spec.behavior.scale_down.stabilization_window_seconds)
    entries = observation.memory.recommendations
    ends = (*(entry.since for entry in entries[1:]), observation.now)
    within = (e.replicas for e, end in zip(entries, ends, strict=True) if end > observation.now - window)
    return max(within, default=0)


def _recommendations(observation: Observation, replicas: int) -> tuple[Recommendation, ...]:
    """Return the recommendations of the stabilization window, this one included."""
    behavior = observation.policy.spec.behavior.scale_down
    since = observation.now - timedelta(seconds=behavior.stabilization_window_seconds)
    recorded = _record(observation.memory.recommendations, replicas, observation.now)
    # An entry counts until the next one began, so the one that spans the window's begin stays.
    following = (*(entry.since for entry in recorded[1:]), observation.now)
    return tuple(entry for entry, end in zip(recorded, following, strict=True) if end > since)


def _changes(observation: Observation, desired: int) -> tuple[Change, ...]:
    """Return the changes some limit may still ask for, and the one about to be made."""
    horizon = _change_horizon(observation.policy.spec, lead_time(observation.policy, observation.memory))
    changes = tuple(change for change in observation.memory.changes if change.at > observation.now - horizon)
    current = observation.scale.spec_replicas
    if observation.acts and desired != current:
        changes = (*changes, Change(at=observation.now, from_replicas=current, to_replicas=desired))
    return changes[-MAX_ENTRIES:]


def _record(entries: tuple[Recommendation, ...], replicas: int, now: datetime) -> tuple[Recommendation, ...]:
    """Append a recommendation to a strictly falling list: earlier, lower ones can never be the highest again."""
    since = now
    while entries and entries[-1].replicas <= replicas:
        since = entries[-1].since
        entries = entries[:-1]
    if len(entries) == MAX_ENTRIES:
        entries = (entries[0], *entries[2:])  # the older, higher one covers both: in doubt, keep capacity
    return (*entries, Recommendation(since=since, replicas=replicas))


def _forget_vain_change(memory: Memory, observation: Observation) -> Memory:
    """Drop the last change where the target still stands at what it was: it was not carried out."""
    if not memory.changes:
        return memory
    last = memory.changes[-1]
    if observation.scale.spec_replicas != last.from_replicas or last.at >= observation.now:
        return memory
    return memory.model_copy(update={"changes": memory.changes[:-1]})


def _change_horizon(spec: ScalingPolicySpec, lead: timedelta) -> timedelta:
    up, down = spec.behavior.scale_up, spec.behavior.scale_down
    periods = [limit.period_seconds for limit in (*up.policies, *down.policies)]
    return max(lead, timedelta(seconds=max([up.cooldown_seconds, down.cooldown_seconds, *periods])))
