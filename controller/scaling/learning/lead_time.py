"""Lead time: how long before a need capacity must be asked for. The only room that knows it.

Given by the policy, else learned from the target's own pods, else a safe default.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from controller.api.policy_status import Memory, StartUp
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.observation import Pod

# Image pull, start and warm-up of a usual web service; too long costs little.
DEFAULT_LEAD_TIME = timedelta(seconds=180)
METRIC_DELAY = timedelta(seconds=45)  # a mean over 60 s is half a window old, plus a scrape interval
SWEEP = timedelta(seconds=15)  # a need is noticed up to one sweep late
SAME_STEP = timedelta(seconds=30)  # pods created within this time belong to one scale-up
MIN_STEPS = 3  # fewer whole scale-ups say little about the next
LONGEST_START_UP = timedelta(minutes=30)  # longer is a pod that was Ready once, went unready and came back
KEPT_STEPS = 20  # recent enough to follow a new image, many enough for a p90
PERCENTILE = 0.9


class LeadTime(NamedTuple):
    """A lead time, where it comes from, and how many observed scale-ups are behind it."""

    seconds: int
    source: Literal["Given", "Learned", "Default"]
    steps: int = 0


def lead_time(policy: ScalingPolicy, memory: Memory) -> timedelta:
    """Return the time from deciding to Ready that plans use."""
    return timedelta(seconds=known_lead_time(policy, memory).seconds)


def known_lead_time(policy: ScalingPolicy, memory: Memory) -> LeadTime:
    """Return the lead time with its source: p90 of the time until a whole recent step was Ready, plus the delays.

    Single pods are a trap: when each of 20 pods is in time with 90 %, the step is complete in time with 12 %.
    """
    given = policy.spec.capacity.lead_time_seconds
    if given is not None:
        return LeadTime(given, "Given")
    steps = sorted(start_up.seconds for start_up in memory.start_ups)
    if len(steps) < MIN_STEPS:
        return LeadTime(int(DEFAULT_LEAD_TIME.total_seconds()), "Default", len(steps))
    slow = steps[math.ceil(PERCENTILE * len(steps)) - 1]
    total = timedelta(seconds=slow) + METRIC_DELAY + SWEEP
    return LeadTime(math.ceil(total.total_seconds()), "Learned", len(steps))


def remember_start_ups(memory: Memory, pods: Sequence[Pod]) -> Memory:
    """Return the memory with every scale-up that has become wholly Ready, the newest ones kept.

    A slow scale-up counts even where a later one was Ready before it: leaving it out would make all look fast.
    """
    learned = [start_up for step in _steps(pods) if (start_up := _start_up(step)) and _is_news(start_up, memory)]
    if not learned:
        return memory
    kept = tuple(sorted((*memory.start_ups, *learned), key=lambda start_up: start_up.created_at)[-KEPT_STEPS:])
    return memory if kept == memory.start_ups else memory.model_copy(update={"start_ups": kept})


def _steps(pods: Sequence[Pod]) -> list[list[Pod]]:
    """Group pods into scale-ups by the time they were created, oldest first."""
    steps: list[list[Pod]] = []
    for pod in sorted(pods, key=lambda pod: pod.created_at):
        if steps and pod.created_at - steps[-1][0].created_at <= SAME_STEP:
            steps[-1].append(pod)
        else:
            steps.append([pod])
    return steps


def _start_up(step: Sequence[Pod]) -> StartUp | None:
    """Return how long it took from the first pod's creation until the last was Ready; None while one is not."""
    ready: list[datetime] = [pod.ready_at for pod in step if pod.ready_at is not None]
    if len(ready) < len(step):
        return None
    seconds = max(0, math.ceil((max(ready) - step[0].created_at).total_seconds()))
    return StartUp(created_at=step[0].created_at, seconds=seconds)


def _is_news(start_up: StartUp, memory: Memory) -> bool:
    """Tell whether a scale-up is not known yet, and not a pod's that was Ready once and came back."""
    known = any(abs(start_up.created_at - each.created_at) <= SAME_STEP for each in memory.start_ups)
    return start_up.seconds <= LONGEST_START_UP.total_seconds() and not known
