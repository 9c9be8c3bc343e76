"""Budget: a policy that shares one gets no more of it than its part. What that is, sharing.py says."""

from controller.scaling.decision import Plan, Proposal
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason


def keep_to_budget(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Ask for no more than was granted."""
    del plan
    grant = observation.grant
    if grant is None:
        return proposal
    message = f"budget {grant.budget} of {grant.hourly:g} an hour leaves {grant.replicas} of {proposal.replicas}"
    return proposal.at_most(grant.replicas, Reason.BUDGET, f"{message} replicas, by priority and need")
