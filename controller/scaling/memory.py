"""Memory: what a decision must remember for the next. Small, bounded, and kept in the policy's status over restarts."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from controller.api.fields import Part
from controller.api.policy_status import Change, Memory, Recommendation
from controller.api.scaling_policy import Actuator, ScalingPolicy, ScalingPolicySpec
from controller.scaling.decision import Plan
from controller.scaling.guards.error_budget import advance_spells
from controller.scaling.guards.health import unhealthy_signals
from controller.scaling.guards.outage import outage_after
from controller.scaling.guards.rest import advance_rest, rest_after
from controller.scaling.guards.rollout import advance_rollout, scaled_up_pods
from controller.scaling.guards.second_writer import advance_writer, writer_after
from controller.scaling.guards.undo import advance_removal, removal_after
from controller.scaling.judging.shadow import advance_shadow
from controller.scaling.learning.lead_time import lead_time, remember_start_ups
from controller.scaling.learning.learned_capacity import remember_capacities
from controller.scaling.learning.occasions import advance_occasions
from controller.scaling.observation import Observation, Scale
from controller.scaling.voices.queue_drain import advance_backlogs
from controller.scaling.voices.step_rules import advance_rules

MAX_ENTRIES = 64  # bound of the lists in the CRD

CAPACITY_TIMES = ("doubted_at", "steady_since", "sampled_at", "fitted_at")

AnyPart = TypeVar("AnyPart", bound=Part)


def resume(memory: Memory, current: int, now: datetime) -> Memory:
    """Return a persisted memory as it may be trusted after a restart: nothing is removed for a whole window."""
    outage = memory.outage and memory.outage.model_copy(update={"seen": now})  # it may have been seen since it was kept
    # Replicas may have come and gone meanwhile: a fleet is steady when it has been seen to be.
    capacities = tuple(each.model_copy(update={"steady_since": None}) for each in memory.capacities)
    recommendations = _record(memory.recommendations, current, now)
    rest = memory.rest and memory.rest.model_copy(update={"idle_since": None})  # somebody may have asked meanwhile
    known = {"recommendations": recommendations, "outage": outage, "capacities": capacities, "rest": rest}
    return memory.model_copy(update=known)


def advance_memory(observation: Observation) -> Memory:
    """Return the memory after looking, before deciding: start-ups learned, rules and backlogs advanced."""
    memory = _without_future(observation.memory, observation.now)
    writer = advance_writer(observation.remembering(memory))
    memory = _updated(memory, writer=writer, rollout=advance_rollout(memory.rollout, observation))
    memory = remember_start_ups(memory, scaled_up_pods(memory.rollout, observation.scale.pods))
    memory = _forget_vain_change(memory, observation)
    memory = remember_capacities(observation.remembering(memory))
    looked = observation.remembering(memory)
    return _updated(
        memory,
        rules=advance_rules(looked),
        backlogs=advance_backlogs(looked),
        removal=advance_removal(looked),
        bad_spells=advance_spells(looked),
        occasions=advance_occasions(looked),
        rest=advance_rest(looked),
    )


def judge_outage(observation: Observation, plan: Plan) -> Memory:
    """Return the memory after planning, before limits: the outage that is on, as the plan and what was seen show it."""
    return _updated(observation.memory, outage=outage_after(observation, plan))


def remember(observation: Observation, plan: Plan, desired: int) -> Memory:
    """Return the memory after deciding: what was recommended, what is planned, and the change about to be made."""
    memory, planned = observation.memory, plan.recommended_replicas
    fresh = not unhealthy_signals(observation)
    # What was recommended without seeing everything is no ground for removing, once all is seen again.
    recommended = planned if fresh else max(planned, observation.scale.spec_replicas)
    recommendations = _recommendations(observation, recommended)
    return _updated(
        memory,
        recommendations=recommendations,
        shadow=advance_shadow(observation, max([planned, *(entry.replicas for entry in recommendations)])),
        changes=_changes(observation, desired),
        removal=removal_after(observation, desired),
        rest=rest_after(observation, desired),
        wished_replicas=desired if observation.acts and _only_wishes(observation.policy) else None,
        writer=writer_after(observation, desired),
        planned_replicas=planned if fresh else memory.planned_replicas,
    )


def moved_number(policy: ScalingPolicy, scale: Scale, memory: Memory) -> Scale:
    """Return the scale with the number that this policy moves: of a Metric policy what it asked for last."""
    if memory.wished_replicas is None or not _only_wishes(policy):
        return scale
    return replace(scale, spec_replicas=memory.wished_replicas, written=None)


def stabilized_floor(observation: Observation) -> int:
    """Return the highest recommendation of the stabilization window; 0 where there is none."""
    return max((entry.replicas for entry in _within_window(observation.memory.recommendations, observation)), default=0)


def _only_wishes(policy: ScalingPolicy) -> bool:
    return policy.spec.actuator is Actuator.METRIC


def _recommendations(observation: Observation, replicas: int) -> tuple[Recommendation, ...]:
    """Return the recommendations of the stabilization window, this one included."""
    return _within_window(_record(observation.memory.recommendations, replicas, observation.now), observation)


def _within_window(entries: tuple[Recommendation, ...], observation: Observation) -> tuple[Recommendation, ...]:
    """Return the entries that held within the stabilization window; one holds until the next began."""
    window = timedelta(seconds=observation.policy.spec.behavior.scale_down.stabilization_window_seconds)
    begin, ends = observation.now - window, (*[entry.since for entry in entries[1:]], observation.now)
    return tuple([entry for entry, end in zip(entries, ends, strict=False) if end > begin])


def _changes(observation: Observation, desired: int) -> tuple[Change, ...]:
    """Return the changes with the one about to be made; only then are those forgotten that no limit asks for."""
    current, changes = observation.scale.spec_replicas, observation.memory.changes
    if not observation.acts or desired == current:
        return changes
    horizon = _change_horizon(observation.policy.spec, lead_time(observation.policy, observation.memory))
    changes = tuple(change for change in changes if change.at > observation.now - horizon)
    if len(changes) == MAX_ENTRIES:
        joined = Change(at=changes[1].at, from_replicas=changes[0].from_replicas, to_replicas=changes[1].to_replicas)
        changes = (joined, *changes[2:])
    return (*changes, Change(at=observation.now, from_replicas=current, to_replicas=desired))


def _record(entries: tuple[Recommendation, ...], replicas: int, now: datetime) -> tuple[Recommendation, ...]:
    """Append a recommendation to a strictly falling list: earlier, lower ones can never be the highest again."""
    if entries and entries[-1].replicas == replicas:
        return entries
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


def _without_future(memory: Memory, now: datetime) -> Memory:
    """Return the memory with later times brought to now: a clock that was set back blocks nothing for hours."""
    return _updated(
        memory,
        recommendations=tuple([_not_after(now, entry, "since") for entry in memory.recommendations]),
        changes=tuple([_not_after(now, change, "at") for change in memory.changes]),
        rules=tuple([_not_after(now, rule, "above_since", "fired_at", "stopped_at") for rule in memory.rules]),
        removal=memory.removal and _not_after(now, memory.removal, "at", "undone_at"),
        outage=memory.outage and _not_after(now, memory.outage, "began", "seen"),
        rollout=memory.rollout and _not_after(now, memory.rollout, "began", "ended"),
        rest=memory.rest and _not_after(now, memory.rest, "idle_since", "zero_since"),
        writer=memory.writer and _not_after(now, memory.writer, "changed_at", "yielded_since", "resumed_at"),
        backlogs=tuple([_not_after(now, backlog, "since") for backlog in memory.backlogs]),
        capacities=tuple([_not_after(now, each, *CAPACITY_TIMES) for each in memory.capacities]),
    )


def _updated(memory: Memory, **parts: object) -> Memory:
    """Return the memory with these parts; itself where they are what it has, as in nearly every sweep."""
    known = vars(memory)
    news = {name: part for name, part in parts.items() if part is not known[name] and part != known[name]}
    return memory.model_copy(update=news) if news else memory


def _not_after(now: datetime, part: AnyPart, *times: str) -> AnyPart:
    late = {name: now for name in times if (at := getattr(part, name)) is not None and at > now}
    return part.model_copy(update=late) if late else part


def _change_horizon(spec: ScalingPolicySpec, lead: timedelta) -> timedelta:
    up, down = spec.behavior.scale_up, spec.behavior.scale_down
    periods = [limit.period_seconds for limit in (*up.policies, *down.policies)]
    return max(lead, timedelta(seconds=max([up.cooldown_seconds, down.cooldown_seconds, *periods])))
