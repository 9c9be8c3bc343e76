import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import numpy as np
import pytest

from controller.api.metadata import ObjectKey
from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.observation import Reading
from controller.telemetry.breaker import FAILURES_TO_OPEN, SHORTEST_REST
from controller.telemetry.compiler import Workload
from controller.telemetry.quarantine import RETRY_AFTER
from controller.telemetry.reader import PATIENCE, PrometheusTelemetry
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy
from tests.telemetry.pretend_prometheus import PretendPrometheus
from tests.telemetry.selectors import a_source

SWEEP = timedelta(seconds=15)
TEAMS = [f"team-{number:02}" for number in range(20)]
KEY = ObjectKey("shop", "web")
SHORT = timedelta(milliseconds=500)  # in which even a busy machine answers what does not hang


def of_teams(*signals: Mapping[str, object]) -> list[ScalingPolicy]:
    return [a_policy(*signals, namespace=team) for team in TEAMS]


def levels(value: float = 3.0) -> dict[Workload, float]:
    return {Workload(team, "web"): value for team in (*TEAMS, "shop")}


@asynccontextmanager
async def reading(
    prometheus: PretendPrometheus,
    sources: Mapping[str, MetricsSource] | None = None,
    *,
    patience: timedelta = PATIENCE,
) -> AsyncIterator[PrometheusTelemetry]:
    """A reader of one pretend source."""
    known = {"default": a_source()} if sources is None else sources
    telemetry = PrometheusTelemetry(
        known.get, on_query=lambda _source, _outcome: None, connect=lambda _: prometheus, patience=patience
    )
    try:
        yield telemetry
    finally:
        telemetry.close()


async def read_one(telemetry: PrometheusTelemetry, policy: ScalingPolicy, now: datetime = NOON) -> Reading:
    """Return the reading of a policy's first signal."""
    return (await telemetry.read([policy], now))[policy.key][policy.spec.signals[0].name]


def problems(readings: Mapping[ObjectKey, Mapping[str, Reading]]) -> dict[str, str]:
    """Return the first problem of each namespace that has one."""
    found = {
        key.namespace: next((r.problem for r in by_name.values() if r.problem), "") for key, by_name in readings.items()
    }
    return {namespace: problem for namespace, problem in found.items() if problem}


async def test_every_signal_of_every_policy_has_a_reading() -> None:
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        readings = await telemetry.read(of_teams(REQUESTS, LATENCY), NOON)

    assert all(by_name.keys() == {"requests", "latency"} for by_name in readings.values())
    assert {r.value for by_name in readings.values() for r in by_name.values()} == {3.0}
    assert {r.valid_at for by_name in readings.values() for r in by_name.values()} == {NOON}


@pytest.mark.parametrize("count", [1, 20, 500])
async def test_the_number_of_queries_does_not_depend_on_the_number_of_policies(count: int) -> None:
    prometheus = PretendPrometheus()
    policies = [a_policy(QUEUE, LATENCY, name=f"p{n}", namespace=f"team-{n % 50}") for n in range(count)]
    async with reading(prometheus) as telemetry:
        await telemetry.read(policies, NOON)

    assert prometheus.asked() == 2


async def test_a_policy_gets_only_its_own_namespaces_series() -> None:
    prometheus = PretendPrometheus({Workload("bank", "web"): 7.0})
    async with reading(prometheus) as telemetry:
        readings = await telemetry.read([a_policy(QUEUE), a_policy(QUEUE, namespace="bank")], NOON)

    assert readings[ObjectKey("bank", "web")]["queue"].value == 7.0
    assert readings[KEY]["queue"].value is None


async def test_a_signal_without_series_says_so_and_is_not_zero() -> None:
    async with reading(PretendPrometheus()) as telemetry:
        found = await read_one(telemetry, a_policy(QUEUE))

    sentence = "queue_depth of queue=web in namespace shop at MetricsSource default has no fresh sample"
    assert found == Reading(None, NOON, sentence)


async def test_a_signal_that_vanishes_keeps_its_last_value_and_time() -> None:
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        await read_one(telemetry, a_policy(QUEUE))
        prometheus.levels.clear()
        found = await read_one(telemetry, a_policy(QUEUE), NOON + SWEEP)

    assert (found.value, found.valid_at) == (3.0, NOON)
    assert "no fresh sample" in found.problem


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
async def test_a_value_that_is_no_number_of_at_least_zero_is_missing(value: float) -> None:
    async with reading(PretendPrometheus(levels(value))) as telemetry:
        found = await read_one(telemetry, a_policy(QUEUE))

    assert found.value is None
    assert "not a number of at least 0" in found.problem


async def test_a_signal_that_cannot_be_asked_is_a_reading_with_the_reason() -> None:
    policy = a_policy({"name": "s", "preset": "no-such"}, QUEUE)
    async with reading(PretendPrometheus(levels())) as telemetry:
        readings = (await telemetry.read([policy], NOON))[policy.key]

    assert "has no preset 'no-such'" in readings["s"].problem
    assert readings["queue"].value == 3.0


