from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.api.capacity_memory import Capacity
from controller.api.policy_status import Memory
from controller.api.signals import Load
from controller.scaling.evaluate import evaluate
from controller.scaling.learning.capacity_drift import DOUBTED_SHARE
from controller.scaling.learning.learned_capacity import capacity_of, learned_numbers, remember_capacities
from controller.scaling.learning.load_pairs import Pair
from controller.scaling.memory import resume
from controller.scaling.observation import Observation
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, QUEUED_REQUESTS, a_policy, a_reading, an_observation
from tests.scaling.seen import seen

MINUTE = timedelta(minutes=1)
LEARNS = a_policy(
    {"name": "requests", "preset": "http-request-rate", "load": {}},
    LATENCY,
    objective={"p95Milliseconds": 250, "latencySignal": "latency"},
)
REQUESTS = LEARNS.spec.signals[0]
WELL_KNOWN = seen((0.3, 0.4, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95) * 5, replicas=(4, 8))
SLOWER = seen((0.75, 0.8, 0.85, 0.88) * 5, throughput=7, service_time=143, replicas=(8,))


def a_look(pair: Pair, now: datetime, memory: Memory, *, revision: str = "1", rolling: bool = False) -> Observation:
    """Return what is observed at a time when so many replicas serve the load of a minute that ends just then."""
    count = round(pair.replicas)
    looked = an_observation(
        LEARNS,
        replicas=count,
        memory=memory,
        now=now,
        readings={
            "requests": a_reading(pair.per_replica * pair.replicas, now=now),
            "latency": a_reading(pair.milliseconds / 1000, now=now),
        },
    )
    return replace(looked, scale=replace(looked.scale, revision=revision, rolling_out=rolling))


def after(
    pairs: Iterable[Pair], memory: Memory | None = None, *, since: datetime = NOON, revision: str = "1"
) -> tuple[Memory, datetime]:
    """Return what is known after these minutes, each of which began with the fleet that it ends with."""
    memory, now = memory or Memory(), since
    for pair in pairs:
        for _ in range(2):
            memory = remember_capacities(a_look(pair, now, memory, revision=revision))
            now += MINUTE
    return memory, now


def used(memory: Memory) -> Capacity:
    capacity = memory.capacities[0].used
    assert capacity is not None
    return capacity


def test_a_given_capacity_is_used_as_it_is() -> None:
    given = a_policy(QUEUED_REQUESTS).spec.signals[0]
    assert capacity_of(given, Memory()) == Load(per_replica=10, service_time_milliseconds=100)


def test_minutes_by_day_and_night_are_learned_from() -> None:
    memory, _ = after(WELL_KNOWN)
    assert used(memory).source == "Learned"
    assert used(memory).per_replica == pytest.approx(10, rel=0.05)
    assert used(memory).service_time_milliseconds == pytest.approx(100, rel=0.1)
    assert capacity_of(REQUESTS, memory) == Load(
        per_replica=used(memory).per_replica, service_time_milliseconds=used(memory).service_time_milliseconds
    )


def test_a_capacity_that_was_never_needed_is_not_identifiable_and_what_was_carried_is_used() -> None:
    memory, _ = after(seen((0.3, 0.4, 0.5) * 8, throughput=40, replicas=(8,)))
    capacity = used(memory)
    assert (capacity.source, capacity.highest) == ("Default", None)
    assert "not identifiable" in capacity.message
    assert 20 <= capacity.per_replica <= 40  # 20 were carried; one request at a time would be 10


def test_a_safe_default_is_at_least_one_request_at_a_time() -> None:
    memory, _ = after(seen((0.02, 0.03, 0.04) * 8, replicas=(8,)))
    assert used(memory).source == "Default"
    assert used(memory).per_replica == pytest.approx(10, rel=0.15)


def test_before_enough_was_seen_nobody_says_how_many_and_the_replicas_stay() -> None:
    looked = a_look(Pair(2, 8, 100), NOON, Memory())
    decision = evaluate(looked)
    assert decision.desired_replicas == 8
    assert Reason.CAPACITY_UNKNOWN in {candidate.reason for candidate in decision.plan.candidates}
    assert learned_numbers(LEARNS, decision.memory).capacities == ()


UNUSABLE = [
    (
        [(Pair(8, 8, 150), "1", False), (Pair(8, 9, 150), "1", False)] * 20,
        "the replicas changed within each minute",
    ),
    ([(Pair(8, 8, 150), "1", True)] * 40, "a rollout goes on, so nobody knows whose latency it is"),
    ([(Pair(8, 8, 0), "1", False)] * 40, "there is no latency"),
    ([(Pair(0, 8, 150), "1", False)] * 40, "there is no load"),
]


@pytest.mark.parametrize(("looks", "why"), UNUSABLE, ids=[why for _, why in UNUSABLE])
def test_a_minute_teaches_nothing_where(looks: Sequence[tuple[Pair, str, bool]], why: str) -> None:
    memory = Memory()
    for number, (pair, revision, rolling) in enumerate(looks):
        look = a_look(pair, NOON + number * MINUTE / 2, memory, revision=revision, rolling=rolling)
        memory = remember_capacities(look)
    assert memory.capacities[0].pairs.minutes == (), why


