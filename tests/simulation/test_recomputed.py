"""A stranger recomputes a timeline from the words that define the world, and from its demand and wishes alone."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.demand import DemandSettings, make_demand
from controller.simulation.replay import replay_rival
from controller.simulation.rivals.hpa import requests_hpa
from controller.simulation.world import World
from forecasting.series import Series

START = datetime(2026, 1, 5, tzinfo=UTC)
MEDIAN, SEED = 180, 4


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    """Return six hours of an HPA on a busy morning of the default world."""
    hours = np.arange(24 * 28 + 11)
    trace = Series(START, timedelta(hours=1), 1000 + 900 * np.sin(2 * np.pi * (hours - 8) / 24))
    begin = START + timedelta(days=28, hours=5)
    demand = make_demand(trace, DemandSettings(evaluate_from=begin, seed=SEED))
    world = World(start_up=timedelta(seconds=MEDIAN), seed=SEED)
    return replay_rival(demand, world, requests_hpa(8.5, min_replicas=2, max_replicas=200), name="hpa")


def erlang_c(servers: int, offered: float) -> float:
    """Return the chance to wait, by the textbook's recursion for Erlang B."""
    blocking = 1.0
    for count in range(1, servers + 1):
        blocking = offered * blocking / (count + offered * blocking)
    return blocking / (1 - offered / servers * (1 - blocking))


def p95_milliseconds(rps: float, ready: int, backlog: float) -> float:
    if rps >= 10 * ready:
        return math.inf
    chance = erlang_c(ready, rps / 10)
    wait = max(0.0, math.log(chance / 0.05) / (10 * ready - rps)) if chance > 0 else 0.0
    return 1000 * (0.1 + backlog / (10 * ready) + wait)


def test_it_starts_with_the_pods_that_80_percent_utilisation_needs(timeline: Timeline) -> None:
    assert timeline.created_replicas[0] >= math.ceil(timeline.demand_rps[0] / 8)


def test_created_pods_follow_the_wish_at_once_and_stay_within_the_bounds(timeline: Timeline) -> None:
    np.testing.assert_array_equal(timeline.created_replicas, timeline.desired_replicas)
    assert 2 <= timeline.created_replicas.min() < timeline.created_replicas.max() <= 200


def test_ready_pods_follow_from_the_draws_and_the_order_of_creation(timeline: Timeline) -> None:
    draws = np.random.default_rng([SEED, 1]).lognormal(math.log(MEDIAN), 0.25, 1024)
    wished = timeline.desired_replicas.astype(int)
    ready_at = [-math.inf] * math.ceil(timeline.demand_rps[0] / 8)
    taken = 0
    for tick, wish in enumerate(wished):
        for _ in range(wish - len(ready_at)):
            ready_at.append(15 * tick + draws[taken])
            taken += 1
        del ready_at[wish:]
        assert timeline.ready_replicas[tick] == sum(at <= 15 * tick for at in ready_at), tick
    assert taken > 10


def test_the_backlog_is_what_was_not_served(timeline: Timeline) -> None:
    waiting = float(timeline.backlog[0])
    for tick in range(1, len(timeline)):
        waiting += 15 * timeline.demand_rps[tick]
        waiting -= min(waiting, 150 * timeline.ready_replicas[tick])
        assert timeline.backlog[tick] == pytest.approx(waiting, abs=1e-6)
    assert timeline.backlog.max() > 0


def test_the_p95_is_service_backlog_and_the_wait_of_the_queue(timeline: Timeline) -> None:
    for tick in range(0, len(timeline), 7):
        rps, ready = float(timeline.demand_rps[tick]), int(timeline.ready_replicas[tick])
        expected = p95_milliseconds(rps, ready, float(timeline.backlog[tick]))
        if expected < 5000:
            assert timeline.p95_ms[tick] == pytest.approx(expected, rel=1e-6)
        else:
            assert timeline.p95_ms[tick] > 5000


def test_needed_replicas_are_the_smallest_that_meet_the_objective(timeline: Timeline) -> None:
    for rps, needed in zip(timeline.demand_rps[::40].tolist(), timeline.needed_replicas[::40].tolist(), strict=True):
        assert p95_milliseconds(rps, int(needed), 0) <= 250
        assert p95_milliseconds(rps, int(needed) - 1, 0) > 250


def test_measured_demand_is_the_mean_of_four_ticks_that_ended_two_before(timeline: Timeline) -> None:
    demand = timeline.demand_rps
    expected = [demand[tick - 6 : tick - 2].mean() for tick in range(6, len(timeline))]
    np.testing.assert_allclose(timeline.measured_rps[6:], expected)


def test_every_measure_follows_from_the_columns(timeline: Timeline) -> None:
    result = score(timeline)
    by_minute = timeline.p95_ms.reshape(-1, 4).max(axis=1) > 250
    moves = [after - before for before, after in pairwise(timeline.created_replicas.tolist()) if after != before]
    turns = sum((after > 0) != (before > 0) for before, after in pairwise(moves))
    needed, ready = timeline.needed_replicas, timeline.ready_replicas
    assert (result.minutes, result.violation_minutes) == (360, by_minute.sum())
    assert result.pod_hours == pytest.approx(timeline.created_replicas.sum() / 240)
    assert (result.actions, result.reversals) == (len(moves), turns)
    assert result.under_provisioning == pytest.approx(np.mean(np.maximum(needed - ready, 0) / needed))
    assert result.over_provisioning == pytest.approx(np.mean(np.maximum(ready - needed, 0) / needed))
    assert result.time_under == pytest.approx(np.mean(ready < needed))
    assert result.time_over == pytest.approx(np.mean(ready > needed))
    assert result.late_share == pytest.approx(
        (timeline.demand_rps * timeline.late_share).sum() / timeline.demand_rps.sum()
    )
