"""Status: what a decision says on its policy, and when that is worth writing."""

import math
from datetime import datetime

from controller.api.behavior import PauseDirection
from controller.api.capacity_outlook import Runway
from controller.api.error_budget import BudgetStatus
from controller.api.metadata import Condition, Conditions, ConditionStatus, ObjectMeta
from controller.api.policy_status import ScalingPolicyStatus, WriterMemory
from controller.api.scaling_policy import Actuator, Mode
from controller.scaling.decision import Decision
from controller.scaling.guards.by_hand import freeze_message, standing_freeze
from controller.scaling.guards.error_budget import error_budget, within_error_budget
from controller.scaling.guards.health import describe, unhealthy_signals
from controller.scaling.guards.second_writer import second_writer_message
from controller.scaling.judging.error_budget import MINUTE
from controller.scaling.judging.shadow import CONDITION as SAFE_TO_ENABLE
from controller.scaling.judging.shadow import safe_to_enable
from controller.scaling.learning.learned_capacity import learned_numbers
from controller.scaling.lookahead import why_missing
from controller.scaling.observation import Observation, Obstacle
from controller.scaling.publishing.capacity_runway import capacity_runway, settled
from controller.scaling.publishing.forecast_above_max import forecast_within_max
from controller.scaling.reasons import Reason

LIMITING = (
    Reason.TOO_FEW_REPLICAS,
    Reason.TOO_MANY_REPLICAS,
    Reason.HPA_MAX,
    Reason.STEP_LIMITED_UP,
    Reason.STEP_LIMITED_DOWN,
    Reason.OUTAGE,
    Reason.SCALE_DOWN_UNDONE,
    Reason.DEPENDENCY_LIMIT,
    Reason.BUDGET,
    Reason.QUOTA,
)
_THROUGH = {
    Actuator.SCALE: "decisions are carried out through the target's /scale",
    Actuator.HPA_MIN_REPLICAS: "decisions are carried out through the floor of the target's HPA",
    Actuator.METRIC: "decisions are exported as headroom_wanted_replicas, for an HPA to follow",
}
TOLD_MINUTES = 5  # what is counted by the minute is written as often as that; a restart then knows nearly all of it
MAX_MESSAGE = 1024  # bound of the field in the CRD


def status_after(decision: Decision) -> ScalingPolicyStatus:
    """Return the whole status after a decision; conditions keep the time of their last transition."""
    policy, previous = decision.observation.policy, decision.observation.policy.status
    runway = settled(previous.runway, decision.observation.runway)
    scaled = decision.observation.acts and decision.desired_replicas != decision.current_replicas
    return previous.model_copy(
        update={
            "observed_generation": policy.metadata.generation,
            "current_replicas": decision.current_replicas,
            "desired_replicas": decision.desired_replicas,
            "forecast_replicas": decision.plan.forecast_replicas,
            "reason": decision.reason,
            "message": decision.message[:MAX_MESSAGE],
            "last_scale_time": decision.at if scaled else previous.last_scale_time,
            "learned": learned_numbers(policy, decision.memory),
            "runway": runway,
            "error_budget": _budget(decision.observation),
            "conditions": _conditions(decision, runway),
            "memory": decision.memory,
        }
    )


def status_without_decision(
    metadata: ObjectMeta, status: ScalingPolicyStatus, obstacle: Obstacle, *, now: datetime
) -> ScalingPolicyStatus:
    """Return the status of a policy about which nothing can be decided: nothing is known, nothing is forgotten."""
    said = (False, obstacle.reason, obstacle.message)
    known = next((each for each in status.conditions if each.type == "Acting"), None)
    acting = condition("Acting", said, known, generation=metadata.generation, now=now)
    return status.model_copy(
        update={
            "observed_generation": metadata.generation,
            "current_replicas": None,
            "desired_replicas": None,
            "forecast_replicas": None,
            "reason": obstacle.reason,
            "message": obstacle.message[:MAX_MESSAGE],
            "conditions": (acting, *(c for c in status.conditions if c.type != "Acting")),
        }
    )


def is_worth_writing(before: ScalingPolicyStatus, after: ScalingPolicyStatus) -> bool:
    """Return whether a number, a reason, a condition, or what a restart must know has changed.

    Messages carry figures that move with every sweep, and a recommendation or plan remembered a little late only
    keeps capacity longer: none of these alone is worth a write.
    """
    return _essence(before) != _essence(after) or not _say_the_same(before.conditions, after.conditions)


