"""Capacity per replica: given by the policy, else learned from load and latency, else what was seen to be carried.

The only room that knows it: every sizing asks capacity_of. What pairs of load and latency say is capacity_fit.py's;
when they may be doubted is capacity_drift.py's.
"""

from datetime import datetime, timedelta
from functools import lru_cache

from controller.api.capacity_memory import Capacity, CapacityMemory, SignalCapacity
from controller.api.policy_status import Learned, Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Load, Signal
from controller.scaling.guards.health import is_fresh
from controller.scaling.learning.capacity_drift import (
    advance_doubt,
    doubt,
    has_enough,
    is_alarmed,
    is_trusted,
    step_back,
    suspect,
    trusted_share,
)
from controller.scaling.learning.capacity_fit import Fit, fit_capacity
from controller.scaling.learning.lead_time import LeadTime, known_lead_time
from controller.scaling.learning.load_pairs import Pair, add_pair, as_matrix, figure
from controller.scaling.observation import Observation

MINUTE = timedelta(minutes=1)  # readings are means over it: sooner, the same seconds would count twice
REFIT = timedelta(minutes=10)  # a fit costs a millisecond, and a minute more says little
NEWS = 0.03  # relative change of a number below which it stays: it is written, and tables are made from it
SERVICE_TIME_NEWS = 0.1


def capacity_of(signal: Signal, memory: Memory) -> Load | None:
    """Return what one Ready replica can take of a load signal; None while that is neither given nor learned."""
    used = _used(signal, memory)
    return None if used is None else _known(used.per_replica, used.service_time_milliseconds)


def why_unknown(signal: str) -> str:
    """Return one sentence on a load signal of which it is not known what a replica can take."""
    return f"it is not known yet what a replica can take of {signal}: too few minutes with its latency so far"


def learned_numbers(policy: ScalingPolicy, memory: Memory) -> Learned:
    """Return the lead time and the capacities that plans use, with their sources."""
    used = tuple((signal.name, _used(signal, memory)) for signal in policy.spec.load_signals)
    return _told(known_lead_time(policy, memory), used)


@lru_cache(maxsize=4096)
def _told(lead: LeadTime, used: tuple[tuple[str, Capacity | None], ...]) -> Learned:
    """Return learned numbers as a person is told them; what one sweep says, the next says again."""
    return Learned(
        lead_time_seconds=lead.seconds,
        lead_time_source=lead.source,
        lead_time_steps=lead.steps,
        capacities=tuple(SignalCapacity(name=name, **dict(each)) for name, each in used if each is not None),
    )


def remember_capacities(observation: Observation) -> Memory:
    """Return the memory after learning what this observation says of capacities that are not given."""
    memory, latency = observation.memory, observation.policy.spec.objective.latency_signal
    learned = [signal for signal in observation.policy.spec.load_signals if learns(signal)]
    before = {each.name: each for each in memory.capacities}
    after = tuple(
        _advance(before.get(signal.name, CapacityMemory(name=signal.name)), observation, latency or "")
        for signal in learned
    )
    return memory if after == memory.capacities else memory.model_copy(update={"capacities": after})


def learns(signal: Signal) -> bool:
    """Tell whether the capacity of a replica for a signal is to be learned."""
    return signal.load is not None and signal.load.per_replica is None


def _used(signal: Signal, memory: Memory) -> Capacity | None:
    load = signal.load
    if load is None:
        return None
    if load.per_replica is not None:
        return _given(load.per_replica, load.service_time_milliseconds)
    return next((each.used for each in memory.capacities if each.name == signal.name), None)


@lru_cache(maxsize=1024)
def _given(per_replica: float, service_time: int | None) -> Capacity:
    return Capacity(per_replica=per_replica, service_time_milliseconds=service_time, source="Given")


@lru_cache(maxsize=4096)
def _known(per_replica: float, service_time: int | None) -> Load:
    return Load(per_replica=per_replica, service_time_milliseconds=service_time)


def _advance(state: CapacityMemory, observation: Observation, latency: str) -> CapacityMemory:
    """Return the state after one look: a release doubts it, a steady minute is learned from, a fit is made when due."""
    state = advance_doubt(_with_fleet(state, observation), observation)
    pair = _pair(state, observation, latency)
    if pair is not None:
        state = suspect(state, pair, observation)
        sampled = {"pairs": add_pair(state.pairs, pair), "sampled_at": observation.readings[state.name].valid_at}
        state = state.model_copy(update=sampled)
    objective = observation.policy.spec.objective.p95_milliseconds or 0
    if is_alarmed(state):
        return _answered(state, objective, observation.now)
    if state.fitted_at is not None and observation.now - state.fitted_at < REFIT:
        return state
    return _fitted(state, objective, observation.now)


def _with_fleet(state: CapacityMemory, observation: Observation) -> CapacityMemory:
    """Return the state that knows since when the same replicas have been Ready; none are while pods are replaced."""
    scale = observation.scale
    steady = state.steady_since is not None and not scale.rolling_out
    if steady and state.ready_replicas == scale.ready_replicas:
        return state
    return state.model_copy(update={"ready_replicas": scale.ready_replicas, "steady_since": observation.now})


