"""Rollout: while pods are replaced, their number says little. Nothing is removed, and nothing learned from them."""

from collections.abc import Sequence
from datetime import timedelta

from controller.api.policy_status import RolloutMemory
from controller.scaling.decision import Plan, Proposal
from controller.scaling.observation import Observation, Pod
from controller.scaling.reasons import Reason

LONGEST_ROLLOUT = timedelta(hours=1)  # longer is one that is stuck, and must not keep a fleet at its height


def advance_rollout(known: RolloutMemory | None, observation: Observation) -> RolloutMemory | None:
    """Return the newest rollout: since when, and until when where it is over."""
    ongoing = known is not None and known.ended is None
    if observation.scale.rolling_out:
        return known if ongoing else RolloutMemory(began=observation.now)
    return known.model_copy(update={"ended": observation.now}) if known and ongoing else known


def scaled_up_pods(rollout: RolloutMemory | None, pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """Return the pods that a change of replicas brought, not a rollout: those start a few at a time, by other rules."""
    if rollout is None:
        return tuple(pods)
    return tuple(pod for pod in pods if pod.created_at < rollout.began or _is_after(pod, rollout))


def hold_during_rollout(proposal: Proposal, observation: Observation, plan: Plan) -> Proposal:
    """Remove nothing while pods are replaced: surge pods make it look idle, and the new ones are not tried yet."""
    del plan
    rollout = observation.memory.rollout
    if not observation.scale.rolling_out or rollout is None or observation.now - rollout.began > LONGEST_ROLLOUT:
        return proposal
    message = f"a rollout goes on since {rollout.began:%H:%M:%S} UTC; the current replicas are held"
    return proposal.at_least(proposal.current, Reason.ROLLOUT, message)


def _is_after(pod: Pod, rollout: RolloutMemory) -> bool:
    return rollout.ended is not None and pod.created_at > rollout.ended
