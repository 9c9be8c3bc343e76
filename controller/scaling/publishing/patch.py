"""Patch: what a decision writes, as plain data. Who writes it, and how, is the cluster door's business."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controller.api.fields import Part
from controller.api.metadata import ConditionStatus, ObjectKey, ObjectMeta
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import Actuator, ScaleTargetRef
from controller.scaling.decision import Decision
from controller.scaling.observation import Obstacle
from controller.scaling.publishing.status import MAX_MESSAGE, is_worth_writing, status_after, status_without_decision
from controller.scaling.reasons import Reason

WARN_WHEN_FALSE = ("Acting", "SignalsHealthy", "ForecastWithinMax", "CapacityRunway", "WithinErrorBudget")
QUIET = (Reason.RECOMMENDING, Reason.FROZEN)  # somebody's wish; a freeze would post one Event a policy, all at once

_VERBS = {
    Actuator.SCALE: "Scaling",
    Actuator.HPA_MIN_REPLICAS: "Moving the floor of the HPA",
    Actuator.METRIC: "Asking to scale",
}


@dataclass(frozen=True, slots=True)
class ScaleChange:
    """Change the target's replicas, provided they are still `from_replicas`."""

    target: ScaleTargetRef
    from_replicas: int
    to_replicas: int


@dataclass(frozen=True, slots=True)
class FloorChange:
    """Change the floor of the target's HPA, provided it is still `from_replicas`; its owner had set `original`."""

    hpa: str
    from_replicas: int
    to_replicas: int
    original: int


@dataclass(frozen=True, slots=True)
class EventNote:
    """A Kubernetes Event to post on the policy; posted once a change of reason."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """Everything one decision writes, in this order: status (the intent), scale, event. None: nothing to write."""

    policy: ObjectKey
    status: ScalingPolicyStatus | None = None
    scale: ScaleChange | FloorChange | None = None
    event: EventNote | None = None

    @property
    def is_empty(self) -> bool:
        """True where nothing is to be written."""
        return self.status is None and self.scale is None and self.event is None


def patch_for(decision: Decision) -> Patch:
    """Return what a decision writes; an empty patch where nothing changed."""
    policy = decision.observation.policy
    after = status_after(decision)
    scale = _scale_change(decision)
    return Patch(
        policy=decision.policy,
        status=after if is_worth_writing(policy.status, after) else None,
        scale=scale,
        event=_event(decision, policy.status, after),
    )


def patch_without_decision(
    metadata: ObjectMeta, status: ScalingPolicyStatus, obstacle: Obstacle, *, now: datetime
) -> Patch:
    """Return what is written where nothing can be decided: the condition, and an event when that is news."""
    after = status_without_decision(metadata, status, obstacle, now=now)
    news = status.reason != obstacle.reason
    return Patch(
        policy=metadata.key,
        status=after if is_worth_writing(status, after) else None,
        event=EventNote(obstacle.reason, after.message, warning=True) if news else None,
    )


def dump(status: Part) -> dict[str, Any]:
    """Return a status as the wire knows it."""
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def _scale_change(decision: Decision) -> ScaleChange | FloorChange | None:
    observation, before, after = decision.observation, decision.current_replicas, decision.desired_replicas
    spec, hpa = observation.policy.spec, observation.scale.hpa
    if not observation.acts or after == before or spec.actuator is Actuator.METRIC:
        return None
    if hpa is not None:
        return FloorChange(hpa.name, before, after, hpa.original)
    target = spec.scale_target_ref
    return ScaleChange(target, decision.current_replicas, decision.desired_replicas)


def _event(decision: Decision, before: ScalingPolicyStatus, after: ScalingPolicyStatus) -> EventNote | None:
    """Return the news: an obstacle, signals gone bad, or another wish than the last one told."""
    for condition in after.conditions:
        if condition.type in WARN_WHEN_FALSE and condition.status is ConditionStatus.FALSE:
            was = next((c for c in before.conditions if c.type == condition.type), None)
            if condition.reason not in QUIET and (
                was is None or (was.status, was.reason) != (condition.status, condition.reason)
            ):
                return EventNote(condition.reason, condition.message, warning=True)
    if decision.desired_replicas in (decision.current_replicas, before.desired_replicas):
        return None
    verb = _VERBS[decision.observation.policy.spec.actuator] if decision.observation.acts else "Would scale"
    change = f"{verb} from {decision.current_replicas} to {decision.desired_replicas}"
    return EventNote(decision.reason, f"{change}: {decision.message}"[:MAX_MESSAGE])
