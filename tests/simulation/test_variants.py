"""What each variant changes in the world, seen through what the workload records and what policies are told."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.api.metadata import ObjectMeta
from controller.api.scaling_policy import ScalingPolicy
from controller.simulation.demand import TICK, Demand
from controller.simulation.doors import PretendDoors
from controller.simulation.replay import replay_rival
from controller.simulation.rivals.hpa import requests_hpa
from controller.simulation.variants.batches import Batches
from controller.simulation.variants.blackout import Blackout
from controller.simulation.variants.outage import Outage
from controller.simulation.variants.refusals import Refusals
from controller.simulation.variants.release import Release
from controller.simulation.variants.start_up_load import StartUpLoad
from controller.simulation.variants.zones import ZoneLoss
from controller.simulation.world import PretendWorkload, Variant, View, World

START = datetime(2026, 1, 5, tzinfo=UTC)
HISTORY = 480  # ticks before the evaluated window
NOON = START + HISTORY * TICK
MINUTE = timedelta(minutes=1)
START_UP = timedelta(seconds=60)


def steady(rps: float = 100.0, *, minutes: int = 120) -> Demand:
    return Demand(START, np.full(HISTORY + 4 * minutes, rps), known_from=0, evaluated_from=HISTORY)


def workload_with(*variants: Variant, rps: float = 100.0, max_replicas: int = 200) -> PretendWorkload:
    world = World(start_up=START_UP, max_replicas=max_replicas, variants=variants)
    return PretendWorkload(steady(rps), world)


def run(workload: PretendWorkload, until: datetime) -> None:
    while workload.now < until:
        workload.serve()


def measured(workload: PretendWorkload, preset: str) -> PretendDoors:
    spec = {"scaleTargetRef": {"name": "web"}, "maxReplicas": 200, "signals": [{"name": "it", "preset": preset}]}
    policy = ScalingPolicy.model_validate({"metadata": ObjectMeta(name="web", namespace="shop"), "spec": spec})
    return PretendDoors(workload, policy)


# ── Outage ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_outage_is_a_dip_and_the_retries_that_follow_are_a_storm() -> None:
    outage = Outage(NOON + 10 * MINUTE, 5 * MINUTE, lost=0.9, storm=1.5, storm_length=2 * MINUTE)
    rps = workload_with(outage).demand.rps[HISTORY:]
    expected = np.full(len(rps), 100.0)
    expected[40:60], expected[60:68] = 10, 150
    np.testing.assert_allclose(rps, expected)


@pytest.mark.parametrize(("minute", "ratio"), [(5, 0.0), (13, 0.4), (20, 0.0)])
def test_requests_that_arrive_in_an_outage_fail_and_the_error_ratio_shows_it(minute: int, ratio: float) -> None:
    workload = workload_with(Outage(NOON + 10 * MINUTE, 5 * MINUTE, errors=0.4))
    run(workload, NOON + minute * MINUTE)
    assert measured(workload, "http-error-ratio").instruments["it"].value() == pytest.approx(ratio)


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_share_is_refused_while_the_queue_is_over_its_bound() -> None:
    shedding = workload_with(Refusals(300, share=0.5), rps=30, max_replicas=2)
    run(shedding, NOON + MINUTE)
    # Two pods serve 20 requests/s of 30: 150 more wait after each tick, until 15 of 30 are refused.
    since = HISTORY - 6
    np.testing.assert_allclose(shedding.backlog[since : since + 6], [150, 300, 450, 375, 300, 450])
    np.testing.assert_allclose(shedding.refused[since : since + 6], [0, 0, 0, 0.5, 0.5, 0])


def test_refused_requests_are_errors_and_late() -> None:
    world = World(max_replicas=2, variants=(Refusals(300, share=0.5),))
    workload = workload_with(*world.variants, rps=30, max_replicas=2)
    run(workload, NOON)
    rival = requests_hpa(7, min_replicas=2, max_replicas=2)
    timeline = replay_rival(steady(30), world, rival, name="hpa")
    assert measured(workload, "http-error-ratio").instruments["it"].value() == pytest.approx(0.125)
    assert timeline.late_share.min() >= 0.5
    assert timeline.p95_ms.min() > timeline.objective_ms


# ── Releases ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_release_replaces_every_pod_without_losing_a_ready_one() -> None:
    workload = workload_with(Release(NOON + 5 * MINUTE, speed=0.7))
    run(workload, NOON + 60 * MINUTE)
    rolled = slice(HISTORY + 20, workload.tick)
    assert workload.ready[rolled].min() >= 13
    assert workload.created[rolled].max() == 17  # a quarter of 13 on top, rounded up
    assert (len(workload.pods), workload.pods.rolling) == (13, False)
    assert {pod.template.speed for pod in workload.pods.all} == {0.7}


def test_pods_of_a_slower_release_serve_less_take_longer_and_use_more_cpu() -> None:
    workload = workload_with(Release(NOON, speed=0.7), rps=100)
    workload.resize(20)
    run(workload, NOON + 60 * MINUTE)
    assert workload.view().utilization == pytest.approx(100 / (20 * 7))
    assert measured(workload, "cpu-cores").instruments["it"].value() == pytest.approx(100 * 0.1 / 0.7)
    assert (measured(workload, "http-p95-latency").instruments["it"].value() or 0) > 0.1 / 0.7


def test_a_rollout_is_seen_and_its_surge_is_not_counted_as_replicas() -> None:
    workload = workload_with(Release(NOON))
    run(workload, NOON + MINUTE)
    assert (workload.pods.rolling, workload.view().created, len(workload.pods)) == (True, 13, 17)


@pytest.mark.parametrize("wanted", [8, 30], ids=["fewer", "more"])
def test_a_workload_resized_during_a_rollout_ends_with_what_was_wanted(wanted: int) -> None:
    workload = workload_with(Release(NOON))
    run(workload, NOON + MINUTE)
    workload.resize(wanted)
    run(workload, NOON + 40 * MINUTE)
    assert (len(workload.pods), workload.pods.rolling) == (wanted, False)
    assert workload.view().ready == wanted


def test_a_second_release_replaces_the_pods_of_the_first() -> None:
    workload = workload_with(Release(NOON, speed=0.7), Release(NOON + 3 * MINUTE, speed=1.2))
    run(workload, NOON + 60 * MINUTE)
    assert {pod.template.speed for pod in workload.pods.all} == {1.2}


# ── Zones ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_lost_zone_takes_its_pods_and_they_come_back_as_new_ones() -> None:
    workload = workload_with(ZoneLoss(NOON + MINUTE, zones=3))
    run(workload, NOON + MINUTE + TICK)
    after_the_loss = (len(workload.pods), workload.view().ready, len(workload.pods.young))
    run(workload, NOON + 5 * MINUTE)
    assert after_the_loss == (13, 9, 4)
    assert workload.view().ready == 13


# ── Start-ups that cost CPU ──────────────────────────────────────────────────────────────────────────────────────────
def test_pods_that_start_use_cpu_and_serve_nothing() -> None:
    workload = workload_with(StartUpLoad(cores=2))
    run(workload, NOON)
    workload.resize(18)
    run(workload, NOON + 5 * TICK)
    assert measured(workload, "cpu-cores").instruments["it"].value() == pytest.approx(100 * 0.1 + 5 * 2 * 3 / 4)


# ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_batches_bring_the_same_work_in_lumps() -> None:
    workload = workload_with(Batches(10 * MINUTE))
    rps, plain = workload.demand.rps, steady().rps
    assert np.flatnonzero(rps[HISTORY:])[:3].tolist() == [0, 40, 80]
    assert rps[HISTORY] == pytest.approx(40 * 100)
    assert rps.sum() == pytest.approx(plain.sum())


def test_a_share_may_arrive_as_it_would_beside_the_lumps() -> None:
    rps = workload_with(Batches(10 * MINUTE, share=0.4)).demand.rps[HISTORY:]
    assert rps[0] == pytest.approx(60 + 0.4 * 40 * 100)
    np.testing.assert_allclose(rps[1:40], 60)


def test_lumps_may_come_when_nobody_knows() -> None:
    rps = workload_with(Batches(10 * MINUTE, latest=5 * MINUTE)).demand.rps[HISTORY:]
    lumps = np.flatnonzero(rps)
    late = lumps - 40 * np.arange(len(lumps))
    assert (late.min() >= 0, late.max() <= 20, len(set(late.tolist())) > 5) == (True, True, True)
    np.testing.assert_allclose(rps[lumps], 40 * 100)


def test_a_lump_waits_in_the_queue_and_drains() -> None:
    workload = workload_with(Batches(10 * MINUTE))
    run(workload, NOON + 9 * MINUTE)
    lump, served_in_a_tick = 60_000, 13 * 10 * 15
    expected = np.maximum(0, lump - served_in_a_tick * np.arange(1, 37))
    np.testing.assert_allclose(workload.backlog[HISTORY : HISTORY + 36], expected, atol=1e-6)


# ── Blackouts ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("presets", "preset", "age"),
    [
        (frozenset(), "http-request-rate", 300),
        (frozenset({"http-request-rate"}), "http-request-rate", 300),
        (frozenset({"http-request-rate"}), "queue-depth", 30),
    ],
    ids=["without any metric", "without this one", "without another one"],
)
async def test_in_a_blackout_a_signal_keeps_its_last_sample_and_says_so(
    presets: frozenset[str], preset: str, age: int
) -> None:
    workload = workload_with(Blackout(NOON + MINUTE, presets=presets))
    run(workload, NOON + 6 * MINUTE)
    doors = measured(workload, preset)
    reading = (await doors.read((doors.policy,), doors.now))[doors.policy.key]["it"]
    assert doors.now - reading.valid_at == timedelta(seconds=age)
    assert bool(reading.problem) == (age > 30)


def test_what_a_blackout_hid_is_missing_from_the_history_and_not_zero() -> None:
    workload = workload_with(Blackout(NOON + 10 * MINUTE, 20 * MINUTE))
    run(workload, NOON + 60 * MINUTE)
    history = measured(workload, "http-request-rate").instruments["it"].history()
    hidden = np.isnan(history.values)
    assert hidden.sum() == 4  # of 5 minutes each
    np.testing.assert_allclose(history.values[~hidden], 100)


def test_a_rival_without_metrics_keeps_what_it_has() -> None:
    class Asked:
        def __init__(self) -> None:
            self.at: list[float] = []

        def decide(self, view: View) -> int:
            self.at.append(view.seconds)
            return 20

    rival = Asked()
    timeline = replay_rival(steady(), World(variants=(Blackout(NOON, 20 * MINUTE),)), rival, name="asked")
    assert len(rival.at) == len(timeline) - 80
    assert timeline.desired_replicas[10] == 20  # the last wish before it went dark


# ── Together ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_variants_compose() -> None:
    variants = (Outage(NOON, 10 * MINUTE, storm=2), ZoneLoss(NOON + 11 * MINUTE), Refusals(100))
    workload = workload_with(*variants)
    run(workload, NOON + 15 * MINUTE)
    at_minute = [HISTORY + 4 * minute for minute in (5, 12)]
    np.testing.assert_allclose(workload.demand.rps[at_minute], [10, 200])
    assert workload.ready[at_minute[1]] == 9
    assert workload.refused[HISTORY:].max() == 1


def test_a_variant_in_which_nothing_happens_changes_nothing() -> None:
    never = NOON + timedelta(days=1)
    quiet = (Outage(never), Refusals(np.inf), Release(never), ZoneLoss(never), Blackout(never))
    columns = [
        replay_rival(steady(), World(variants=variants), requests_hpa(7, min_replicas=2, max_replicas=200), name="hpa")
        for variants in ((), quiet)
    ]
    for name, column in columns[0].columns.items():
        np.testing.assert_array_equal(column, columns[1].columns[name], err_msg=name)
