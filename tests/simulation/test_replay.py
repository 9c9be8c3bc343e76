from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from controller.cycle import SignalKey
from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import Demand
from controller.simulation.ours import CyclePilot
from controller.simulation.pods import StartUps
from controller.simulation.replay import replay, replay_rival
from controller.simulation.rivals.hpa import HPA, requests_hpa, utilization_hpa
from controller.simulation.world import PretendWorkload, View, World

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 5760  # ticks
HISTORY = 4 * DAY
WINDOW = 480  # two hours: enough to scale up and down
WORLD = World()


def busy_days() -> Demand:
    """Return four days of history, and two hours of a morning that rises as every morning does."""
    ticks = np.arange(HISTORY + DAY // 3 + WINDOW)
    shape = np.maximum(0.1, np.sin(2 * np.pi * (ticks / DAY - 0.25)))
    noise = np.random.default_rng(7).normal(1, 0.03, len(ticks))
    return Demand(START, 400 * shape * noise, known_from=0, evaluated_from=HISTORY + DAY // 3)


def ours(demand: Demand, world: World = WORLD) -> Timeline:
    return replay(demand, world, lambda workload: CyclePilot(workload, default_policy(world)), name="headroom")


def with_rival(make: Callable[[], HPA]) -> Callable[[Demand], Timeline]:
    return lambda demand: replay_rival(demand, WORLD, make(), name="hpa")


RIVALS = [
    with_rival(lambda: utilization_hpa(0.7, min_replicas=2, max_replicas=200)),
    with_rival(lambda: requests_hpa(7, min_replicas=2, max_replicas=200)),
]


def test_every_policy_meets_the_same_demand_and_is_told_the_same() -> None:
    timelines = [run(busy_days()) for run in (ours, *RIVALS)]
    for timeline in timelines[1:]:
        np.testing.assert_array_equal(timeline.demand_rps, timelines[0].demand_rps)
        np.testing.assert_array_equal(timeline.measured_rps, timelines[0].measured_rps)


class Recorder:
    """A rival that adds a pod every so often and remembers what it saw."""

    def __init__(self, every: int) -> None:
        self.every, self.views = every, list[View]()

    def decide(self, view: View) -> int:
        self.views.append(view)
        return view.created + (len(self.views) % self.every == 0)


def test_pods_of_every_policy_start_up_with_the_same_draws_in_the_order_of_creation() -> None:
    demand = busy_days()
    draws = StartUps(WORLD.start_up, WORLD.seed)
    expected = [draws.take() for _ in range(4)]
    for every in (30, 60):
        timeline = replay_rival(demand, WORLD, Recorder(every), name="adds")
        created_at = np.flatnonzero(np.diff(timeline.created_replicas))[:4] + 1
        ready = [at + int(np.ceil(draw / 15)) for at, draw in zip(created_at, expected, strict=True)]
        total = timeline.ready_replicas[0] + np.sum([np.arange(WINDOW) >= each for each in ready], axis=0)
        until = created_at[-1]
        np.testing.assert_array_equal(timeline.ready_replicas[:until], total[:until])


def test_measured_demand_is_the_mean_of_a_minute_that_ended_30_s_ago() -> None:
    recorder = Recorder(1000)
    demand = busy_days()
    timeline = replay_rival(demand, WORLD, recorder, name="looks")
    tick = 100
    at = demand.evaluated_from + tick
    assert timeline.measured_rps[tick] == pytest.approx(demand.rps[at - 6 : at - 2].mean())
    assert recorder.views[tick].offered_rps == timeline.measured_rps[tick]


def test_utilisation_is_as_old_as_the_other_metrics() -> None:
    recorder = Recorder(1000)
    demand = busy_days()
    timeline = replay_rival(demand, WORLD, recorder, name="looks")
    used = np.minimum(timeline.demand_rps / (timeline.ready_replicas * 10), 1)
    assert recorder.views[100].utilization == pytest.approx(used[94:98].mean())


def test_progress_is_told_until_the_end() -> None:
    told: list[int] = []
    rival = requests_hpa(7, min_replicas=2, max_replicas=200)
    timeline = replay_rival(busy_days(), WORLD, rival, name="hpa", progress=told.append)
    assert sum(told) == len(timeline)


def test_notes_say_why_from_when_on() -> None:
    timeline = ours(busy_days())
    first = timeline.notes[0]
    at = [round((note.at - timeline.start).total_seconds() / 15) for note in timeline.notes]
    assert (first.at, first.message != "") == (timeline.start, True)
    assert [note.desired_replicas for note in timeline.notes] == timeline.desired_replicas[at].tolist()


def test_without_any_history_the_live_voices_carry_the_replay() -> None:
    demand = busy_days()
    day_zero = Demand(
        demand.at(demand.evaluated_from - 6), demand.rps[demand.evaluated_from - 6 :], known_from=6, evaluated_from=6
    )
    timeline = ours(day_zero)
    assert "Forecast" not in {note.reason for note in timeline.notes}
    assert score(timeline).time_under < 0.5


def flown(demand: Demand) -> CyclePilot:
    pilots: list[CyclePilot] = []

    def board(workload: PretendWorkload) -> CyclePilot:
        pilots.append(CyclePilot(workload, default_policy(WORLD)))
        return pilots[-1]

    replay(demand, WORLD, board, name="headroom")
    return pilots[-1]


def test_what_was_expected_of_each_minute_is_kept_as_it_stood_one_lead_time_before() -> None:
    demand = busy_days()
    policy = default_policy(WORLD)
    lead = policy.spec.capacity.lead_time_seconds
    change = demand.evaluated_from + 240
    surprise = demand.rps.copy()
    surprise[change:] *= 4
    key = SignalKey(policy.key, "requests")

    expected, other = (flown(each).expected[key] for each in (demand, replace(demand, rps=surprise)))

    times = np.array([each.at.timestamp() for each in expected])
    assert set(np.diff(times)) <= {30.0, 60.0}  # a new fit does not wait until the minute is over
    assert all(each.median <= each.planned for each in expected)
    known = times <= demand.at(change).timestamp() + (lead or 0)
    same = [mine == theirs for mine, theirs in zip(expected, other, strict=True)]
    assert all(np.array(same)[known])
    assert not all(same)


def test_a_note_carries_every_voice() -> None:
    first = ours(busy_days()).notes[0]

    assert {candidate.reason for candidate in first.candidates} >= {"LiveRatio"}
