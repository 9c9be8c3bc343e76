from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from controller.api.metadata import ObjectMeta
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import Mode, ScalingPolicy
from controller.errors import InputRefused
from controller.scaling.observation import Reading, Scale
from controller.scaling.publishing.patch import Patch, ScaleChange
from controller.simulation.defaults import default_policy
from controller.simulation.demand import TICK, WARM_UP_TICKS, Demand
from controller.simulation.doors import PretendDoors
from controller.simulation.signals import FIT_STEP
from controller.simulation.world import PretendWorkload, World
from forecasting.series import Series, Values

START = datetime(2026, 1, 5, tzinfo=UTC)
HISTORY = 4000  # ticks before the evaluated window
WORLD = World(start_up=timedelta(seconds=60))


def workload_of(rps: Values, *, evaluated_from: int = HISTORY, world: World = WORLD) -> PretendWorkload:
    return PretendWorkload(Demand(START, rps, known_from=0, evaluated_from=evaluated_from), world)


def policy_with(*signals: dict[str, Any]) -> ScalingPolicy:
    load = {"perReplica": 10, "serviceTimeMilliseconds": 100}
    spec = {
        "scaleTargetRef": {"name": "web"},
        "maxReplicas": 200,
        "signals": [{"name": "requests", "preset": "http-request-rate", "load": load}, *signals],
    }
    return ScalingPolicy.model_validate({"metadata": ObjectMeta(name="web", namespace="shop"), "spec": spec})


async def read(doors: PretendDoors, signal: str) -> Reading:
    readings = await doors.read((doors.policy,), doors.now)
    return readings[doors.policy.key][signal]


async def observe(doors: PretendDoors) -> Scale:
    target = (await doors.observe((doors.policy,), doors.now))[doors.policy.key]
    assert target.scale is not None
    return target.scale


def scaled(doors: PretendDoors, from_replicas: int, to_replicas: int) -> Patch:
    change = ScaleChange(doors.policy.spec.scale_target_ref, from_replicas, to_replicas)
    return Patch(doors.policy.key, scale=change)


async def test_a_reading_is_the_mean_over_60_s_that_is_30_s_old() -> None:
    doors = PretendDoors(workload_of(np.arange(5000.0)), policy_with())
    reading = await read(doors, "requests")
    assert reading.value == np.mean(np.arange(HISTORY - 6, HISTORY - 2))
    assert reading.valid_at == doors.now - timedelta(seconds=30)


async def test_recent_demand_comes_in_whole_minutes_of_the_clock_that_have_arrived() -> None:
    workload = workload_of(np.arange(5000.0))
    workload.serve()
    doors = PretendDoors(workload, policy_with())
    recent = (await read(doors, "requests")).recent
    assert recent is not None
    assert (recent.end, recent.step) == (START + (HISTORY - 4) * TICK, timedelta(minutes=1))
    assert recent.values[-1] == np.mean(np.arange(HISTORY - 8, HISTORY - 4))


async def test_signals_without_a_load_carry_no_recent_demand() -> None:
    doors = PretendDoors(workload_of(np.full(5000, 100.0)), policy_with({"name": "waiting", "preset": "queue-depth"}))
    assert (await read(doors, "waiting")).recent is None


async def test_there_is_no_recent_demand_before_the_first_minute_of_a_trace() -> None:
    doors = PretendDoors(workload_of(np.full(50, 100.0), evaluated_from=WARM_UP_TICKS), policy_with())
    assert (await read(doors, "requests")).recent is not None
    assert len((await read(doors, "requests")).recent or ()) == 1


@pytest.mark.parametrize(
    ("preset", "calm", "overloaded"),
    [
        ("http-p95-latency", pytest.approx(0.1, abs=0.06), pytest.approx(10.1 + 10 * 15 * 10.5 / 20)),
        ("queue-depth", 0.0, pytest.approx(10 * 15 * 10.5)),
        ("cpu-cores", pytest.approx(10), pytest.approx(2)),
    ],
)
async def test_other_signals_are_what_the_world_measures(preset: str, calm: object, overloaded: object) -> None:
    signal = {"name": "other", "preset": preset}
    quiet = PretendDoors(workload_of(np.full(5000, 100.0)), policy_with(signal))
    world = World(max_replicas=2)
    loaded = workload_of(np.concatenate((np.full(HISTORY, 16.0), np.full(1000, 30.0))), world=world)
    for _ in range(14):
        loaded.serve()
    busy = PretendDoors(loaded, policy_with(signal))
    assert (await read(quiet, "other")).value == calm
    assert (await read(busy, "other")).value == overloaded


