"""What holds of every decision, on a million of them from seeds: how often each was asked, and how often it broke."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from random import Random

from benchmarks.tables import Table, against
from benchmarks.walks import LIMIT_PERIOD, LIMITED_PODS, Walk
from controller.api.behavior import PauseDirection
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.guards.health import unhealthy_signals
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason

WALKS = 1000
STEPS = 1000
MORE = 1.7  # times the demand, for which no fewer replicas may be asked
MOVED_BY_OTHERS = {Reason.TOO_FEW_REPLICAS, Reason.TOO_MANY_REPLICAS, Reason.SCALE_DOWN_UNDONE}
GUARDS = {Reason.OUTAGE, Reason.STEP_RULE_STOPPED}  # more demand may end an outage, or prove a rule to be in vain


def is_within_bounds(decision: Decision) -> bool | None:
    """Tell whether minReplicas <= n <= maxReplicas; None under a pause, which bounds do not move."""
    spec = decision.observation.policy.spec
    return None if spec.pause else spec.min_replicas <= decision.desired_replicas <= spec.max_replicas


def keeps_blind(decision: Decision) -> bool | None:
    """Tell whether nothing was removed while a signal is stale, missing or not finite; None while all are well."""
    if not unhealthy_signals(decision.observation):
        return None
    return decision.desired_replicas >= min(decision.current_replicas, decision.observation.policy.spec.max_replicas)


def obeys_pause(decision: Decision) -> bool | None:
    """Tell whether a paused direction stands still; None without a pause."""
    pause = decision.observation.policy.spec.pause
    if pause is None:
        return None
    rose = decision.desired_replicas > decision.current_replicas
    fell = decision.desired_replicas < decision.current_replicas
    return not (
        (rose and pause.direction is not PauseDirection.SCALE_DOWN)
        or (fell and pause.direction is not PauseDirection.SCALE_UP)
    )


def keeps_step_limits(decision: Decision) -> bool | None:
    """Tell whether all changes of a limit's period, ours and this one, are within it; None where none is set."""
    behavior = decision.observation.policy.spec.behavior
    change = decision.desired_replicas - decision.current_replicas
    limits = behavior.scale_up.policies if change > 0 else behavior.scale_down.policies
    if not change or not limits or MOVED_BY_OTHERS & {limiter.reason for limiter in decision.limiters}:
        return None
    since = decision.at - LIMIT_PERIOD
    before = sum(
        each.to_replicas - each.from_replicas for each in decision.observation.memory.changes if each.at > since
    )
    beyond = abs(before + change) > LIMITED_PODS and abs(before + change) > abs(before)
    return not beyond


def asks_no_less_for_more(decision: Decision) -> bool | None:
    """Tell whether more demand asks for at least as much; None where a guard gives another answer, and says so."""
    more = evaluate(_with_more(replace(decision.observation, memory=decision.remembered)))
    reasons = {limiter.reason for limiter in decision.limiters} | {voice.reason for voice in more.plan.candidates}
    if more.desired_replicas < decision.desired_replicas and GUARDS & reasons:
        return None
    return more.desired_replicas >= decision.desired_replicas


def _with_more(observation: Observation) -> Observation:
    more = {
        name: reading if reading.value is None else replace(reading, value=MORE * reading.value)
        for name, reading in observation.readings.items()
    }
    return replace(observation, readings=more)


INVARIANTS: Mapping[str, Callable[[Decision], bool | None]] = {
    "within minReplicas and maxReplicas": is_within_bounds,
    "nothing removed on a stale, missing or non-finite signal": keeps_blind,
    "a pause is obeyed": obeys_pause,
    "step limits are kept, but for bounds and an undo": keeps_step_limits,
    "more demand never asks for fewer replicas": asks_no_less_for_more,
}


def table() -> Table:
    """Walk through all seeds, on all cores this may use."""
    processes = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        counts = sum(pool.map(walk, range(WALKS), chunksize=10), Counter[tuple[str, bool]]())
    rows = [(name, counts[name, True] + counts[name, False], counts[name, False]) for name in INVARIANTS]
    return Table(
        title="Invariants",
        intro=(
            f"{WALKS * STEPS:,} decisions, {STEPS:,} in a row for each of {WALKS:,} seeds. That who does not lead "
            "decides nothing is the sweep's business, and shown in its tests."
        ),
        header=("what holds", "decisions asked", "broken"),
        rows=rows,
        verdicts=[against("B2, broken invariants", sum(row[2] for row in rows), 0)],
    )


def walk(seed: int, steps: int = STEPS) -> Counter[tuple[str, bool]]:
    """Return how often each invariant held and broke on the way of one seed."""
    counts: Counter[tuple[str, bool]] = Counter()
    for observation in Walk(Random(seed)).observations(steps):  # noqa: S311  walks, guards nothing
        decision = evaluate(observation)
        for name, holds in INVARIANTS.items():
            held = holds(decision)
            if held is not None:
                counts[name, held] += 1
    return counts