async def test_a_source_that_appears_later_is_asked_from_then_on() -> None:
    sources: dict[str, MetricsSource] = {}
    policy = a_policy(QUEUE)
    async with reading(PretendPrometheus(levels()), sources) as telemetry:
        before = await read_one(telemetry, policy)
        sources["default"] = a_source()
        after = await read_one(telemetry, policy, NOON + SWEEP)

    assert "MetricsSource 'default' does not exist" in before.problem
    assert (after.value, after.problem) == (3.0, "")


async def test_a_source_whose_address_changes_is_connected_to_anew() -> None:
    sources, prometheus = {"default": a_source()}, PretendPrometheus(levels())
    async with reading(prometheus, sources) as telemetry:
        await read_one(telemetry, a_policy(QUEUE))
        sources["default"] = a_source("http://127.0.0.1:9091")
        await read_one(telemetry, a_policy(QUEUE), NOON + SWEEP)

        assert prometheus.closed == 1


# One tenant's trouble


async def test_a_warning_concerns_only_the_namespace_that_causes_it() -> None:
    prometheus = PretendPrometheus(levels(), guilty={"team-07"})
    async with reading(prometheus) as telemetry:
        found = problems(await telemetry.read(of_teams(LATENCY), NOON))

    assert found == {"team-07": "answered with a warning about ['team-07']"}


async def test_a_query_that_never_comes_back_concerns_only_the_namespace_that_causes_it() -> None:
    prometheus = PretendPrometheus(levels(), poisonous={"team-07"})
    async with reading(prometheus) as telemetry:
        found = problems(await telemetry.read(of_teams(LATENCY), NOON))

    assert found.keys() == {"team-07"}


async def test_a_guilty_namespace_costs_one_split_and_then_one_query_a_sweep() -> None:
    prometheus = PretendPrometheus(levels(), guilty={"team-07"})
    asked = []
    async with reading(prometheus) as telemetry:
        for number in range(9):
            await telemetry.read(of_teams(LATENCY), NOON + number * SWEEP)
            asked.append(prometheus.asked())

    assert asked[0] > 1
    assert asked[1:] == [1, 1, 1, 2, 1, 1, 1, 2]


async def test_a_namespace_that_recovers_is_back_within_a_minute() -> None:
    prometheus = PretendPrometheus(levels(), guilty={"team-07"})
    async with reading(prometheus) as telemetry:
        await telemetry.read(of_teams(LATENCY), NOON)
        prometheus.guilty.clear()
        found = problems(await telemetry.read(of_teams(LATENCY), NOON + RETRY_AFTER))

    assert found == {}


async def test_many_guilty_namespaces_are_all_told_apart_after_some_sweeps() -> None:
    guilty = set(TEAMS[::2])
    prometheus = PretendPrometheus(levels(), guilty=guilty)
    async with reading(prometheus) as telemetry:
        for number in range(3):
            readings = await telemetry.read(of_teams(LATENCY), NOON + number * timedelta(seconds=1))

    assert problems(readings).keys() == guilty


async def test_a_namespace_alone_is_asked_again_in_every_sweep() -> None:
    prometheus = PretendPrometheus(levels(), guilty={"shop"})
    async with reading(prometheus) as telemetry:
        before = await read_one(telemetry, a_policy(LATENCY))
        prometheus.guilty.clear()
        after = await read_one(telemetry, a_policy(LATENCY), NOON + SWEEP)

    assert "a warning" in before.problem
    assert (after.value, after.problem) == (3.0, "")


# The source's trouble


async def test_a_source_that_is_down_is_the_problem_of_everybody_and_asked_little() -> None:
    prometheus = PretendPrometheus(levels(), down=True)
    async with reading(prometheus) as telemetry:
        found = problems(await telemetry.read(of_teams(LATENCY), NOON))

    assert set(found.values()) == {"cannot be reached at 12:00"}
    assert (prometheus.asked(), prometheus.probes) == (1, 1)


async def test_a_source_that_stays_down_is_left_alone_and_found_again() -> None:
    prometheus = PretendPrometheus(levels(), down=True)
    now, asked = NOON, []
    async with reading(prometheus) as telemetry:
        for _ in range(FAILURES_TO_OPEN + 1):
            now += SWEEP
            last = await telemetry.read(of_teams(LATENCY), now)
            asked.append(prometheus.asked())
        prometheus.down = False
        recovered = await telemetry.read(of_teams(LATENCY), now + SHORTEST_REST)

    assert asked == [1] * FAILURES_TO_OPEN + [0]
    assert all("cannot be reached" in problem for problem in problems(last).values())
    assert problems(recovered) == {}


