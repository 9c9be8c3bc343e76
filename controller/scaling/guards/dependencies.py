"""Dependencies: what the workload leans on limits how many replicas may be added. It never removes any.

A dependency without fresh data neither blocks nor raises: replicas missing for want of a metric would be an outage of
our own making, and no reading says that more are needed.
"""

from controller.api.guards import Dependency, DependencyAction
from controller.scaling.decision import Plan, Proposal
from controller.scaling.guards.health import is_fresh
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason


def spare_dependencies(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Add no replicas, or only up to a cap, while a dependency is above its limit."""
    del plan
    for dependency in observation.policy.spec.dependencies:
        if not is_fresh(observation.readings, dependency.signal, observation.now):
            continue
        value = observation.readings[dependency.signal].value or 0.0
        if value > dependency.above:
            ceiling = max(proposal.current, dependency.max_replicas or 0)
            proposal = proposal.at_most(ceiling, Reason.DEPENDENCY_LIMIT, _message(dependency, value, ceiling))
    return proposal


def _message(dependency: Dependency, value: float, ceiling: int) -> str:
    limit = f"dependency {dependency.name}: {dependency.signal} is {value:.4g}, above {dependency.above:g}"
    if dependency.action is DependencyAction.BLOCK:
        return f"{limit}; nothing is added to the {ceiling} replicas"
    return f"{limit}; capped at {ceiling} replicas"
