"""What holds for every decision, whatever is observed, remembered and asked for."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controller.api.behavior import Behavior, Pause, PauseDirection, Pin, StepLimit, StepLimitType
from controller.api.error_budget import BadSpell
from controller.api.guards import Dependency
from controller.api.policy_status import (
    BacklogMemory,
    Change,
    Memory,
    OutageMemory,
    Recommendation,
    RemovalMemory,
    RolloutMemory,
    RuleMemory,
    ScalingPolicyStatus,
)
from controller.api.scaling_policy import Mode, ScalingPolicy
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.decision import Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.guards.health import unhealthy_signals
from controller.scaling.memory import resume
from controller.scaling.observation import Observation, Outlook, Pod, Reading, Scale
from controller.scaling.publishing.patch import dump, patch_for
from controller.scaling.publishing.recall import recomputed
from controller.scaling.publishing.record import record_of
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, QUEUE, QUEUED_REQUESTS, REQUESTS, a_policy, a_usual, an_event, an_outlook

MANY = settings(max_examples=200)

NAMES = ("requests", "queue", "latency", "connections")
CONNECTIONS = {"name": "connections", "preset": "database-connections"}
DRAINED = {**QUEUE, "queue": {"arrivals": "requests", "drainTargetSeconds": 600}}
DATABASES: list[dict[str, Any]] = [
    {"name": "database", "signal": "connections", "above": 500},
    {"name": "replica", "signal": "connections", "above": 200, "action": "Cap", "maxReplicas": 30},
]
FAST = {"indicators": [{"signal": "latency", "above": "0.25"}]}
BUDGETED = {**FAST, "errorBudget": {"targetPercent": "99.9"}}
DEMANDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (REQUESTS, {}),
    (QUEUED_REQUESTS, {"p95Milliseconds": 250}),
    ({**REQUESTS, "load": None}, {}),  # rules alone
]
RULES: list[dict[str, Any]] = [
    {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]},
    {
        "name": "stairs",
        "signal": "queue",
        "forSeconds": 30,
        "rearmBelow": 200,
        "steps": [
            {"above": 500, "addReplicas": 30},
            {"above": 2000, "addPercent": 100},
            {"above": 9000, "addReplicas": 1},
        ],
    },
    {"name": "slow", "signal": "latency", "rearmBelow": 0, "steps": [{"above": "0.25", "addPercent": 10}]},
]

MINUTE = timedelta(minutes=1)
BLOCKING = Dependency.model_validate(DATABASES[0])

seconds = st.integers(-600, 4000)
times = seconds.map(lambda ago: NOON - timedelta(seconds=ago))
counts = st.integers(0, 130)
values = st.floats(0, 3000) | st.sampled_from([0.0, 0.25, 200.0, 500.0, 1000.0, 1e9])
step_limits = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["Pods", "Percent"]),
            "value": st.integers(1, 150),
            "periodSeconds": st.sampled_from([15, 60, 600]),
        }
    ),
    max_size=2,
)
directions = st.fixed_dictionaries(
    {
        "policies": step_limits,
        "selectPolicy": st.sampled_from(["Max", "Min", "Disabled"]),
        "tolerancePercent": st.sampled_from([0, 10, 50]),
        "cooldownSeconds": st.sampled_from([0, 60]),
    }
)
windows = st.sampled_from([0, 60, 300])


@st.composite
def policies(draw: st.DrawFn) -> ScalingPolicy:
    """A policy with a load, a queue and a latency; calm or hasty, with guards or without."""
    demand, objective = draw(st.sampled_from(DEMANDS))
    low = draw(st.integers(1, 20))
    down = draw(directions) | {"stabilizationWindowSeconds": draw(windows)}
    down |= {"watchSeconds": draw(st.sampled_from([0, 300])), "outageHoldSeconds": draw(st.sampled_from([0, 3600]))}
    return a_policy(
        demand,
        draw(st.sampled_from([QUEUE, DRAINED])) if demand.get("load") else QUEUE,
        LATENCY,
        CONNECTIONS,
        minReplicas=low,
        maxReplicas=low + draw(st.integers(0, 100)),
        objective=objective | draw(st.sampled_from([{}, FAST, BUDGETED])),
        dependencies=draw(st.lists(st.sampled_from(DATABASES), unique_by=lambda each: each["name"])),
        stepScaling=draw(st.lists(st.sampled_from(RULES), unique_by=lambda each: each["name"])),
        behavior={"scaleUp": draw(directions), "scaleDown": down},
        fallback=draw(st.none() | st.just({"replicas": 15, "afterSeconds": 600})),
        mode=draw(st.sampled_from(list(Mode))),
    )


def a_change(at: datetime, before: int, after: int) -> Change:
    return Change(at=at, from_replicas=before, to_replicas=after)


changes = st.lists(st.tuples(times, counts, counts), max_size=4)
rule_states = st.fixed_dictionaries(
    {
        "above_since": st.none() | times,
        "level": st.integers(-1, 8),
        "fired_at": st.none() | times,
        "replicas": counts,
        "fired_value": st.none() | st.floats(0, 2),
        "vain_steps": st.integers(0, 2),
        "stopped_at": st.none() | times,
    }
)
rule_memories = st.dictionaries(st.sampled_from(["backlog", "stairs", "slow", "gone"]), rule_states)
removals = st.tuples(times, counts, st.none() | times).map(
    lambda each: RemovalMemory(at=each[0], from_replicas=each[1], undone_at=each[2])
)
outages = st.tuples(times, times).map(lambda each: OutageMemory(began=each[0], seen=each[1]))
rollouts = st.tuples(times, st.none() | times).map(lambda each: RolloutMemory(began=each[0], ended=each[1]))
backlogs = times.map(lambda since: BacklogMemory(name="queue", since=since))
spells = st.tuples(times, st.integers(1, 50), st.booleans()).map(
    lambda each: BadSpell(began=each[0], ended=each[0] + each[1] * MINUTE, minutes=each[1], over=each[2])
)
recommendations = st.lists(st.tuples(seconds, counts), max_size=4, unique_by=lambda entry: entry[1])


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """What some earlier decisions may have left, also by a clock that ran ahead or with another spec."""
    entries = draw(recommendations)
    since = sorted((ago for ago, _ in entries), reverse=True)
    falling = sorted((replicas for _, replicas in entries), reverse=True)
    return Memory(
        recommendations=tuple(
            Recommendation(since=NOON - timedelta(seconds=ago), replicas=replicas)
            for ago, replicas in zip(since, falling, strict=True)
        ),
        changes=tuple(a_change(*change) for change in sorted(draw(changes))),
        rules=tuple(RuleMemory(name=name, **state) for name, state in draw(rule_memories).items()),
        backlogs=tuple(draw(st.lists(backlogs, max_size=1))),
        removal=draw(st.none() | removals),
        outage=draw(st.none() | outages),
        rollout=draw(st.none() | rollouts),
        bad_spells=tuple(draw(st.lists(spells, max_size=3))),
        planned_replicas=draw(st.none() | counts),
    )


@st.composite
def readings(draw: st.DrawFn, value: st.SearchStrategy[float | None] = values) -> Reading:
    """A fresh reading, mostly; else one that is old, odd or from the future."""
    age = draw(st.sampled_from([0, 0, 0, 30, 91, 301, 2000, -91]))
    return Reading(draw(value), NOON - timedelta(seconds=age), draw(st.sampled_from(["", "", "", "HTTP 500"])))


any_reading = readings() | readings(st.sampled_from([None, math.nan, math.inf]))


@st.composite
def outlooks(draw: st.DrawFn) -> Outlook:
    """An outlook that begins around noon, and may have run out, with its gate open or not."""
    start = NOON + timedelta(minutes=draw(st.integers(-12, 8)))
    planned = draw(st.lists(st.floats(0, 2000), min_size=1, max_size=12))
    usual = draw(st.none() | st.floats(0, 2000).map(a_usual))
    return an_outlook(planned, gate_open=draw(st.booleans()), start=start, usual=usual)


@st.composite
def observations(draw: st.DrawFn, reading: st.SearchStrategy[Reading] = any_reading) -> Observation:
    """Whatever the doors may hand over, at noon."""
    spec = draw(counts)
    starts = st.integers(-60, 60).map(lambda minutes: NOON + timedelta(minutes=minutes))
    events = st.builds(
        lambda start, ramps, percent, floor: an_event(
            start=start,
            end=start + timedelta(minutes=30),
            rampInSeconds=ramps[0],
            rampOutSeconds=ramps[1],
            multiplierPercent=percent,
            minReplicas=floor,
        ),
        starts,
        st.tuples(st.sampled_from([0, 600]), st.sampled_from([0, 1200])),
        st.integers(100, 400),
        st.none() | st.integers(1, 60),
    )
    pods = st.builds(
        Pod, name=st.just("web-1"), created_at=times, ready_at=st.none() | times, unschedulable=st.booleans()
    )
    return Observation(
        now=NOON,
        policy=draw(policies()),
        readings={name: draw(reading) for name in NAMES if draw(st.integers(0, 9))},
        scale=Scale(spec, draw(st.integers(0, spec + 5)), tuple(draw(st.lists(pods, max_size=3))), draw(st.booleans())),
        memory=draw(memories()),
        outlooks={"requests": draw(outlooks())} if draw(st.booleans()) else {},
        windows=tuple(map(window_of, draw(st.lists(events, max_size=2)))),
    )


def by_people(observation: Observation, *, pause: Pause | None = None, pin: Pin | None = None) -> Observation:
    spec = observation.policy.spec.model_copy(update={"pause": pause, "pin": pin})
    return replace(observation, policy=observation.policy.model_copy(update={"spec": spec}))


def multiplied(observation: Observation, factor: float) -> Observation:
    """Return the same observation with more of everything that is measured and forecast, but for a dependency."""
    more = {
        name: reading if reading.value is None or name == "connections" else of_value(reading, reading.value * factor)
        for name, reading in observation.readings.items()
    }
    planned = {name: multiplied_outlook(outlook, factor) for name, outlook in observation.outlooks.items()}
    return replace(observation, readings=more, outlooks=planned)


def of_value(reading: Reading, value: float) -> Reading:
    return replace(reading, value=value)


def multiplied_outlook(outlook: Outlook, factor: float) -> Outlook:
    expected, low = (
        replace(series, values=series.values * factor) for series in (outlook.usual.expected, outlook.usual.low)
    )
    usual = replace(outlook.usual, expected=expected, low=low)
    planned = (outlook.planned.values * factor).tolist()
    return an_outlook(planned, gate_open=outlook.gate.open, start=outlook.as_of, usual=usual)


def a_guard_spoke(less: Decision, more: Decision) -> bool:
    """Tell whether more demand ended what looked like an outage, or proved that replicas do not help a latency.

    These are the two cases in which more may be answered by less, and both say so.
    """
    held = Reason.OUTAGE in [limiter.reason for limiter in less.limiters]
    return held or Reason.STEP_RULE_STOPPED in [candidate.reason for candidate in more.plan.candidates]


@MANY
@given(observations())
def test_desired_replicas_are_always_within_the_bounds(observation: Observation) -> None:
    spec = observation.policy.spec
    assert spec.min_replicas <= evaluate(observation).desired_replicas <= spec.max_replicas


@MANY
@given(observations(), st.floats(1, 50))
def test_more_demand_never_asks_for_fewer_replicas(observation: Observation, factor: float) -> None:
    less, more = evaluate(observation), evaluate(multiplied(observation, factor))
    assert more.desired_replicas >= less.desired_replicas or a_guard_spoke(less, more)


@MANY
@given(observations(readings()), st.sampled_from(["requests", "queue", "latency"]), values)
def test_more_of_one_signal_never_asks_for_fewer_replicas(observation: Observation, name: str, more: float) -> None:
    if name not in observation.readings:
        return
    reading = observation.readings[name]
    raised = replace(reading, value=(reading.value or 0.0) + more)
    higher = replace(observation, readings={**observation.readings, name: raised})
    less, greater = evaluate(observation), evaluate(higher)
    assert greater.desired_replicas >= less.desired_replicas or a_guard_spoke(less, greater)


@MANY
@given(observations(), st.integers(1, 30), st.sampled_from([60, 600]))
def test_no_change_is_larger_than_a_step_limit_but_for_bounds_and_an_undo(
    observation: Observation, value: int, period: int
) -> None:
    limit = (StepLimit(type=StepLimitType.PODS, value=value, period_seconds=period),)
    spec = observation.policy.spec
    up, down = spec.behavior.scale_up, spec.behavior.scale_down
    limited = Behavior(
        scale_up=up.model_copy(update={"policies": limit}), scale_down=down.model_copy(update={"policies": limit})
    )
    policy = observation.policy.model_copy(update={"spec": spec.model_copy(update={"behavior": limited})})
    memory = observation.memory.model_copy(update={"changes": ()})
    decision = evaluate(replace(observation, policy=policy, memory=memory))
    beyond = {Reason.TOO_FEW_REPLICAS, Reason.TOO_MANY_REPLICAS, Reason.SCALE_DOWN_UNDONE}
    if not beyond & {limiter.reason for limiter in decision.limiters}:
        assert abs(decision.desired_replicas - decision.current_replicas) <= value


@MANY
@given(observations())
def test_a_dependency_above_its_limit_lets_nothing_be_added(observation: Observation) -> None:
    spec = observation.policy.spec.model_copy(update={"dependencies": (BLOCKING,)})
    policy = observation.policy.model_copy(update={"spec": spec})
    readings = {**observation.readings, "connections": Reading(501.0, NOON)}
    decision = evaluate(replace(observation, policy=policy, readings=readings))
    assert decision.desired_replicas <= max(decision.current_replicas, spec.min_replicas)


@MANY
@given(observations(readings()))
def test_any_decision_can_be_made_again_from_its_record(observation: Observation) -> None:
    line = json.dumps(record_of(evaluate(observation)))

    assert json.dumps(record_of(recomputed(json.loads(line)))) == line


@MANY
@given(observations())
def test_an_unhealthy_signal_never_removes(observation: Observation) -> None:
    if unhealthy_signals(observation):
        kept = min(observation.scale.spec_replicas, observation.policy.spec.max_replicas)
        assert evaluate(observation).desired_replicas >= kept


@MANY
@given(observations(readings()), st.sampled_from(NAMES), readings(st.sampled_from([None, math.nan, math.inf])))
def test_losing_a_signal_never_removes(observation: Observation, name: str, lost: Reading) -> None:
    blinded = replace(observation, readings={**observation.readings, name: lost})
    kept = min(observation.scale.spec_replicas, observation.policy.spec.max_replicas)
    assert evaluate(blinded).desired_replicas >= kept


@MANY
@given(observations(), st.sampled_from(PauseDirection))
def test_a_pause_is_obeyed(observation: Observation, direction: PauseDirection) -> None:
    decision = evaluate(by_people(observation, pause=Pause(direction=direction)))
    if direction is not PauseDirection.SCALE_DOWN:
        assert decision.desired_replicas <= decision.current_replicas
    if direction is not PauseDirection.SCALE_UP:
        assert decision.desired_replicas >= decision.current_replicas


@MANY
@given(observations(), counts.filter(bool))
def test_a_pin_is_obeyed(observation: Observation, replicas: int) -> None:
    pin = Pin(replicas=replicas, until=NOON + timedelta(hours=1))
    assert evaluate(by_people(observation, pin=pin)).desired_replicas == replicas


def assert_explains_itself(decision: Decision) -> None:
    numbers = [decision.recommended_replicas, *(limiter.after for limiter in decision.limiters)]
    assert [limiter.before for limiter in decision.limiters] == numbers[:-1]
    assert all(before != after for before, after in pairwise(numbers))
    assert decision.desired_replicas == numbers[-1]
    assert isinstance(decision.reason, Reason)
    assert decision.message
    assert all(candidate.message and candidate.source for candidate in decision.plan.candidates)
    assert all(limiter.message for limiter in decision.limiters)
    if decision.plan.winner is not None:
        assert decision.plan.winner in decision.plan.candidates
        assert decision.plan.winner.replicas == decision.recommended_replicas


@MANY
@given(observations())
def test_every_decision_explains_itself_from_the_voices_to_the_number(observation: Observation) -> None:
    assert_explains_itself(evaluate(observation))


def outcome(decision: Decision) -> tuple[object, ...]:
    return decision.desired_replicas, decision.plan, decision.limiters, decision.memory


@MANY
@given(observations())
def test_a_decision_is_the_same_from_memory_that_went_through_the_api_server(observation: Observation) -> None:
    wire = observation.memory.model_dump(mode="json", by_alias=True, exclude_none=True)
    again = replace(observation, memory=Memory.model_validate(wire))
    assert outcome(evaluate(again)) == outcome(evaluate(observation))


@MANY
@given(observations())
def test_whatever_is_decided_fits_the_schema_and_agrees_with_itself(observation: Observation) -> None:
    decision = evaluate(observation)
    patch = patch_for(decision)
    acts = observation.acts and decision.desired_replicas != decision.current_replicas
    assert (patch.scale is not None) == acts
    assert patch.scale is None or patch.status is not None
    if patch.status is not None:
        ScalingPolicyStatus.model_validate(dump(patch.status))


class Operation(RuleBasedStateMachine):
    """Any sequence of what a cluster, a metrics store and people may do to one policy: 10,000 steps in all."""

    @initialize(policy=policies(), replicas=st.integers(1, 40))
    def begin(self, policy: ScalingPolicy, replicas: int) -> None:
        self.now: datetime = NOON
        self.policy = policy
        self.replicas = self.ready = replicas
        self.memory = Memory()
        self.readings: Mapping[str, Reading] = {}
        self.last: Decision | None = None
        self.rolling_out = False
        self.outlooks: Mapping[str, Outlook] = {}

    @rule(
        requests=values,
        queue=values,
        latency=st.floats(0, 2),
        connections=st.sampled_from([100.0, 300.0, 900.0]),
        later=st.sampled_from([0, 15, 15, 60, 600]),
    )
    def sweep(self, requests: float, queue: float, latency: float, connections: float, later: int) -> None:
        self.now += timedelta(seconds=later)
        measured = {"requests": requests, "queue": queue, "latency": latency, "connections": connections}
        self.readings = {name: Reading(value, self.now) for name, value in measured.items()}
        self.decide()

    @rule(lost=st.sampled_from(NAMES), later=st.sampled_from([15, 120, 900]))
    def sweep_half_blind(self, lost: str, later: int) -> None:
        self.now += timedelta(seconds=later)
        old = self.readings.get(lost, Reading(None, self.now))
        fresh = {name: replace(reading, valid_at=self.now) for name, reading in self.readings.items()}
        self.readings = {**fresh, lost: replace(old, problem="no answer")}
        self.decide()

    @rule(share=st.floats(0, 1))
    def pods_become_ready(self, share: float) -> None:
        self.ready = round(self.replicas * share)

    @rule()
    def a_rollout_begins_or_ends(self) -> None:
        self.rolling_out = not self.rolling_out

    @rule(planned=st.lists(st.floats(0, 2000), min_size=1, max_size=12), usual=st.floats(0, 1000), opened=st.booleans())
    def a_forecast_is_made(self, planned: list[float], usual: float, *, opened: bool) -> None:
        outlook = an_outlook(planned, gate_open=opened, start=self.now, usual=a_usual(usual))
        self.outlooks = {"requests": outlook}

    @rule(replicas=st.integers(0, 60))
    def somebody_scales_by_hand(self, replicas: int) -> None:
        self.replicas = replicas

    @rule(policy=policies())
    def somebody_edits_the_policy(self, policy: ScalingPolicy) -> None:
        self.policy = policy.model_copy(update={"status": self.policy.status})

    @rule(step=st.sampled_from([-7200, -300, 300, 7200]))
    def the_clock_jumps(self, step: int) -> None:
        self.now += timedelta(seconds=step)

    @rule()
    def the_operator_is_killed(self) -> None:
        self.memory = resume(self.policy.status.memory, self.replicas, self.now)

    def decide(self) -> None:
        scale = Scale(self.replicas, self.ready, rolling_out=self.rolling_out)
        look = Observation(self.now, self.policy, self.readings, scale, self.memory, self.outlooks)
        decision = evaluate(look)
        patch = patch_for(decision)
        if patch.status is not None:
            status = ScalingPolicyStatus.model_validate(dump(patch.status))
            self.policy = self.policy.model_copy(update={"status": status})
        self.last, self.memory = decision, decision.memory
        if patch.scale is not None:
            self.replicas = patch.scale.to_replicas

    @invariant()
    def decisions_are_sound(self) -> None:
        if self.last is None:
            return
        spec = self.last.observation.policy.spec
        assert spec.min_replicas <= self.last.desired_replicas <= spec.max_replicas
        if unhealthy_signals(self.last.observation):
            assert self.last.desired_replicas >= min(self.last.current_replicas, spec.max_replicas)
        assert_explains_itself(self.last)

    @invariant()
    def memory_fits_the_schema_and_survives_the_wire(self) -> None:
        assert Memory.model_validate(self.memory.model_dump(mode="json", by_alias=True)) == self.memory

    @invariant()
    def a_second_look_at_the_same_moment_decides_the_same(self) -> None:
        if self.last is not None:
            assert outcome(evaluate(self.last.observation)) == outcome(evaluate(self.last.observation))


TestOperation = Operation.TestCase
TestOperation.settings = settings(max_examples=400, stateful_step_count=25)
