"""Stories over several sweeps: what a team would see happen to its workload, decision by decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from controller.api.demand_event import DemandEvent
from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.decision import NOBODY_ASKS, Decision
from controller.scaling.evaluate import evaluate
from controller.scaling.observation import Observation, Outlook, Pod, Reading, Scale
from controller.scaling.reasons import Reason
from tests.builders import LATENCY, NOON, QUEUE, REQUESTS, a_policy, a_reading, an_event, an_observation, an_outlook

MINUTE = timedelta(minutes=1)
SWEEP = timedelta(seconds=15)
QUICK = {"scaleDown": {"stabilizationWindowSeconds": 60, "tolerancePercent": 0}}
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
SLOW = {"name": "slow", "signal": "latency", "rearmBelow": "0.15", "steps": [{"above": "0.25", "addReplicas": 4}]}


class Seen(NamedTuple):
    """What one sweep decided."""

    minute: float
    desired: int
    reason: Reason


@dataclass
class Workload:
    """A workload whose pods take a minute to start, under one policy, at one sweep every 15 s."""

    policy: ScalingPolicy
    outlooks: dict[str, Outlook] = field(default_factory=dict)
    events: Sequence[DemandEvent] = ()
    start_up: timedelta = MINUTE
    now: datetime = NOON
    memory: Memory = field(default_factory=Memory)
    pods: list[Pod] = field(default_factory=lambda: [Pod("old", NOON - MINUTE, NOON - MINUTE)] * 10)

    def sweep(self, **measured: float | None) -> Decision:
        """Decide once and carry it out; None is a signal without an answer since noon."""
        readings = {
            name: Reading(None, NOON, "no answer") if value is None else a_reading(value, now=self.now)
            for name, value in measured.items()
        }
        windows = tuple(map(window_of, self.events))
        decision = evaluate(
            Observation(self.now, self.policy, readings, self.scale(), self.memory, self.outlooks, windows)
        )
        self.memory = decision.memory
        ready_at = self.now + self.start_up
        added = [Pod("new", self.now, ready_at)] * max(0, decision.desired_replicas - len(self.pods))
        self.pods = [*self.pods, *added][: decision.desired_replicas]
        self.now += SWEEP
        return decision

    def sweeps(self, minutes: float, **measured: float | None) -> Iterator[Seen]:
        """Sweep for so many minutes; yield what was decided whenever it differs from before."""
        before: tuple[int, Reason] | None = None
        for _ in range(round(minutes * 4)):
            minute = (self.now - NOON) / MINUTE
            decision = self.sweep(**measured)
            if before != (decision.desired_replicas, decision.reason):
                before = decision.desired_replicas, decision.reason
                yield Seen(minute, *before)

    def scale(self) -> Scale:
        pods = tuple(pod if self._is_ready(pod) else Pod(pod.name, pod.created_at) for pod in self.pods)
        ready = sum(self._is_ready(pod) for pod in self.pods)
        return Scale(len(pods), ready, pods)

    def _is_ready(self, pod: Pod) -> bool:
        return pod.ready_at is not None and pod.ready_at <= self.now


def test_a_spike_that_is_forecast_finds_its_replicas_ready_although_demand_is_still_low() -> None:
    spike = [70.0] * 10 + [350.0] * 5 + [70.0] * 30
    web = Workload(a_policy(behavior=QUICK), {"requests": an_outlook(spike)})
    assert list(web.sweeps(10, requests=70)) == [Seen(0, 10, Reason.FORECAST), Seen(7, 50, Reason.FORECAST)]
    assert web.scale().ready_replicas == 50
    assert list(web.sweeps(5, requests=350)) == [Seen(10, 50, Reason.FORECAST)]
    assert list(web.sweeps(5, requests=70)) == [
        Seen(15, 50, Reason.SCALE_DOWN_STABILIZED),
        Seen(16, 10, Reason.FORECAST),
    ]


def test_between_two_spikes_close_together_nothing_is_removed() -> None:
    twice = [70.0] * 3 + [350.0] * 3 + [70.0] * 3 + [350.0] * 3 + [70.0] * 20
    web = Workload(a_policy(behavior=QUICK), {"requests": an_outlook(twice)})
    between = list(web.sweeps(11, requests=70))
    assert {seen.desired for seen in between} == {50}


def test_a_backlog_adds_half_once_while_its_pods_start_and_again_when_they_did_not_help() -> None:
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG], behavior=QUICK)
    web = Workload(policy)
    assert list(web.sweeps(3, requests=7, queue=1500)) == [
        Seen(0, 15, Reason.STEP_RULE),
        Seen(2, 23, Reason.STEP_RULE),  # Ready after one minute, given one more to show in the measured mean
    ]
    assert list(web.sweeps(3, requests=7, queue=900)) == [
        Seen(3, 23, Reason.SCALE_DOWN_STABILIZED),
        Seen(4, 1, Reason.LIVE_RATIO),
    ]


def test_slow_requests_add_capacity_although_cpu_is_idle_and_keep_it_until_they_are_fast_again() -> None:
    cpu = {"name": "cpu", "preset": "cpu-cores", "load": {"perReplica": 1}}
    web = Workload(a_policy(cpu, LATENCY, stepScaling=[SLOW], behavior=QUICK))
    assert list(web.sweeps(2, cpu=2, latency=0.3)) == [Seen(0, 14, Reason.STEP_RULE)]
    assert list(web.sweeps(2, cpu=2, latency=0.2)) == [Seen(2, 14, Reason.STEP_RULE)]
    assert [seen.desired for seen in web.sweeps(2, cpu=2, latency=0.1)] == [14, 3]


def test_metrics_that_stay_away_hold_what_runs_and_recover_by_themselves() -> None:
    web = Workload(a_policy(behavior=QUICK))
    assert list(web.sweeps(10, requests=None)) == [Seen(0, 10, Reason.NO_VOICE)]
    assert list(web.sweeps(2, requests=7)) == [
        Seen(10, 10, Reason.SCALE_DOWN_STABILIZED),
        Seen(11, 1, Reason.LIVE_RATIO),
    ]


def test_what_is_planned_half_blind_does_not_come_true_the_moment_all_is_seen() -> None:
    web = Workload(a_policy(REQUESTS, QUEUE | {"load": {"perReplica": 100}}, behavior=QUICK))
    assert {seen.desired for seen in web.sweeps(10, requests=None, queue=70)} == {10}
    assert list(web.sweeps(2, requests=7, queue=70)) == [
        Seen(10, 10, Reason.SCALE_DOWN_STABILIZED),
        Seen(11, 1, Reason.LIVE_RATIO),
    ]


def test_a_launch_finds_its_replicas_ready_and_lets_them_go_when_it_is_over() -> None:
    launch = an_event(start=NOON + 10 * MINUTE, end=NOON + 20 * MINUTE, multiplierPercent=None, minReplicas=30)
    web = Workload(a_policy(behavior=QUICK), events=[launch])
    assert list(web.sweeps(10, requests=70)) == [Seen(0, 10, Reason.LIVE_RATIO), Seen(7, 30, Reason.DEMAND_EVENT)]
    assert web.scale().ready_replicas == 30
    assert list(web.sweeps(15, requests=70)) == [
        Seen(10, 30, Reason.DEMAND_EVENT),
        Seen(20, 30, Reason.SCALE_DOWN_STABILIZED),
        Seen(21, 10, Reason.LIVE_RATIO),
    ]


def test_the_lead_time_is_learned_from_the_workloads_own_pods() -> None:
    web = Workload(a_policy(capacity={}, behavior=QUICK), start_up=timedelta(seconds=100))
    for requests in (140, 210, 280):
        list(web.sweeps(5, requests=requests))
    assert [start_up.seconds for start_up in web.memory.start_ups][-3:] == [100, 100, 100]


@pytest.mark.parametrize(
    ("observation", "reason", "message"),
    [
        (an_observation(requests=140), Reason.LIVE_RATIO, "requests is 140 now: needs 20 replicas"),
        (an_observation(requests=7000), Reason.TOO_MANY_REPLICAS, "the plan of 1000 is above maxReplicas 100"),
        (an_observation(a_policy(QUEUE), queue=5), Reason.NO_VOICE, NOBODY_ASKS),
    ],
)
def test_a_decision_gives_its_last_reason_in_one_sentence(
    observation: Observation, reason: Reason, message: str
) -> None:
    decision = evaluate(observation)
    assert (decision.reason, decision.message) == (reason, message)


def test_looking_twice_at_the_same_observation_decides_the_same() -> None:
    observation = an_observation(requests=140, outlooks={"requests": an_outlook([70] * 9)}, events=[an_event()])
    assert evaluate(observation).plan == evaluate(observation).plan
    assert evaluate(observation).memory == evaluate(observation).memory
