"""Failover reserve: so many replicas that the loss of one zone leaves what demand needs.

Sizes of a demand are multiplied, and what events and schedules ask for; not minReplicas, nor what a step rule reached.
"""

from collections.abc import Sequence

from controller.api.fields import MAX_REPLICAS
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.decision import Candidate
from controller.scaling.reasons import Reason

SIZES_DEMAND = (Reason.FORECAST, Reason.LIVE_RATIO, Reason.QUEUE_DRAIN, Reason.DEMAND_EVENT, Reason.SCHEDULE)


def reserve_candidates(voices: Sequence[Candidate], policy: ScalingPolicy) -> tuple[Candidate, ...]:
    """Return what the largest size of a demand asks for with a zone to lose; nothing where no reserve is wanted."""
    sized = [voice for voice in voices if voice.replicas and voice.reason in SIZES_DEMAND]
    if policy.spec.resilience is None or not sized:
        return ()
    largest = max(sized, key=lambda voice: voice.replicas or 0)
    needed, zones = largest.replicas or 0, policy.spec.resilience.zones
    replicas = with_reserve(needed, policy)
    message = f"of {replicas} replicas in {zones} zones the loss of one leaves the {needed} that {largest.source} needs"
    return (Candidate(Reason.FAILOVER_RESERVE, largest.source, replicas, message),)


def with_reserve(replicas: int, policy: ScalingPolicy) -> int:
    """Return the fewest replicas, evenly spread over the policy's N zones, that leave `replicas` when one is lost.

    N / (N - 1) of them, rounded up: of n replicas a zone holds at most ceil(n / N). Never more than MAX_REPLICAS.
    """
    if policy.spec.resilience is None:
        return replicas
    zones = policy.spec.resilience.zones
    return min(-(-replicas * zones // (zones - 1)), MAX_REPLICAS)
