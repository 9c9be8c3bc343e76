"""Step limits: how much may change within a period, as the HPA's `behavior.policies` say it."""

import math
from collections.abc import Sequence
from datetime import timedelta

from controller.api.behavior import SelectPolicy, StepLimit, StepLimitType
from controller.scaling.decision import Plan, Proposal
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason


def limit_steps(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Allow at most the change that the step limits of this direction leave within their periods."""
    del plan
    behavior = observation.policy.spec.behavior
    up, down = behavior.scale_up, behavior.scale_down
    if proposal.replicas > proposal.current:
        ceiling = _ceiling(proposal.current, observation, up.policies, select=up.select_policy)
        return proposal.at_most(ceiling, Reason.STEP_LIMITED_UP, f"behavior.scaleUp allows {ceiling} replicas now")
    floor = _floor(proposal.current, observation, down.policies, select=down.select_policy)
    floor = min(floor, proposal.current)
    return proposal.at_least(floor, Reason.STEP_LIMITED_DOWN, f"behavior.scaleDown allows {floor} replicas now")


def _ceiling(current: int, observation: Observation, limits: Sequence[StepLimit], *, select: SelectPolicy) -> int:
    if select is SelectPolicy.DISABLED:
        return current
    ceilings = []
    for limit in limits:
        start = current - max(0, _changed(observation, limit, rising=True))
        grown = start + limit.value if limit.type is StepLimitType.PODS else math.ceil(start * (1 + limit.value / 100))
        ceilings.append(max(current, grown))
    pick = max if select is SelectPolicy.MAX else min
    return pick(ceilings, default=observation.policy.spec.max_replicas)


def _floor(current: int, observation: Observation, limits: Sequence[StepLimit], *, select: SelectPolicy) -> int:
    if select is SelectPolicy.DISABLED:
        return current
    floors = []
    for limit in limits:
        start = current + max(0, _changed(observation, limit, rising=False))
        # Truncated, as the HPA does.
        shrunk = start - limit.value if limit.type is StepLimitType.PODS else int(start * (1 - limit.value / 100))
        floors.append(min(current, max(0, shrunk)))
    pick = min if select is SelectPolicy.MAX else max
    return pick(floors, default=0)


def _changed(observation: Observation, limit: StepLimit, *, rising: bool) -> int:
    """Return how many replicas were added (or removed) within the limit's period."""
    since = observation.now - timedelta(seconds=limit.period_seconds)
    deltas = [change.to_replicas - change.from_replicas for change in observation.memory.changes if change.at > since]
    return sum(delta for delta in deltas if delta > 0) if rising else -sum(delta for delta in deltas if delta < 0)