async def test_values_of_before_survive_an_outage_with_their_time() -> None:
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        await read_one(telemetry, a_policy(QUEUE))
        prometheus.down = True
        found = await read_one(telemetry, a_policy(QUEUE), NOON + 4 * SWEEP)

    assert (found.value, found.valid_at) == (3.0, NOON)
    assert found.problem == "cannot be reached at 12:01"


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that is set when the test is over, so that no thread waits longer."""
    event = threading.Event()
    yield event
    event.set()


async def test_a_slow_source_does_not_hold_up_the_sweep_and_is_not_asked_twice(over: threading.Event) -> None:
    prometheus = PretendPrometheus(levels(), hangs=over)
    async with reading(prometheus, patience=SHORT) as telemetry:
        found = await read_one(telemetry, a_policy(QUEUE))
        await read_one(telemetry, a_policy(QUEUE), NOON + SWEEP)
        asked = prometheus.asked()
        over.set()
        await asyncio.gather(*map(asyncio.wrap_future, telemetry._questions._under_way.values()))
        after = await read_one(telemetry, a_policy(QUEUE), NOON + 2 * SWEEP)

    assert found == Reading(None, NOON, "MetricsSource default has not answered in this sweep")
    assert (asked, after.value) == (1, 3.0)


async def test_a_trial_that_hangs_holds_up_nobody_else(over: threading.Event) -> None:
    prometheus = PretendPrometheus(levels(), guilty={"team-07"})
    async with reading(prometheus, patience=SHORT) as telemetry:
        await telemetry.read(of_teams(LATENCY), NOON)
        prometheus.hanging["team-07"] = over
        sweeps = [
            problems(await telemetry.read(of_teams(LATENCY), NOON + RETRY_AFTER + number * SWEEP))
            for number in range(3)
        ]
        over.set()

    assert all(found.keys() == {"team-07"} for found in sweeps)


# The recent hours of loads


async def test_the_past_of_loads_is_read_with_one_query_at_first_sight() -> None:
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        await telemetry.read(of_teams(REQUESTS), NOON)
        readings = await telemetry.read(of_teams(REQUESTS), NOON + SWEEP)

    assert [what for what, _ in prometheus.queries].count("http_requests_total past") == 1
    recent = readings[ObjectKey("team-03", "web")]["requests"].recent
    assert recent is not None
    assert (recent.step, recent.end, len(recent)) == (timedelta(minutes=1), NOON, 180)
    assert set(recent.values) == {3.0}


async def test_what_is_no_load_has_no_past() -> None:
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        found = await read_one(telemetry, a_policy(LATENCY))

    assert found.recent is None
    assert prometheus.asked() == 1


async def test_new_minutes_come_from_the_sweeps_and_an_outage_leaves_a_gap() -> None:
    prometheus, policy = PretendPrometheus(levels()), a_policy(REQUESTS)
    async with reading(prometheus) as telemetry:
        await read_one(telemetry, policy)
        for minute, value in ((1, 4.0), (2, None), (3, 6.0)):
            prometheus.down = value is None
            prometheus.levels[Workload("shop", "web")] = value or 0.0
            found = await read_one(telemetry, policy, NOON + timedelta(minutes=minute))

    assert found.recent is not None
    np.testing.assert_array_equal(found.recent.values[-4:], [3.0, 4.0, np.nan, 6.0])


async def test_a_fleet_is_filled_in_chunks_over_a_few_sweeps() -> None:
    policies: Sequence[ScalingPolicy] = [a_policy(REQUESTS, namespace=f"team-{n}") for n in range(1500)]
    prometheus = PretendPrometheus({Workload(p.metadata.namespace, "web"): 3.0 for p in policies})
    async with reading(prometheus) as telemetry:
        await telemetry.read(policies, NOON)
        first = max(len(workloads) for what, workloads in prometheus.queries if what.endswith("past"))
        readings = await telemetry.read(policies, NOON + SWEEP)

    assert first < 300
    assert all(by_name["requests"].recent is not None for by_name in readings.values())


async def test_the_past_of_a_guilty_namespace_does_not_cost_the_others_theirs() -> None:
    prometheus = PretendPrometheus(levels(), guilty={"team-07"})
    async with reading(prometheus) as telemetry:
        readings = await telemetry.read(of_teams(REQUESTS), NOON)

    filled = {key.namespace for key, by_name in readings.items() if by_name["requests"].recent is not None}
    assert filled == set(TEAMS) - {"team-07"}


async def test_equal_metrics_of_two_teams_are_one_query() -> None:
    metric = {"metric": "jobs_waiting", "type": "Gauge"}
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        await telemetry.read(of_teams({"name": "jobs", "metric": metric}), NOON)

    assert prometheus.asked() == 1


async def test_a_source_is_told_apart_by_whether_it_answered_last() -> None:
    prometheus = PretendPrometheus(levels())
    async with reading(prometheus) as telemetry:
        before = telemetry.problems()
        await telemetry.read([a_policy(QUEUE)], NOON)
        answered = telemetry.problems()
        prometheus.down = True
        await telemetry.read([a_policy(QUEUE)], NOON + SWEEP)
        silent = telemetry.problems()
        prometheus.down = False
        await telemetry.read([a_policy(QUEUE)], NOON + 2 * SWEEP)

        assert (before, answered, telemetry.problems()) == ({}, {"default": ""}, {"default": ""})
        assert "cannot be reached" in silent["default"]


async def test_a_source_that_no_policy_asks_any_more_has_nothing_to_say() -> None:
    async with reading(PretendPrometheus(levels())) as telemetry:
        await telemetry.read([a_policy(QUEUE)], NOON)
        await telemetry.read([], NOON + SWEEP)

        assert telemetry.problems() == {}
