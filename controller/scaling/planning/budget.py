"""The budget as a limit: how many replicas of a policy it pays for, beside what others of it take now."""

from collections.abc import Iterable

from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.planning.outlook import Limit
from controller.scaling.sharing.shares import paid_for


def budget_limit(policy: ScalingPolicy, policies: Iterable[ScalingPolicy]) -> Limit | None:
    """Return how many replicas the budget of a policy pays for; None without one.

    Others that share it are taken to go on as they are, whatever their priority: their own outlooks are told on them.
    """
    cost = policy.spec.cost
    if cost is None or cost.budget is None:
        return None
    hourly, taken = cost.budget.hourly, 0.0
    for other in policies:
        theirs = other.spec.cost
        if theirs is None or theirs.budget is None or other.key == policy.key:
            continue
        if (other.metadata.namespace, theirs.budget.name) == (policy.metadata.namespace, cost.budget.name):
            hourly = min(hourly, theirs.budget.hourly)
            taken += (other.status.current_replicas or 0) * theirs.hourly_per_replica
    return Limit("Budget", paid_for(hourly - taken, cost.hourly_per_replica), f"budget {cost.budget.name}")
