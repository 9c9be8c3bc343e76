"""Grant: who shares a budget or a ResourceQuota gets no more of it than its part. What that is, sharing/ says."""

from controller.api.scaling_policy import Mode
from controller.scaling.decision import Plan, Proposal
from controller.scaling.observation import Observation


def keep_to_grant(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Ask for no more than was granted. A wish that is only shown is not cut: status tells what would not fit."""
    del plan
    grant = observation.grant
    if grant is None or observation.policy.spec.mode is Mode.RECOMMEND:
        return proposal
    message = f"{grant.pool} leaves {grant.replicas} of {proposal.replicas} replicas, by priority and need"
    return proposal.at_most(grant.replicas, grant.reason, message)
