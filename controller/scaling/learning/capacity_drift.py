"""Drift: when a learned capacity is in doubt, and how far it is trusted until it is learned anew. Pure.

A release, or replicas that are slower than a tenth less capacity would explain, put it in doubt: sizing takes less of
it at once, and step by step more again while nothing speaks against it.
Source of the alarm: Page, Continuous Inspection Schemes (Biometrika 1954), the cumulative sum.
"""

import math
from datetime import datetime, timedelta

import numpy as np

from controller.api.capacity_memory import CapacityMemory, LoadPairs
from controller.scaling.learning.capacity_fit import SEEN_LATENCY, p95_wait_milliseconds
from controller.scaling.learning.lead_time import METRIC_DELAY, lead_time
from controller.scaling.learning.load_pairs import Pair
from controller.scaling.observation import Observation

DOUBTED_SHARE = 0.7  # of the number, at once: releases that cost up to 30 % keep the objective
# A step of 5 % stays within the room that a forecast has (10 %): what held the step before, mostly holds this one.
SHARE_STEP = 0.05
STEP_TIME = timedelta(minutes=15)  # five pairs would do, and replicas are seldom steady for long: normal after 90 min
STEPS_BACK = 3  # from a number that failed: the load grew meanwhile, and the last step but one surely held
TOLERATED_LOSS = 0.1  # of capacity: what a fit may be off
SLACK = 0.1  # of the logarithm of latency: what a minute may be slower than known
CLIPPED = 0.5  # of the same: no single minute raises an alarm
ENOUGH_MINUTES = 10.0  # of evidence before anything is said: the first ones after a start are of cold replicas
ALARM = 1.5  # of their sum: three very slow minutes, or six that are 40 % slower


def advance_doubt(state: CapacityMemory, observation: Observation) -> CapacityMemory:
    """Return the state after looking at the target's revision: another than before puts the number in doubt."""
    revision = observation.scale.revision
    if not revision or revision == state.revision:
        return state
    known = state.model_copy(update={"revision": revision})
    return known if not state.revision else doubt(known, observation.now)


def suspect(state: CapacityMemory, pair: Pair, observation: Observation) -> CapacityMemory:
    """Return the state after comparing a minute with what its number says: enough slow ones add up to an alarm."""
    if state.used is None or not has_enough(state) or _waits_for_capacity(state, observation):
        return state
    slower = _log_slower(state, pair, observation) - state.misfit - SLACK
    return state.model_copy(update={"suspicion": max(0.0, state.suspicion + min(slower, CLIPPED))})


def is_alarmed(state: CapacityMemory) -> bool:
    """Tell whether replicas have been slower than their number says for too long."""
    return state.suspicion >= ALARM


def doubt(state: CapacityMemory, now: datetime, *, share: float = DOUBTED_SHARE) -> CapacityMemory:
    """Return the state that trusts a share of its number, and has learned nothing since; without one it only forgets.

    What is doubted is the number in use; while that is provisional, the one before it.
    """
    known = state.known if state.known and state.used and state.used.provisional else state.used
    fresh = {"pairs": LoadPairs(), "suspicion": 0.0, "fitted_at": None, "known": known}
    return state.model_copy(update={**fresh, "doubted_at": now if known else None, "doubted_share": share})


def step_back(state: CapacityMemory, now: datetime) -> CapacityMemory:
    """Return the state whose provisional number turned out too high: a few steps below it is what held before."""
    if state.used is None:
        return state
    failed = state.used.model_copy(update={"provisional": False})
    update = {"suspicion": 0.0, "known": failed, "doubted_at": now, "doubted_share": 1 - STEPS_BACK * SHARE_STEP}
    return state.model_copy(update=update)


def has_enough(state: CapacityMemory) -> bool:
    """Tell whether enough was seen since the last doubt to say anything."""
    return sum(state.pairs.minutes) >= ENOUGH_MINUTES


def trusted_share(state: CapacityMemory, now: datetime) -> float:
    """Return how much of the number before the doubt is trusted now; no more than at first until enough was seen."""
    if state.doubted_at is None:
        return 1.0
    if not has_enough(state):
        return state.doubted_share
    steps = (now - state.doubted_at) // STEP_TIME
    return min(1.0, state.doubted_share + steps * SHARE_STEP)


def is_trusted(state: CapacityMemory, now: datetime) -> bool:
    """Tell whether the number is what it was before any doubt."""
    return trusted_share(state, now) >= 1


def _waits_for_capacity(state: CapacityMemory, observation: Observation) -> bool:
    """Tell whether what was asked for at the last doubt may still be on its way to Ready, or to the metrics."""
    if state.doubted_at is None:
        return False
    lead = lead_time(observation.policy, observation.memory)
    return observation.now - state.doubted_at < lead + 2 * METRIC_DELAY


def _log_slower(state: CapacityMemory, pair: Pair, observation: Observation) -> float:
    """Return the logarithm of how much slower a minute was than a tenth less capacity explains."""
    if state.used is None:
        return 0.0
    limit = SEEN_LATENCY * (observation.policy.spec.objective.p95_milliseconds or 0)
    throughput, load, replicas = (
        np.array([each]) for each in ((1 - TOLERATED_LOSS) * state.used.per_replica, pair.per_replica, pair.replicas)
    )
    service_time = float(state.used.service_time_milliseconds or 1)
    wait = float(p95_wait_milliseconds(throughput, load, replicas, service_time=service_time)[0])
    return math.log(min(pair.milliseconds, limit) / min(service_time + wait, limit))