def _essence(status: ScalingPolicyStatus) -> tuple[object, ...]:
    return (
        status.observed_generation,
        status.current_replicas,
        status.desired_replicas,
        status.forecast_replicas,
        status.reason,
        status.learned,
        status.runway,
        status.memory.rules,
        status.memory.backlogs,
        status.memory.changes,
        status.memory.start_ups,
        status.memory.removal,
        status.memory.outage and status.memory.outage.began,
        status.memory.rollout,
        _seen_of(status.memory.writer),
        status.memory.rest and status.memory.rest.zero_since,
        status.memory.shadow and [day.began for day in status.memory.shadow.days],
        tuple((each.began, each.minutes // TOLD_MINUTES) for each in status.memory.occasions),
        tuple((spell.began, spell.minutes // TOLD_MINUTES, spell.over) for spell in status.memory.bad_spells),
    )


def _say_the_same(before: Conditions, after: Conditions) -> bool:
    """Return whether all hold, or not, for the same reasons; messages carry figures that move with every sweep."""
    if before == after:
        return True
    said = [frozenset((c.type, c.status, c.reason, c.observed_generation) for c in each) for each in (before, after)]
    return said[0] == said[1]


def _seen_of(writer: WriterMemory | None) -> tuple[object, ...]:
    """Return what a restart must know of a second writer; what stands moves with every change of our own."""
    return (None, None, None) if writer is None else (writer.changed_at, writer.yielded_since, writer.resumed_at)


def _conditions(decision: Decision, runway: Runway | None) -> tuple[Condition, ...]:
    said = {
        "Acting": _acting(decision),
        "SignalsHealthy": _signals_healthy(decision),
        "ForecastReady": _forecast_ready(decision),
        "ForecastWithinMax": forecast_within_max(decision),
        "CapacityRunway": capacity_runway(runway, decision),
        "WithinErrorBudget": within_error_budget(decision.observation),
        "ScalingLimited": _scaling_limited(decision),
        SAFE_TO_ENABLE: safe_to_enable(decision.memory.shadow),
    }
    policy = decision.observation.policy
    generation, known = policy.metadata.generation, {each.type: each for each in policy.status.conditions}
    return tuple(
        condition(name, what, known.get(name), generation=generation, now=decision.at)
        for name, what in said.items()
        if what is not None
    )


def _budget(observation: Observation) -> BudgetStatus | None:
    budget = error_budget(observation)
    if budget is None:
        return None
    return BudgetStatus(
        allowed_minutes=round(budget.allowed / MINUTE, 1),
        burnt_minutes=round(budget.burnt / MINUTE, 1),
        left_percent=math.floor(100 * budget.left_share),
    )


def _acting(decision: Decision) -> tuple[bool, str, str]:
    observation = decision.observation
    if observation.obstacle is not None:
        return False, observation.obstacle.reason, observation.obstacle.message
    if observation.policy.spec.mode is Mode.RECOMMEND:
        return False, Reason.RECOMMENDING, "mode is Recommend: decisions are shown, not carried out"
    second = second_writer_message(observation)
    if second:
        return False, Reason.SECOND_WRITER, second
    freeze = standing_freeze(observation)
    if freeze is not None and freeze.direction is PauseDirection.BOTH:
        return False, Reason.FROZEN, freeze_message(freeze)
    return True, Reason.READY_FOR_SCALE, _THROUGH[observation.policy.spec.actuator]


def _signals_healthy(decision: Decision) -> tuple[bool, str, str]:
    observation = decision.observation
    sick = [describe(name, observation.readings.get(name), decision.at) for name in unhealthy_signals(observation)]
    if not sick:
        return True, Reason.SIGNALS_FRESH, f"all {len(observation.policy.spec.signals)} signals are complete and fresh"
    return False, Reason.SIGNAL_UNHEALTHY, "; ".join(sick)


def _forecast_ready(decision: Decision) -> tuple[bool, str, str]:
    observation = decision.observation
    names = [signal.name for signal in observation.policy.spec.load_signals]
    if not names:
        return False, Reason.FORECAST_NOT_READY, "no signal has a load, so there is no demand to forecast"
    for name in names:
        outlook = observation.outlooks.get(name)
        if outlook is None:
            missing = why_missing(observation, name)
            return False, missing.reason, missing.message
        if not outlook.gate.open:
            return False, outlook.gate.reason, outlook.gate.message
    gate = observation.outlooks[names[0]].gate
    if not observation.unfitted:
        return True, gate.reason, gate.message
    failed = "; ".join(f"the last refit of {name} failed: {why.message}" for name, why in observation.unfitted.items())
    return True, Reason.REFIT_FAILING, f"{gate.message}; {failed}"


def _scaling_limited(decision: Decision) -> tuple[bool, str, str]:
    unschedulable = sum(pod.unschedulable for pod in decision.observation.scale.pods)
    if unschedulable:
        return True, Reason.NO_ROOM, f"{unschedulable} pods are Unschedulable: the cluster has no room for them"
    unfitting = _would_not_fit(decision)
    if unfitting is not None:
        return unfitting
    stopped = next((c for c in decision.plan.candidates if c.reason is Reason.STEP_RULE_STOPPED), None)
    limiter = next((limiter for limiter in reversed(decision.limiters) if limiter.reason in LIMITING), None)
    if limiter is None and stopped is not None:
        return True, stopped.reason, stopped.message
    if limiter is None:
        return False, Reason.DESIRED_WITHIN_RANGE, "the desired replicas are within the policy's bounds"
    return True, limiter.reason, limiter.message


def _would_not_fit(decision: Decision) -> tuple[bool, str, str] | None:
    """Return what a wish that is only shown would not have of what is shared; of others a limiter tells it."""
    grant, wish = decision.observation.grant, decision.desired_replicas
    if grant is None or decision.observation.policy.spec.mode is not Mode.RECOMMEND or wish <= grant.replicas:
        return None
    message = f"{grant.pool} has room for {grant.replicas} of the {wish} replicas beside what others get"
    return True, grant.reason, f"{message}; nothing is cut while the policy only recommends"


def condition(
    kind: str, said: tuple[bool, str, str], known: Condition | None, *, generation: int, now: datetime
) -> Condition:
    """Return a condition that says whether something holds, why in a word, and why in a sentence.

    It is the one `known` already where that says the same.
    """
    holds, reason, message = said
    status, message = ConditionStatus.TRUE if holds else ConditionStatus.FALSE, message[:MAX_MESSAGE]
    if known is None or known.status is not status:
        since = now.replace(microsecond=0)  # to the second, as Kubernetes keeps it
    elif (known.reason, known.message, known.observed_generation) == (reason, message, generation):
        return known
    else:
        since = known.last_transition_time
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        observed_generation=generation,
        last_transition_time=since,
    )
