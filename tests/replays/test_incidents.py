"""Incidents that users of other autoscalers told in public, replayed: the real cycle in a world where it happens.

Each test is named after what must hold, and names the threads it comes from.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np
import pytest

from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import Mode, ScalingPolicy
from controller.cycle import Batch, Carried, run_cycle
from controller.scaling.decision import Decision
from controller.scaling.judging.score import score
from controller.scaling.observation import Obstacle, Reading, Scale, Target
from controller.scaling.reasons import Reason
from controller.simulation.defaults import default_policy
from controller.simulation.demand import TICK, Demand
from controller.simulation.doors import PretendDoors
from controller.simulation.ours import CyclePilot
from controller.simulation.variants.blackout import Blackout
from controller.simulation.variants.outage import Outage
from controller.simulation.variants.release import Release
from controller.simulation.variants.start_up_load import StartUpLoad
from controller.simulation.world import PretendWorkload, World
from forecasting.series import Values
from tests.builders import LATENCY, QUEUE, QUEUED_REQUESTS, a_policy, an_event
from tests.simulation.made import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    busy_days,
    demand_of,
    hours_until,
    hpa_at_equal_cost,
    steered,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE = 240  # ticks: an hour of history
CPU = {"name": "cpu", "preset": "cpu-cores"}
P95 = {"p95Milliseconds": 250}
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}


def workload_at_noon(rps: Values, world: World) -> PretendWorkload:
    """Return a workload that has served `rps[0]` for an hour when it meets the demand at noon."""
    history = np.full(BEFORE, rps[0])
    demand = Demand(NOON - BEFORE * TICK, np.concatenate((history, rps)), known_from=0, evaluated_from=BEFORE)
    return PretendWorkload(demand, world)


def steady(rps: float, length: timedelta = HOUR) -> Values:
    return np.full(length // TICK, rps)


def jump(low: float, high: float, *, after: timedelta = 5 * MINUTE, length: timedelta = HOUR) -> Values:
    return np.where(np.arange(length // TICK) < after // TICK, low, high)


def flown(workload: PretendWorkload, doors: PretendDoors, events: Sequence[DemandEvent] = ()) -> list[Decision]:
    """Decide every 15 s until the demand ends, without any forecast."""

    async def fly() -> list[Decision]:
        decisions: list[Decision] = []
        carried = Carried()
        while workload.tick < workload.end:
            batch = Batch((doors.policy,), events=events, carried=carried)
            cycle = await run_cycle(batch, doors, doors, now=doors.now)
            assert not cycle.failures
            carried = cycle.carried
            decisions += cycle.decisions
            workload.serve()
        return decisions

    return asyncio.run(fly())


def pods_of(workload: PretendWorkload) -> list[int]:
    """Return the pods there were, equal neighbours joined."""
    return [int(pods) for pods, _ in groupby(workload.created[BEFORE:].tolist())]


# ── Above X add Y (kedacore/keda #269) ───────────────────────────────────────────────────────────────────────────────
def test_over_1000_items_in_the_queue_add_half_of_the_ready_pods() -> None:
    workload = workload_at_noon(jump(100, 200, length=8 * MINUTE), World(start_up=timedelta(minutes=10)))
    decisions = flown(workload, PretendDoors(workload, a_policy(QUEUE, stepScaling=[BACKLOG])))
    first = next(decision for decision in decisions if decision.desired_replicas > 13)
    depth = first.observation.readings["queue"].value or 0
    seen_before = first.at - TICK
    assert (first.desired_replicas, first.reason) == (20, Reason.STEP_RULE)
    assert depth > 1000
    assert all((d.observation.readings["queue"].value or 0) <= 1000 for d in decisions if d.at <= seen_before)


def test_a_p95_over_250_ms_adds_pods_although_cpu_looks_fine() -> None:
    # Two pods at 60 % of their CPU make 5 % of all requests wait for longer than 150 ms.
    workload = workload_at_noon(jump(5, 12), World(start_up=timedelta(seconds=30)))
    rule = {"name": "slow", "signal": "latency", "steps": [{"above": "250m", "addReplicas": 1}]}
    policy = a_policy({**CPU, "load": {"perReplica": 1}}, LATENCY, stepScaling=[rule])
    decisions = flown(workload, PretendDoors(workload, policy))
    first = next(decision for decision in decisions if decision.desired_replicas > 2)
    by_cpu = [c.replicas for c in first.plan.candidates if c.reason is Reason.LIVE_RATIO]
    assert (by_cpu, first.desired_replicas, first.reason) == ([2], 3, Reason.STEP_RULE)
    assert measured_p95(decisions[-1]) < 0.25


def measured_p95(decision: Decision) -> float:
    return decision.observation.readings["latency"].value or 0.0


# ── A dry run (kubernetes/kubernetes #106765, kubernetes/enhancements #3149) ─────────────────────────────────────────
def test_a_recommendation_shows_what_would_be_done_and_does_nothing() -> None:
    workload = workload_at_noon(jump(100, 300), World())
    doors = PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95))
    watching = doors.policy.spec.model_copy(update={"mode": Mode.RECOMMEND})
    doors.policy = doors.policy.model_copy(update={"spec": watching})
    decisions = flown(workload, doors)
    assert pods_of(workload) == [13]
    assert decisions[-1].desired_replicas == doors.policy.status.desired_replicas == 35  # 330 requests/s
    assert doors.policy.status.reason == Reason.LIVE_RATIO


# ── Why it scaled (kedacore/keda #5577, kubernetes/kubernetes #78761) ────────────────────────────────────────────────
def test_every_change_says_why_in_figures_with_what_every_voice_asked_for() -> None:
    workload = workload_at_noon(jump(100, 300), World())
    policy = a_policy(QUEUED_REQUESTS, QUEUE, objective=P95, stepScaling=[BACKLOG])
    changes = [d for d in flown(workload, PretendDoors(workload, policy)) if d.desired_replicas != d.current_replicas]
    assert len(changes) > 1
    for decision in changes:
        voices = {candidate.source.split()[0] for candidate in decision.plan.candidates}
        assert voices == {"requests", "backlog"}
        assert any(character.isdigit() for character in decision.message), decision.message
        assert decision.reason in set(Reason)


# ── Not ready, and why (gocrane/crane #366, #534, #728, #886) ────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("history", "says"),
    [(timedelta(0), "no forecast of requests has been fitted yet"), (timedelta(hours=30), "1.2 of 3 days of history")],
    ids=["without history", "with 30 hours of it"],
)
def test_a_forecast_that_is_not_ready_says_what_it_waits_for(history: timedelta, says: str) -> None:
    hours = hours_until(history + HOUR)
    demand = demand_of(busy_days(hours), evaluate_from=MONDAY + history)
    known_from = demand.evaluated_from - history // TICK
    workload = PretendWorkload(replace(demand, known_from=known_from), World())
    pilot = CyclePilot(workload, default_policy(World()))
    asyncio.run(pilot.steer())
    (forecast,) = [c for c in pilot.notes[0].candidates if c.reason.startswith("Forecast")]
    assert forecast.replicas is None
    assert says in forecast.message


# ── Fallback in an outage of the metrics (kedacore/keda #6659, #4249, #7239, #7411) ──────────────────────────────────
@pytest.mark.parametrize(
    ("fallback", "pods"),
    [(None, [13]), ({"replicas": 4, "afterSeconds": 60}, [13]), ({"replicas": 30, "afterSeconds": 60}, [13, 30])],
    ids=["none", "below what runs", "above what runs"],
)
def test_without_metrics_nothing_is_lowered_and_nothing_swings(
    fallback: Mapping[str, object] | None, pods: list[int]
) -> None:
    world = World(variants=(Blackout(NOON, HOUR),))
    workload = workload_at_noon(steady(100), world)
    flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95, fallback=fallback)))
    assert pods_of(workload) == pods


def test_a_fallback_works_where_there_never_was_a_metric() -> None:
    world = World(variants=(Blackout(NOON - DAY, 2 * DAY),))
    workload = workload_at_noon(steady(100), world)
    fallback = {"replicas": 30, "afterSeconds": 60}
    decisions = flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95, fallback=fallback)))
    assert pods_of(workload) == [30]
    assert decisions[0].reason is Reason.FALLBACK_FLOOR


@pytest.mark.parametrize(
    ("indicators", "fewest"),
    [([], 3), ([{"signal": "errors", "above": "50m"}], 13)],
    ids=["blind to errors", "with an eye on them"],
)
def test_an_outage_that_shows_in_errors_lowers_nothing_although_hardly_a_request_arrives(
    indicators: list[dict[str, str]], fewest: int
) -> None:
    outage = Outage(NOON + 10 * MINUTE, length=30 * MINUTE, errors=0.5)
    workload = workload_at_noon(steady(100, 45 * MINUTE), World(variants=(outage,)))
    errors = {"name": "errors", "preset": "http-error-ratio"}
    policy = a_policy(QUEUED_REQUESTS, errors, objective={**P95, "indicators": indicators})
    flown(workload, PretendDoors(workload, policy))
    during = workload.demand.ticks(outage.begin, outage.end)
    assert workload.created[during].min() == fewest


# ── Bursts while pods start (knative/serving #13284, #3153, #9121; grafana/mimir #6971; kedacore/keda #2401) ─────────
def test_a_burst_asks_once_while_its_pods_start() -> None:
    workload = workload_at_noon(jump(100, 200, length=40 * MINUTE), World(start_up=timedelta(minutes=10)))
    policy = a_policy(QUEUE, stepScaling=[BACKLOG], capacity={"leadTimeSeconds": 1200})
    flown(workload, PretendDoors(workload, policy))
    second = next((tick for tick in range(BEFORE, workload.end) if workload.created[tick] > 20), workload.end)
    assert pods_of(workload)[:2] == [13, 20]
    assert workload.ready[second - 1] == 20  # the next step is not asked for before the first one is there


def test_demand_that_waits_for_starting_pods_is_not_counted_again_with_every_sweep() -> None:
    workload = workload_at_noon(jump(100, 200, length=15 * MINUTE), World(start_up=timedelta(minutes=10)))
    flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95)))
    assert workload.backlog.max() > 10_000
    assert workload.created.max() == 24  # what 200 requests/s need with room to grow


# ── Edges of schedules (kedacore/keda #6846, #6665, #4677) ───────────────────────────────────────────────────────────
def floor_of_30(from_hour: int) -> DemandEvent:
    """Return an event of one hour that asks for 30 pods."""
    start = NOON + from_hour * HOUR
    return an_event(f"from-{from_hour}", start=start, end=start + HOUR, multiplierPercent=None, minReplicas=30)


def test_a_window_is_filled_before_it_starts_and_left_once_after_it_ends() -> None:
    workload = workload_at_noon(steady(100, 3 * HOUR), World(start_up=timedelta(seconds=60)))
    flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95)), [floor_of_30(1)])
    begin, end = (BEFORE + hours * HOUR // TICK for hours in (1, 2))
    moves = np.sign(np.diff(workload.created[BEFORE:]))
    assert workload.ready[begin:end].min() == 30
    assert [int(sign) for sign, _ in groupby(moves[moves != 0].tolist())] == [1, -1]


def test_windows_that_touch_do_not_flap_where_they_meet() -> None:
    workload = workload_at_noon(steady(100, 4 * HOUR), World(start_up=timedelta(seconds=60)))
    flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95)), [floor_of_30(1), floor_of_30(2)])
    both = slice(BEFORE + HOUR // TICK, BEFORE + 3 * HOUR // TICK)
    assert set(workload.created[both]) == {30}


def test_schedules_that_touch_do_not_flap_where_they_meet_and_their_excluded_day_is_as_any() -> None:
    window = {"minReplicas": 30, "exceptDates": ["2026-03-03"]}
    first, second = {**window, "start": "13:00", "end": "14:00"}, {**window, "start": "14:00", "end": "15:00"}
    schedules = [{**first, "name": "first"}, {**second, "name": "second"}]
    workload = workload_at_noon(steady(100, 28 * HOUR), World(start_up=timedelta(seconds=60)))
    flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, objective=P95, schedules=schedules)))
    both = slice(BEFORE + HOUR // TICK, BEFORE + 3 * HOUR // TICK)
    assert set(workload.ready[both]) == set(workload.created[both]) == {30}
    assert set(workload.created[BEFORE + 4 * HOUR // TICK :]) <= {12, 13}


# ── Workers and their database (kedacore/keda #476, #4823) ───────────────────────────────────────────────────────────
class WithDatabase(PretendDoors):
    """A world in which every Ready pod holds eight connections to one database."""

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Mapping[str, Reading]]:
        seen = await super().read(policies, now)
        ready = (await self.observe(policies, now))[self.policy.key].scale or Scale(0, 0)
        connections = Reading(8.0 * ready.ready_replicas, self.now)
        return {key: {**readings, "connections": connections} for key, readings in seen.items()}


@pytest.mark.parametrize(
    ("limit", "most"),
    [(None, 46), ({"action": "Block"}, 21), ({"action": "Cap", "maxReplicas": 30}, 30)],
    ids=["without a limit", "none above 20 workers", "at most 30 workers"],
)
def test_workers_are_not_added_to_a_database_at_its_limit(limit: Mapping[str, object] | None, most: int) -> None:
    workload = workload_at_noon(np.linspace(100, 400, 480), World(start_up=timedelta(seconds=30)))
    doors = WithDatabase(workload, a_policy(QUEUED_REQUESTS, objective=P95))
    database = {"name": "connections", "metric": {"metric": "pg_stat_activity_count", "type": "Gauge"}}
    guard = {"name": "database", "signal": "connections", "above": 160}
    dependencies = [{**guard, **limit}] if limit else []
    doors.policy = a_policy(QUEUED_REQUESTS, database, objective=P95, dependencies=dependencies)
    decisions = flown(workload, doors)
    assert workload.created.max() == most
    assert (decisions[-1].reason == Reason.DEPENDENCY_LIMIT) == bool(limit)


# ── Rolling updates (kubernetes/kubernetes #72775, #84142, #90461, #98914) ───────────────────────────────────────────
@pytest.mark.parametrize("signal", [QUEUED_REQUESTS, {**CPU, "load": {"perReplica": 1}}], ids=["requests", "cpu"])
def test_a_rolling_update_does_not_inflate_the_number(signal: Mapping[str, object]) -> None:
    wanted = []
    for variants in ((), (Release(NOON + 5 * MINUTE, speed=1.0),)):
        workload = workload_at_noon(steady(100), World(variants=variants))
        decisions = flown(workload, PretendDoors(workload, a_policy(signal)))
        wanted.append([decision.desired_replicas for decision in decisions])
    assert wanted[1] == wanted[0]
    assert workload.created.max() > workload.ready.max()  # there was a surge


# ── A second writer (kedacore/keda #5288, #5572; kubernetes/kubernetes #101648) ──────────────────────────────────────
class OwnedByAnHPA(PretendDoors):
    """A cluster in which an HPA owns the target."""

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        owner = Obstacle(Reason.TARGET_OWNED_BY_HPA, "HPA web owns Deployment web")
        return {key: replace(target, obstacle=owner) for key, target in (await super().observe(policies, now)).items()}


def test_a_target_of_an_hpa_is_left_to_it_by_name_and_never_fought_over() -> None:
    workload = workload_at_noon(jump(100, 300), World())
    doors = OwnedByAnHPA(workload, a_policy(QUEUED_REQUESTS, objective=P95))
    flown(workload, doors)
    acting = next(condition for condition in doors.policy.status.conditions if condition.type == "Acting")
    assert pods_of(workload) == [13]
    assert (acting.reason, acting.message) == ("TargetOwnedByHPA", "HPA web owns Deployment web")


# ── A metric that is missing (kubernetes/kubernetes #127193) ─────────────────────────────────────────────────────────
def test_one_load_without_a_metric_neither_pins_the_fleet_at_its_maximum_nor_stops_the_other() -> None:
    world = World(variants=(Blackout(NOON, 2 * HOUR, frozenset({"cpu-cores"})),))
    workload = workload_at_noon(np.linspace(100, 200, 480), world)
    policy = a_policy(QUEUED_REQUESTS, {**CPU, "load": {"perReplica": 1}}, objective={"p95Milliseconds": 250})
    flown(workload, PretendDoors(workload, policy))
    assert workload.created[-1] == workload.created.max() == 24


# ── CPU of start-ups (kubernetes/kubernetes #67252) ──────────────────────────────────────────────────────────────────
def test_cpu_that_starting_pods_use_does_not_fire_a_rule_again() -> None:
    world = World(start_up=timedelta(minutes=3), variants=(StartUpLoad(cores=2),))
    workload = workload_at_noon(jump(100, 150, length=30 * MINUTE), world)
    rule = {"name": "hot", "signal": "cpu", "steps": [{"above": 12, "addReplicas": 6}]}
    policy = a_policy(CPU, stepScaling=[rule], capacity={"leadTimeSeconds": 600})
    decisions = flown(workload, PretendDoors(workload, policy))
    second = int(np.argmax(workload.created > 19))
    assert pods_of(workload)[:2] == [13, 19]
    assert max(d.observation.readings["cpu"].value or 0 for d in decisions) > 20  # 13 cores serve all requests
    assert workload.ready[second - 1] == 19


def test_cpu_that_starting_pods_use_is_no_demand_where_requests_are_the_load() -> None:
    world = World(start_up=timedelta(minutes=3), variants=(StartUpLoad(cores=2),))
    workload = workload_at_noon(jump(100, 200), world)
    flown(workload, PretendDoors(workload, a_policy(QUEUED_REQUESTS, CPU, objective=P95)))
    assert workload.created.max() == 24


# ── One odd day (documented by Azure's and Google's predictive autoscalers) ──────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.0, 3.0], ids=["a dead day", "a day three times as high"])
def test_an_odd_day_a_week_ago_does_not_spoil_today(factor: float) -> None:
    hours = hours_until(14 * HOUR)
    a_week_ago = np.floor(hours / 24) == -7
    usual, odd = (
        demand_of(rps, evaluate_from=MONDAY + 6 * HOUR)
        for rps in (busy_days(hours), busy_days(hours) * np.where(a_week_ago, factor, 1.0))
    )
    without, ours = steered(usual, World()), steered(odd, World())
    hpa = hpa_at_equal_cost(odd, World(), ours)
    assert score(ours).pod_hours <= 1.02 * score(without).pod_hours
    assert score(ours).violation_minutes <= 0.2 * score(hpa).violation_minutes