@pytest.mark.parametrize(
    ("signal", "asked"),
    [
        ({"name": "heap", "preset": "jvm-heap"}, "signal 'heap' asks for preset 'jvm-heap'"),
        (
            {"name": "own", "metric": {"metric": "orders_total", "type": "Counter"}},
            "signal 'own' asks for a metric of its own",
        ),
    ],
)
def test_a_signal_the_world_cannot_measure_is_refused_by_name(signal: dict[str, Any], asked: str) -> None:
    with pytest.raises(InputRefused, match=asked):
        PretendDoors(workload_of(np.full(5000, 100.0)), policy_with(signal))


def test_a_fit_sees_whole_steps_of_history_that_have_arrived() -> None:
    doors = PretendDoors(workload_of(np.arange(5000.0)), policy_with())
    history = doors.instruments["requests"].history()
    assert history.step == FIT_STEP
    assert history.end == START + (HISTORY - 2) * TICK - (START + (HISTORY - 2) * TICK - START) % FIT_STEP
    assert history.values[-1] == np.arange(3960, 3980).mean()


@pytest.mark.parametrize("preset", ["http-request-rate", "cpu-cores", "queue-depth"])
def test_nothing_that_is_delivered_changes_with_the_future(preset: str) -> None:
    signal = {"name": "other", "preset": preset, "load": {"perReplica": 1}}
    past = np.random.default_rng(1).uniform(50, 150, 5000)
    other_future = past.copy()
    other_future[HISTORY - 2 :] = 900.0

    def delivered(rps: Values) -> tuple[float | None, Series | None, Series]:
        instrument = PretendDoors(workload_of(rps, world=World(min_replicas=12, max_replicas=12)), policy_with(signal))
        return (
            instrument.instruments["other"].value(),
            instrument.instruments["other"].recent(),
            instrument.instruments["other"].history(),
        )

    assert delivered(past) == delivered(other_future)


async def test_pods_are_live_and_listed_while_they_are_young() -> None:
    workload = workload_of(np.full(5000, 100.0))
    doors = PretendDoors(workload, policy_with())
    await doors.apply((scaled(doors, 13, 15),))
    starting = await observe(doors)
    for _ in range(8):
        workload.serve()
    started = await observe(doors)
    for _ in range(10):
        workload.serve()
    settled = await observe(doors)
    assert (starting.spec_replicas, starting.ready_replicas) == (15, 13)
    assert [pod.ready_at for pod in starting.pods] == [None, None]
    assert [(pod.created_at, pod.ready_at is not None) for pod in started.pods] == [(START + HISTORY * TICK, True)] * 2
    assert (settled.ready_replicas, settled.pods) == (15, ())


async def test_a_written_status_is_what_the_next_cycle_reads() -> None:
    doors = PretendDoors(workload_of(np.full(5000, 100.0)), policy_with())
    await doors.apply((Patch(doors.policy.key, status=ScalingPolicyStatus(desired_replicas=7, reason="LiveRatio")),))
    assert (doors.policy.status.desired_replicas, doors.policy.status.reason) == (7, "LiveRatio")


def test_a_policy_acts_in_a_replay_whatever_it_says_about_today() -> None:
    policy = default_policy(WORLD)
    pin = {"replicas": 5, "until": "2030-01-01T00:00:00Z"}
    today = policy.model_dump(by_alias=True, mode="json")
    today["spec"] |= {"mode": "Recommend", "pin": pin, "pause": {}}
    doors = PretendDoors(workload_of(np.full(5000, 100.0)), ScalingPolicy.model_validate(today))
    assert (doors.policy.spec.mode, doors.policy.spec.pin, doors.policy.spec.pause) == (Mode.ACTIVE, None, None)