def _pair(state: CapacityMemory, observation: Observation, latency: str) -> Pair | None:
    """Return the newest whole minute of load and latency that one steady fleet served; None where there is none."""
    readings, now = observation.readings, observation.now
    if not (is_fresh(readings, state.name, now) and is_fresh(readings, latency, now)) or not state.ready_replicas:
        return None
    load, p95 = readings[state.name], readings[latency]
    begin = min(load.valid_at, p95.valid_at) - MINUTE
    seen = state.sampled_at is not None and begin < state.sampled_at
    if seen or state.steady_since is None or state.steady_since > begin or not load.value or not p95.value:
        return None
    return Pair(load.value / state.ready_replicas, state.ready_replicas, 1000 * p95.value)


def _answered(state: CapacityMemory, objective: int, now: datetime) -> CapacityMemory:
    """Return the state after an alarm: less is learned from what was seen where that is clear, else doubted."""
    fit = fit_capacity(as_matrix(state.pairs), objective)
    if state.used and fit.identified and fit.per_replica < (1 - NEWS) * state.used.per_replica:
        return _fitted(state.model_copy(update={"suspicion": 0.0}), objective, now)
    in_doubt = step_back(state, now) if state.doubted_at else doubt(state, now)
    return _fitted(in_doubt, objective, now)


def _fitted(state: CapacityMemory, objective: int, now: datetime) -> CapacityMemory:
    """Return the state with the number that sizing is to use from now on."""
    state = state.model_copy(update={"fitted_at": now})
    if not has_enough(state):
        return _relaxed(state, None, objective, now=now)
    fit = fit_capacity(as_matrix(state.pairs), objective)
    if fit.identified and fit.service_time < objective:
        known = _unless_news(state.known, _learned(fit))
        settled = {"known": known, "used": known, "misfit": fit.misfit, "doubted_at": None}
        return state.model_copy(update=settled)
    if state.known is None and fit.service_time < objective:
        return state.model_copy(update={"used": _unless_news(state.used, _default(fit)), "misfit": fit.misfit})
    return _relaxed(state, fit, objective, now=now)


def _relaxed(state: CapacityMemory, fit: Fit | None, objective: int, *, now: datetime) -> CapacityMemory:
    """Return the state with the number known before, as far as it is trusted again and nothing seen rules it out."""
    known = state.known
    if known is None:
        return state
    if is_trusted(state, now):
        state = state.model_copy(update={"doubted_at": None})
    share = trusted_share(state, now)
    slowed = _slowed(known, fit) if fit and fit.service_time < objective else known
    number = _within(min(share * known.per_replica, slowed.per_replica), fit)
    update: dict[str, object] = {
        "per_replica": figure(number),
        "provisional": share < 1,
        "lowest": _rounded(fit.lowest) if fit else None,
        "highest": _rounded(fit.highest) if fit else None,
    }
    if share < 1:
        update["message"] = f"was {known.per_replica:.3g} before; {share:.0%} of it until the new number is learned"
    return state.model_copy(update={"used": _unless_news(state.used, slowed.model_copy(update=update))})


def _slowed(known: Capacity, fit: Fit) -> Capacity:
    """Return what slower replicas take that work on as many requests at once as before; faster ones are left alone."""
    before = known.service_time_milliseconds or fit.service_time
    if fit.service_time <= before:
        return known
    update = {"per_replica": known.per_replica * before / fit.service_time}
    return known.model_copy(update={**update, "service_time_milliseconds": round(fit.service_time)})


def _learned(fit: Fit) -> Capacity:
    return Capacity(
        per_replica=figure(fit.per_replica),
        service_time_milliseconds=max(1, round(fit.service_time)),
        source="Learned",
        lowest=_rounded(fit.lowest),
        highest=_rounded(fit.highest),
        message="learned from latency at the load of a Ready replica",
    )


def _default(fit: Fit) -> Capacity:
    """Return what the pairs prove: at least what was carried, and at least one request at a time."""
    one_at_a_time = 1000 / fit.service_time
    return Capacity(
        per_replica=figure(_within(one_at_a_time, fit)),
        service_time_milliseconds=max(1, round(fit.service_time)),
        source="Default",
        lowest=_rounded(fit.lowest),
        highest=_rounded(fit.highest),
        message="not identifiable: load never came near what a replica can take; at least this much was carried",
    )


def _within(number: float, fit: Fit | None) -> float:
    """Return the number, or the end of what the pairs allow that is nearest to it."""
    if fit is None:
        return number
    highest = number if fit.highest is None else fit.highest
    return max(fit.lowest or 0.0, min(number, highest))


def _unless_news(before: Capacity | None, after: Capacity) -> Capacity:
    """Return the number as it was, unless the new one says something else."""
    if before is None or (before.source, before.provisional) != (after.source, after.provisional):
        return after
    if (before.highest is None) != (after.highest is None):
        return after
    times = (before.service_time_milliseconds or 1, after.service_time_milliseconds or 1)
    same = abs(after.per_replica / before.per_replica - 1) < NEWS and abs(times[1] / times[0] - 1) < SERVICE_TIME_NEWS
    return before if same else after


def _rounded(value: float | None) -> float | None:
    return None if value is None else figure(value)
