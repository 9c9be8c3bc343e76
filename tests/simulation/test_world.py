import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controller.simulation.demand import WARM_UP_TICKS, Demand
from controller.simulation.pods import StartUps
from controller.simulation.variants.blackout import Blackout
from controller.simulation.world import PretendWorkload, World, delivered_means
from forecasting.series import Values

START = datetime(2026, 1, 5, tzinfo=UTC)


def steady(rps: float, *, ticks: int = 400) -> Demand:
    return demand_of(np.full(ticks, rps))


def demand_of(rps: Values) -> Demand:
    return Demand(START, np.asarray(rps, dtype=float), known_from=0, evaluated_from=WARM_UP_TICKS)


def run(workload: PretendWorkload, ticks: int) -> None:
    for _ in range(ticks):
        workload.serve()


def test_a_policy_starts_with_the_pods_that_80_percent_utilisation_needs() -> None:
    workload = PretendWorkload(steady(100), World())
    view = workload.view()
    assert (view.created, view.ready, view.measured) == (13, 13, 13)
    assert view.utilization == pytest.approx(100 / 130)


@pytest.mark.parametrize(("rps", "pods"), [(1, 2), (5000, 200)])
def test_the_start_state_keeps_to_the_bounds(rps: float, pods: int) -> None:
    assert PretendWorkload(steady(rps), World()).view().created == pods


def test_wanted_pods_are_created_at_once_and_ready_after_their_start_up_time() -> None:
    world = World(start_up=timedelta(seconds=60))
    first_draw = StartUps(world.start_up, world.seed).take()
    workload = PretendWorkload(steady(100), world)
    workload.resize(14)
    ready = []
    for _ in range(12):
        ready.append(workload.view().ready)
        workload.serve()
    assert workload.created[WARM_UP_TICKS] == 14
    assert ready.index(14) == math.ceil(first_draw / 15)


def test_the_kth_created_pod_takes_the_kth_draw_whatever_a_policy_did_before() -> None:
    eager, late = PretendWorkload(steady(100), World()), PretendWorkload(steady(100), World())
    eager.resize(16)
    run(late, 40)
    late.resize(14)
    late.resize(13)
    late.resize(15)
    eager_times = [pod.ready - pod.created for pod in eager.pods.all[13:]]
    late_times = [pod.ready - pod.created for pod in late.pods.all[13:]]
    assert late_times == pytest.approx(eager_times[1:])


def test_start_up_times_are_lognormal_around_the_median() -> None:
    start_ups = StartUps(timedelta(seconds=180), seed=3)
    logarithms = np.log([start_ups.take() for _ in range(5000)])
    assert np.exp(np.median(logarithms)) == pytest.approx(180, rel=0.02)
    assert logarithms.std() == pytest.approx(0.25, rel=0.05)


def test_pods_are_removed_newest_first() -> None:
    workload = PretendWorkload(steady(100), World())
    workload.resize(20)
    workload.resize(15)
    assert [pod.number for pod in workload.pods.all][-3:] == [-13 + 12, 0, 1]


def test_what_is_not_served_waits_and_is_served_later() -> None:
    demand = demand_of(np.concatenate((np.full(WARM_UP_TICKS + 1, 16.0), [40.0], np.zeros(20))))
    workload = PretendWorkload(demand, World(max_replicas=2))
    run(workload, 5)
    backlog = workload.backlog[WARM_UP_TICKS : workload.tick]
    np.testing.assert_allclose(backlog, [0, 300, 0, 0, 0])
    assert workload.served[: workload.tick].sum() == pytest.approx(demand.rps[: workload.tick].sum())


def test_utilisation_is_capped_at_one_and_the_offered_rate_is_not() -> None:
    workload = PretendWorkload(steady(5000), World(max_replicas=20))
    run(workload, 10)
    view = workload.view()
    assert (view.utilization, view.offered_rps) == (1.0, 5000.0)


def test_metrics_are_means_over_60_s_that_are_30_s_old() -> None:
    delivered = delivered_means(np.arange(20.0))
    assert delivered[10] == np.mean([4, 5, 6, 7])


def test_a_metric_never_shows_what_has_not_arrived() -> None:
    past, future = np.arange(20.0), np.arange(20.0)
    future[9:] = 1e6
    np.testing.assert_array_equal(delivered_means(past)[:11], delivered_means(future)[:11])


def test_a_pod_is_measured_once_it_has_been_ready_for_window_and_delay() -> None:
    workload = PretendWorkload(steady(100), World(start_up=timedelta(seconds=15)))
    workload.resize(14)
    while workload.view().ready < 14:
        workload.serve()
    run(workload, 5)
    before = workload.view().measured
    run(workload, 1)
    assert (before, workload.view().measured) == (13, 14)


def test_a_world_is_the_default_one_unless_something_else_is_said() -> None:
    world = World()
    assert (world.pod.per_replica, world.service_time, world.objective_seconds) == (10, 0.1, 0.25)
    assert (world.min_replicas, world.max_replicas, world.variants) == (2, 200, ())


def test_before_the_replay_all_demand_was_served_by_pods_at_80_percent() -> None:
    demand = Demand(START, np.full(400, 100.0), known_from=0, evaluated_from=200)
    workload = PretendWorkload(demand, World())
    past = slice(0, 200)
    assert set(workload.served[past]) == {100.0}
    assert (set(workload.ready[past]), set(workload.backlog[past])) == ({13.0}, {0.0})


def test_the_past_that_a_policy_sees_ends_30_s_ago_and_cannot_be_changed() -> None:
    demand = demand_of(np.arange(400.0))
    workload = PretendWorkload(replace(demand, known_from=2), World())
    run(workload, 100)
    past = workload.view().past_rps
    np.testing.assert_array_equal(past, np.arange(2.0, WARM_UP_TICKS + 100 - 2))
    with pytest.raises(ValueError, match="read-only"):
        past[0] = 1.0


def test_on_day_zero_there_is_no_past_before_the_first_measurement() -> None:
    workload = PretendWorkload(replace(steady(100), known_from=WARM_UP_TICKS), World())
    lengths = []
    for _ in range(4):
        lengths.append(len(workload.view().past_rps))
        run(workload, 1)
    assert lengths == [0, 0, 0, 1]


def test_what_a_blackout_left_unmeasured_is_missing_from_the_past() -> None:
    begin = START + timedelta(minutes=5)
    world = World(variants=(Blackout(begin, timedelta(minutes=1)),))
    workload = PretendWorkload(steady(100), world)
    run(workload, 100)
    missing = np.flatnonzero(np.isnan(workload.view().past_rps))
    np.testing.assert_array_equal(missing, [20, 21, 22, 23])


def test_waiting_requests_are_told_as_late_as_all_other_metrics() -> None:
    workload = PretendWorkload(steady(300), World(max_replicas=20))  # 100 requests/s too many
    told = []
    for _ in range(8):
        told.append(workload.view().queued)
        run(workload, 1)
    begun = WARM_UP_TICKS * 1500.0  # what waits when the replay begins; each tick adds as much as one before
    assert told[0] == pytest.approx(begun - 1500 * (2 + 1.5))
    np.testing.assert_allclose(np.diff(told), 1500)
