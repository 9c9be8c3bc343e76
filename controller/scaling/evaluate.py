"""Evaluate: one observation in, one decision out. The whole of it reads as a list."""

from controller.scaling.decision import Decision, Proposal
from controller.scaling.limits import LIMITS
from controller.scaling.memory import advance_memory, judge_outage, remember
from controller.scaling.observation import Observation
from controller.scaling.plan import plan_capacity


def evaluate(observation: Observation) -> Decision:
    """Return the decision for one policy: advance what is remembered, plan, limit, remember. Pure."""
    remembered = observation.memory
    observation = observation.remembering(advance_memory(observation))
    plan = plan_capacity(observation)
    observation = observation.remembering(judge_outage(observation, plan))
    proposal = Proposal(current=observation.scale.spec_replicas, replicas=plan.recommended_replicas)
    for limit in LIMITS:
        proposal = limit(proposal, observation, plan)
    return Decision(
        policy=observation.policy.key,
        at=observation.now,
        observation=observation,
        plan=plan,
        limiters=proposal.limiters,
        desired_replicas=proposal.replicas,
        remembered=remembered,
        memory=remember(observation, plan, proposal.replicas),
    )
