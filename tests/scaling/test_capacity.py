import doctest
import time

import numpy as np
import pytest

from controller.api.fields import MAX_REPLICAS
from controller.api.objective import Objective
from controller.api.signals import Load
from controller.scaling import capacity
from controller.scaling.capacity import load_for, p95_wait, replicas_for

QUEUED = Load(per_replica=10, service_time_milliseconds=100)
WITHIN_250_MS = Objective(p95_milliseconds=250)


@pytest.mark.parametrize(("replicas", "percent"), [(1, 17), (2, 44), (5, 72), (10, 84), (20, 92), (60, 97)], ids=str)
def test_few_replicas_need_far_more_slack_than_many(replicas: int, percent: float) -> None:
    full = replicas * QUEUED.per_replica
    assert replicas_for((percent - 1) / 100 * full, QUEUED, WITHIN_250_MS) == replicas
    assert replicas_for((percent + 1) / 100 * full, QUEUED, WITHIN_250_MS) > replicas


@pytest.mark.parametrize(
    ("load", "objective", "needed", "why"),
    [
        (0, Objective(), 0, "no load needs nothing"),
        (-3, Objective(), 0, "a negative load is no load"),
        (0.001, Objective(), 1, "any load needs a replica"),
        (7, Objective(utilization_percent=70), 1, "just what one replica is planned for"),
        (70, Objective(utilization_percent=70), 10, "rounding does not ask for an eleventh"),
        (70.1, Objective(utilization_percent=70), 11, "but a little more does"),
        (100, Objective(utilization_percent=100), 10, "a full replica where that is asked for"),
        (0.001, WITHIN_250_MS, 1, "any load needs a replica in a queue, too"),
    ],
)
def test_a_load_needs_replicas(load: float, objective: Objective, needed: int, why: str) -> None:
    assert replicas_for(load, QUEUED, objective) == needed, why


def test_without_a_service_time_the_utilisation_decides() -> None:
    load = Load(per_replica=10)
    assert replicas_for(100, load, Objective(p95_milliseconds=250, utilization_percent=50)) == 20


def test_more_load_never_needs_fewer_replicas_across_the_tables() -> None:
    loads = np.linspace(0, 6000, 1201)  # passes through tables of seven sizes
    needed = [replicas_for(load, QUEUED, WITHIN_250_MS) for load in loads.tolist()]
    assert needed == sorted(needed)


def test_a_replica_of_many_servers_needs_less_slack_than_one_server() -> None:
    one_server = Load(per_replica=10, service_time_milliseconds=100)
    twenty_servers = Load(per_replica=200, service_time_milliseconds=100)
    # Twenty servers in one replica are the twenty of the table: 92 % of 200.
    assert replicas_for(182, twenty_servers, WITHIN_250_MS) == 1
    assert replicas_for(186, twenty_servers, WITHIN_250_MS) == 2
    assert replicas_for(182 / 20, one_server, WITHIN_250_MS) > 1


def test_a_replica_slower_than_one_request_at_a_time_is_one_slow_server() -> None:
    slow = Load(per_replica="0.5", service_time_milliseconds=100)  # one request takes 2 s of its capacity
    assert replicas_for(0.02, slow, WITHIN_250_MS) == 1
    assert replicas_for(0.1, slow, WITHIN_250_MS) == 2


@pytest.mark.parametrize("load", [1e5, 1e9, 1e300, float("inf")])
@pytest.mark.parametrize("objective", [WITHIN_250_MS, Objective()], ids=["latency", "utilisation"])
def test_a_load_beyond_any_fleet_asks_for_the_most_there_is(load: float, objective: Objective) -> None:
    assert replicas_for(load, QUEUED, objective) == MAX_REPLICAS


def test_a_huge_load_is_answered_quickly() -> None:
    started = time.process_time()
    assert replicas_for(99_000, QUEUED, Objective(p95_milliseconds=251)) == pytest.approx(9_902, abs=3)
    assert time.process_time() - started < 5  # takes a quarter of a second; a table of 10**9 rows would not return


def test_the_wait_is_infinite_at_full_load_and_none_when_idle() -> None:
    waits = p95_wait([10.0, 12.0, 0.0], [10.0, 10.0, 10.0], 0.1)
    assert waits.tolist() == [np.inf, np.inf, 0.0]


def test_the_wait_of_one_server_is_the_textbooks() -> None:
    # M/M/1: P(W > t) = rho exp(-(1 - rho) t / service time), so the 95 % quantile is ln(20 rho) / (1 - rho).
    np.testing.assert_allclose(p95_wait(0.5, 1.0, 1.0), np.log(20 * 0.5) / 0.5)


def test_thousands_of_servers_do_not_overflow() -> None:
    waits = p95_wait(np.array([1e4, 1e6]) * 0.99, np.array([1e4, 1e6]), 0.1)
    assert np.all(np.isfinite(waits))


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(capacity).failed == 0


@pytest.mark.parametrize("objective", [WITHIN_250_MS, Objective(utilization_percent=70)], ids=["p95", "utilization"])
@pytest.mark.parametrize("replicas", [1, 7, 64, 65, 3000])
def test_the_highest_load_of_so_many_replicas_needs_just_them(replicas: int, objective: Objective) -> None:
    highest = load_for(replicas, QUEUED, objective)
    assert replicas_for(0.9999 * highest, QUEUED, objective) == replicas
    assert replicas_for(1.0001 * highest, QUEUED, objective) == replicas + 1
