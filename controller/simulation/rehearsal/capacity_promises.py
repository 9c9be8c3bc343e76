"""Promises of a policy as a whole: bounds, lead time, objective, calm, what is measured, overload, and coming down.

Each is judged by what happened to the workload, tick by tick. Those of step rules are in rule_promises.py.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import numpy as np

from controller.api.behavior import SelectPolicy
from controller.scaling.learning.lead_time import SWEEP, lead_time
from controller.scaling.reasons import Reason
from controller.simulation.demand import TICK
from controller.simulation.rehearsal.patterns import pace_of
from controller.simulation.rehearsal.rehearse import Rehearsed
from controller.simulation.rehearsal.verdict import (
    NOTICED_TICKS,
    SEEN_TICKS,
    Verdict,
    asked_for,
    judged,
    runs_of,
    span,
    untested,
)

LATE_PODS = 0.1  # a lead time is a p90
LATE_DRAIN = 1.15  # of the drain target


def capacity_promises(run: Rehearsed) -> Iterator[Verdict]:
    """Yield a verdict on each promise that the pattern puts to the test, or why it cannot be."""
    for promise in (*ALWAYS, *BY_PATTERN[run.pattern.name]):
        yield from promise(run)


def _bounds(run: Rehearsed) -> Iterator[Verdict]:
    spec, created = run.stage.policy.spec, run.timeline.created_replicas
    low, high = int(created.min()), int(created.max())
    told = f"{low} to {high} replicas, of {spec.min_replicas} to {spec.max_replicas}"
    yield judged(run, "bounds", kept=spec.min_replicas <= low and high <= spec.max_replicas, message=told)


def _lead_time(run: Rehearsed) -> Iterator[Verdict]:
    """Judge whether replicas that were added, and still wanted a lead time later, were Ready by then."""
    created, ready = run.timeline.created_replicas, run.timeline.ready_replicas
    added = late = 0.0
    for tick in (np.flatnonzero(np.diff(created) > 0) + 1).tolist():
        due = tick + math.ceil(_lead(run, tick) / TICK)
        if due < len(run):
            more = created[tick] - created[tick - 1]
            added += more
            late += min(more, max(0.0, created[tick : due + 1].min() - ready[due]))
    if not added:
        yield untested("lead time", "nothing was added")
        return
    told = f"{added - late:.0f} of {added:.0f} added replicas were Ready within {_lead(run, -1)}"
    yield judged(run, "lead time", kept=late <= LATE_PODS * added, message=told)


def _lead(run: Rehearsed, tick: int) -> timedelta:
    return lead_time(run.stage.policy, run.decisions[tick].memory)


def _drain(run: Rehearsed) -> Iterator[Verdict]:
    """Judge whether a backlog was gone in its target time, where the bounds left room for that."""
    for signal in run.stage.policy.spec.signals:
        if signal.queue is None:
            continue
        promise, target = f"queue {signal.name} drained", timedelta(seconds=signal.queue.drain_target_seconds)
        clears = run.stage.world.pod.per_replica * run.timeline.ready_replicas * SWEEP.total_seconds()
        backlogs = runs_of(run.timeline.backlog > clears)
        if not backlogs:
            yield untested(promise, "there was no backlog")
        elif run.timeline.created_replicas.max() >= run.stage.policy.spec.max_replicas:
            yield untested(promise, "maxReplicas were too few to tell")
        else:
            longest = max(end - begin for begin, end in backlogs)
            kept = longest - SEEN_TICKS <= LATE_DRAIN * target / TICK
            told = f"the longest backlog was gone after {span(longest)}, {target} is promised once it is seen"
            yield judged(run, promise, kept=kept, message=told)


def _objective(run: Rehearsed) -> Iterator[Verdict]:
    """Judge whether service was good all the time; where no latency is promised, whether all was served."""
    spec, settled = run.stage.policy.spec, slice(run.settled, None)
    queued = [signal.queue.arrivals for signal in spec.signals if signal.queue]
    if not spec.load_signals or queued:
        why = "what arrives may wait in the queue" if queued else "no signal has a load, so nothing follows demand"
        yield untested("objective", why)
        return
    p95 = run.timeline.p95_ms[settled]
    if spec.objective.p95_milliseconds is not None:
        over = np.count_nonzero(p95 > run.timeline.objective_ms)
        told = f"p95 was at most {p95.max():.0f} ms, of {run.timeline.objective_ms:.0f} ms"
        told += f"; above it for {span(int(over))}" if over else ""
        yield judged(run, "objective", kept=not over, message=told)
        return
    load = run.timeline.demand_rps[settled] / (run.timeline.ready_replicas[settled] * run.stage.world.pod.per_replica)
    told = (
        f"at most {load.max():.0%} of what Ready replicas take, {spec.objective.utilization_percent} % is planned for"
    )
    yield judged(run, "utilization", kept=bool(load.max() < 1), message=told)


def _calm(run: Rehearsed) -> Iterator[Verdict]:
    changes = int(np.count_nonzero(np.diff(run.timeline.created_replicas[run.settled :])))
    yield judged(run, "calm", kept=not changes, message=f"{changes} changes of replicas while the load stood still")


def _follows(run: Rehearsed) -> Iterator[Verdict]:
    """Judge whether a load that is there is answered as soon as it is measured."""
    spec = run.stage.policy.spec
    begin = run.pattern.tick_after(2)
    needed = run.stage.replicas_for(float(run.timeline.demand_rps[begin]))
    if not needed or any(signal.queue for signal in spec.signals):
        yield untested("follows the load", "no signal with a load counts requests that have to be served at once")
        return
    tolerated = needed / (1 + spec.behavior.scale_up.tolerance_percent / 100)
    yield asked_for(run, "follows the load", math.ceil(tolerated), since=begin, within=NOTICED_TICKS)


def _at_max(run: Rehearsed) -> Iterator[Verdict]:
    """Judge whether all replicas are asked for, and that they are too few is said."""
    spec = run.stage.policy.spec
    if not spec.load_signals:
        yield untested("all of maxReplicas", "no signal has a load, so nothing knows how much is too much")
        return
    promise, begin = "all of maxReplicas", run.pattern.tick_after(2)
    waits = max((signal.queue.drain_target_seconds for signal in spec.signals if signal.queue), default=0)
    within = NOTICED_TICKS + math.ceil(waits / TICK.total_seconds())
    yield asked_for(run, promise, spec.max_replicas, since=begin, within=within)
    last = run.decisions[-1]
    told = [limit.message for limit in last.limiters if limit.reason is Reason.TOO_MANY_REPLICAS]
    yield judged(run, "says that max is too few", kept=bool(told), message=told[0] if told else last.message)


def _comes_down(run: Rehearsed) -> Iterator[Verdict]:
    """Judge whether replicas are as few as before a peak, as soon after it as stabilization and step limits allow."""
    spec, created = run.stage.policy.spec, run.timeline.created_replicas
    if not spec.load_signals:
        yield untested("comes down", "no signal has a load, so nothing knows that fewer are enough")
        return
    if spec.behavior.scale_down.select_policy is SelectPolicy.DISABLED:
        yield untested("comes down", "behavior.scaleDown forbids it")
        return
    before, over = created[run.settled - 1], run.pattern.tick_after(4)
    if created[run.settled : over].max() <= before:
        yield untested("comes down", "nothing was added")
        return
    enough = math.floor(before * (1 + spec.behavior.scale_down.tolerance_percent / 100))
    promised = pace_of(run.stage.policy).descent
    came = np.flatnonzero(created[over:] <= enough)
    if not len(came):
        stands = run.decisions[-1]
        told = f"{created[-1]:.0f} replicas were left, {before:.0f} stood there before: {stands.message}"
        yield judged(run, "comes down", kept=False, message=told)
        return
    took = int(came[0])
    told = f"down to {created[over + took]:.0f} replicas after {span(took)}, {promised} is promised"
    yield judged(run, "comes down", kept=took * TICK <= promised, message=told)


Promise = Callable[[Rehearsed], Iterator[Verdict]]

ALWAYS: tuple[Promise, ...] = (_bounds, _lead_time, _drain)
BY_PATTERN: Mapping[str, tuple[Promise, ...]] = {
    "steady": (_objective, _calm),
    "ramp": (_objective,),
    "spike": (_follows,),
    "overload": (_at_max,),
    "recovery": (_comes_down,),
}
