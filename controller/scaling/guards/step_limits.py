"""Step limits: how much may change within a period, as the HPA's `behavior.policies` say it."""

import math
from datetime import timedelta

from controller.api.behavior import ScaleDownBehavior, ScaleUpBehavior, SelectPolicy, StepLimit, StepLimitType
from controller.api.fields import MAX_REPLICAS
from controller.scaling.decision import Plan, Proposal
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason


def limit_steps(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Allow at most the change that the step limits of this direction leave within their periods."""
    del plan
    behavior, current = observation.policy.spec.behavior, proposal.current
    if proposal.replicas > current:
        ceiling = _ceiling(current, observation, behavior.scale_up)
        return proposal.at_most(ceiling, Reason.STEP_LIMITED_UP, f"behavior.scaleUp allows {ceiling} replicas now")
    floor = _floor(current, observation, behavior.scale_down)
    return proposal.at_least(floor, Reason.STEP_LIMITED_DOWN, f"behavior.scaleDown allows {floor} replicas now")


def _ceiling(current: int, observation: Observation, behavior: ScaleUpBehavior) -> int:
    """Return the most replicas allowed now; never below the current ones."""
    if behavior.select_policy is SelectPolicy.DISABLED:
        return current
    ceilings = []
    for limit in behavior.policies:
        start = _period_start(current, observation, limit)
        percent = math.ceil(start * (1 + limit.value / 100))  # rounded up, as the HPA does
        ceilings.append(start + limit.value if limit.type is StepLimitType.PODS else percent)
    pick = max if behavior.select_policy is SelectPolicy.MAX else min
    return max(current, pick(ceilings, default=MAX_REPLICAS))


def _floor(current: int, observation: Observation, behavior: ScaleDownBehavior) -> int:
    """Return the fewest replicas allowed now; never above the current ones."""
    if behavior.select_policy is SelectPolicy.DISABLED:
        return current
    floors = []
    for limit in behavior.policies:
        start = _period_start(current, observation, limit)
        percent = int(start * (1 - limit.value / 100))  # truncated, as the HPA does
        floors.append(start - limit.value if limit.type is StepLimitType.PODS else percent)
    pick = min if behavior.select_policy is SelectPolicy.MAX else max
    return min(current, max(0, pick(floors, default=0)))


def _period_start(current: int, observation: Observation, limit: StepLimit) -> int:
    """Return the replicas at the start of the limit's period: the current ones without our changes since."""
    since = observation.now - timedelta(seconds=limit.period_seconds)
    changes = observation.memory.changes
    return current - sum(change.to_replicas - change.from_replicas for change in changes if change.at > since)