def test_a_stale_latency_teaches_nothing() -> None:
    memory = Memory()
    for number in range(20):
        look = a_look(Pair(8, 8, 150), NOON + number * MINUTE, memory)
        stale = {**look.readings, "latency": a_reading(0.15, age=10 * MINUTE, now=look.now)}
        memory = remember_capacities(replace(look, readings=stale))
    assert memory.capacities[0].pairs.minutes == ()


def test_the_same_minute_is_learned_from_once() -> None:
    memory = Memory()
    for tick in range(21):
        memory = remember_capacities(a_look(Pair(8, 8, 150), NOON + tick * MINUTE / 4, memory))
    assert sum(memory.capacities[0].pairs.minutes) == pytest.approx(5, abs=0.1)


def test_a_given_capacity_leaves_the_memory_as_it_is() -> None:
    looked = an_observation(a_policy(QUEUED_REQUESTS, LATENCY), requests=80.0, latency=0.15)
    assert remember_capacities(looked) is looked.memory


# ── Doubt ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_release_lowers_the_number_at_once() -> None:
    memory, now = after(WELL_KNOWN)
    released = remember_capacities(a_look(Pair(5, 8, 100), now, memory, revision="2"))
    assert used(released).provisional
    assert used(released).per_replica == pytest.approx(DOUBTED_SHARE * used(memory).per_replica, rel=0.01)
    assert "70%" in used(released).message


def test_the_first_revision_seen_is_no_release() -> None:
    memory, now = after(WELL_KNOWN, revision="")
    assert not used(remember_capacities(a_look(Pair(5, 8, 100), now, memory, revision="1"))).provisional


def test_a_release_as_good_as_before_is_back_to_normal_within_two_hours() -> None:
    memory, now = after(WELL_KNOWN)
    calm = seen((0.5, 0.55, 0.6) * 20, replicas=(8,))
    later, _ = after(calm[:55], memory, since=now, revision="2")
    assert not used(later).provisional
    assert used(later).per_replica == pytest.approx(used(memory).per_replica, rel=0.05)


def test_a_release_that_costs_a_third_is_learned_when_its_evidence_is_in() -> None:
    memory, now = after(WELL_KNOWN)
    later, _ = after(
        [*seen((0.4, 0.5, 0.6) * 4, throughput=7, service_time=143, replicas=(8,)), *SLOWER],
        memory,
        since=now,
        revision="2",
    )
    assert (used(later).source, used(later).provisional) == ("Learned", False)
    assert used(later).per_replica == pytest.approx(7, rel=0.1)


def test_replicas_that_became_slower_are_noticed_without_a_release() -> None:
    memory, now = after(WELL_KNOWN)
    later, _ = after(SLOWER[:8], memory, since=now)
    assert used(later).per_replica < 0.8 * used(memory).per_replica


def test_a_number_that_fails_while_in_doubt_is_taken_back() -> None:
    memory, now = after(WELL_KNOWN)
    halved = seen((0.95, 1.1, 1.3) * 7, throughput=5, service_time=100, replicas=(8,))
    later, _ = after(halved, memory, since=now, revision="2")
    assert used(later).per_replica < DOUBTED_SHARE * used(memory).per_replica


def test_one_slow_minute_raises_no_alarm() -> None:
    memory, now = after(WELL_KNOWN)
    later, _ = after([Pair(5, 8, 5000), *seen((0.5, 0.6), replicas=(8,))], memory, since=now)
    assert not used(later).provisional
    assert used(later) == used(memory)


def test_a_forecast_that_was_too_low_is_not_blamed_on_the_replicas() -> None:
    memory, now = after(WELL_KNOWN)
    overloaded = seen((1.2, 1.3, 1.25, 1.4), replicas=(8,))
    later, _ = after(overloaded, memory, since=now)
    assert used(later) == used(memory)


# ── Restart and status ───────────────────────────────────────────────────────────────────────────────────────────────


def restarted(memory: Memory, now: datetime) -> Memory:
    """Return a memory as it comes back from the API server."""
    return resume(Memory.model_validate(memory.model_dump(mode="json", by_alias=True)), 8, now)


def test_a_restart_forgets_nothing_of_it() -> None:
    memory, now = after(WELL_KNOWN)
    again = restarted(memory, now)
    assert used(again) == used(memory)
    assert again.capacities[0].pairs == memory.capacities[0].pairs


def test_after_a_restart_a_fleet_is_steady_when_it_has_been_seen_to_be() -> None:
    memory, now = after(WELL_KNOWN)
    again = restarted(memory, now)
    seen_at = again.capacities[0].sampled_at
    at_once = remember_capacities(a_look(Pair(5, 8, 100), now + MINUTE / 4, again))
    assert at_once.capacities[0].sampled_at == seen_at


def test_the_status_tells_the_number_with_its_source_and_bounds() -> None:
    memory, _ = after(WELL_KNOWN)
    (told,) = learned_numbers(LEARNS, memory).capacities
    assert (told.name, told.source) == ("requests", "Learned")
    assert told.lowest is not None
    assert told.highest is not None
    assert told.lowest <= told.per_replica <= told.highest
