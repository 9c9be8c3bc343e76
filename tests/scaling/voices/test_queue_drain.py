"""The queue drain voice, its table, and whole backlogs drained. A worker takes ten items a second."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from controller.api.policy_status import BacklogMemory, Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.evaluate import evaluate
from controller.scaling.memory import advance_memory
from controller.scaling.observation import Observation, Pod, Reading, Scale
from controller.scaling.plan import plan_capacity
from controller.scaling.reasons import Reason
from controller.scaling.voices.queue_drain import drain_candidates
from forecasting import Series
from tests.builders import NOON, QUEUE, REQUESTS, a_policy, a_reading, an_observation, an_outlook

MINUTE = timedelta(minutes=1)
SWEEP = timedelta(seconds=15)
DEPTH = {**QUEUE, "queue": {"arrivals": "requests", "drainTargetSeconds": 600}}


def a_worker(lead: int = 100) -> ScalingPolicy:
    return a_policy(REQUESTS, DEPTH, capacity={"leadTimeSeconds": lead}, maxReplicas=200)


def since(seconds_ago: float) -> Memory:
    return Memory(backlogs=(BacklogMemory(name="queue", since=NOON - timedelta(seconds=seconds_ago)),))


def looked(observation: Observation) -> Observation:
    return replace(observation, memory=advance_memory(observation))


def proposed(observation: Observation) -> int | None:
    return drain_candidates(looked(observation))[0].replicas


# The lead time is 100 s: 500 of the 600 s are left to drain in.
@pytest.mark.parametrize(
    ("arrivals", "depth", "memory", "replicas", "why"),
    [
        (70, 0, Memory(), 10, "an empty queue asks for what arrives, at the usual utilisation"),
        (70, 1500, Memory(), 10, "what ten Ready workers clear within a sweep is no backlog"),
        (70, 1501, Memory(), 10, "more is, but the room to grow drains it in time"),
        (70, 150_000, Memory(), 37, "7 workers for what arrives and 30 for the backlog"),
        (70, 150_000, since(100), 37, "as many while they start"),
        (70, 75_000, since(350), 37, "and half way, with half of it gone"),
        (70, 150_000, since(350), 67, "more where nothing is gone by then"),
        (70, 150_000, since(9_000), 107, "late: as fast as a quarter of the target allows"),
        (0, 150_000, Memory(), 28, "a backlog alone; what runs serves while the others start"),
        (70, 1e300, Memory(), 10_000, "no backlog asks for more than there can be"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_backlog_is_drained_in_what_is_left_of_its_time(
    arrivals: float, depth: float, memory: Memory, replicas: int, why: str
) -> None:
    assert proposed(an_observation(a_worker(), memory=memory, requests=arrivals, queue=depth)) == replicas, why


@pytest.mark.parametrize(
    ("ready", "replicas", "why"),
    [
        (40, 25, "where enough run already, the whole time is theirs"),
        (25, 25, "just enough are enough"),
        (20, 26, "where they are not, those that start must make up for it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_ready_serves_from_the_begin(ready: int, replicas: int, why: str) -> None:
    assert proposed(an_observation(a_worker(), replicas=ready, requests=0, queue=150_000)) == replicas, why


def test_a_start_up_longer_than_the_target_leaves_a_quarter_of_it() -> None:
    assert proposed(an_observation(a_worker(lead=900), replicas=1, requests=0, queue=150_000)) == 94


@pytest.mark.parametrize(
    ("planned", "replicas", "why"),
    [
        ([0] * 10 + [900] * 5, 15, "a peak that may wait is not prepared for"),
        ([1000] * 20, 80, "what lasts is, with all of each replica: 800 expected of 1000 planned"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_forecast_of_what_may_wait_is_its_mean_over_the_target_time(
    planned: list[float], replicas: int, why: str
) -> None:
    observation = an_observation(a_worker(), requests=105, queue=0, outlooks={"requests": an_outlook(planned)})
    plan = plan_capacity(looked(observation))
    assert plan.recommended_replicas == replicas, why
    assert plan.needed_soon is None


def test_a_forecast_of_arrivals_that_has_run_out_says_so() -> None:
    outlooks = {"requests": an_outlook([70], start=NOON - 60 * MINUTE)}
    silent = plan_capacity(looked(an_observation(a_worker(), requests=7, queue=0, outlooks=outlooks))).candidates[0]
    assert (silent.replicas, silent.message) == (None, "the forecast of requests has run out")


def test_the_voice_says_how_deep_how_many_and_by_when() -> None:
    plan = plan_capacity(looked(an_observation(a_worker(), requests=70, queue=150_000)))
    assert plan.winner is not None
    assert (plan.winner.reason, plan.winner.source) == (Reason.QUEUE_DRAIN, "queue")
    assert plan.winner.message == ("queue is 1.5e+05 deep, 70 a second arrive: 37 replicas to drain it by 12:10:00 UTC")


def test_what_may_wait_in_a_queue_is_not_served_at_once() -> None:
    plan = plan_capacity(looked(an_observation(a_worker(), requests=700, queue=0)))
    live = next(candidate for candidate in plan.candidates if candidate.reason is Reason.WAITS_IN_QUEUE)
    assert (live.source, live.replicas) == ("requests", None)
    assert live.message == "what requests brings may wait in its queue, which is drained in its target time"


@pytest.mark.parametrize(
    ("sick", "silent"),
    [("queue", "signal queue has no data: HTTP 500"), ("requests", "signal requests has no data: HTTP 500")],
)
def test_the_voice_is_silent_without_depth_or_arrivals_and_says_which(sick: str, silent: str) -> None:
    fresh = {"requests": a_reading(70), "queue": a_reading(9000), sick: a_reading(None, problem="HTTP 500")}
    candidate = drain_candidates(looked(an_observation(a_worker(), readings=fresh)))[0]
    assert (candidate.replicas, candidate.reason, candidate.message) == (None, Reason.SIGNAL_UNHEALTHY, silent)


def test_without_the_depth_arrivals_are_served_as_they_come() -> None:
    plan = plan_capacity(looked(an_observation(a_worker(), requests=140, readings={"queue": a_reading(None)})))
    assert plan.winner is not None
    assert (plan.winner.reason, plan.winner.replicas) == (Reason.LIVE_RATIO, 20)


def test_a_depth_that_is_lost_does_not_begin_a_backlog_anew() -> None:
    lost = an_observation(a_worker(), memory=since(300), requests=70, readings={"queue": a_reading(None)})
    assert advance_memory(lost).backlogs == since(300).backlogs


def test_a_backlog_that_is_gone_is_forgotten() -> None:
    assert advance_memory(an_observation(a_worker(), memory=since(300), requests=70, queue=20)).backlogs == ()


@pytest.mark.parametrize(
    ("minutes", "replicas", "why"),
    [
        ([70.0] * 9 + [700.0], 10, "a burst of a minute waits in the queue and is counted there"),
        ([70.0] * 4 + [140.0] * 6, 20, "a rise that lasts is served"),
        ([math.nan] * 9 + [70.0], 10, "minutes without a sample say nothing"),
        ([math.nan] * 10, 20, "without any the newest value counts"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrivals_are_the_median_minute_of_a_target_time(minutes: list[float], replicas: int, why: str) -> None:
    recent = Series(NOON - len(minutes) * MINUTE, MINUTE, np.array(minutes))
    readings = {"requests": replace(a_reading(140), recent=recent), "queue": a_reading(0)}
    assert proposed(an_observation(a_worker(), readings=readings)) == replicas, why


# ── Whole backlogs ───────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Worker:
    """A queue and its workers, decided on every 15 s from samples that are 30 s old."""

    policy: ScalingPolicy
    start_up: timedelta
    arrivals: float = 70.0
    depth: float = 0.0
    now: datetime = NOON
    memory: Memory = field(default_factory=Memory)
    pods: list[datetime] = field(default_factory=lambda: [NOON] * 10)
    depths: list[float] = field(default_factory=lambda: [0.0] * 3)

    def minutes(self, count: float) -> Iterator[tuple[datetime, float]]:
        for _ in range(round(count * 4)):
            ready = sum(at <= self.now for at in self.pods)
            self.decide(ready)
            self.depth = max(0.0, self.depth + (self.arrivals - 10 * ready) * SWEEP.total_seconds())
            self.depths.append(self.depth)
            self.now += SWEEP
            yield self.now, self.depth

    def decide(self, ready: int) -> None:
        valid = self.now - 2 * SWEEP
        readings = {"requests": Reading(self.arrivals, valid), "queue": Reading(self.depths[-3], valid)}
        scale = Scale(len(self.pods), ready, tuple(Pod("worker", at - self.start_up) for at in self.pods))
        decision = evaluate(Observation(self.now, self.policy, readings, scale, self.memory))
        self.memory = decision.memory
        added = decision.desired_replicas - len(self.pods)
        self.pods = [*self.pods, *([self.now + self.start_up] * max(0, added))][: decision.desired_replicas]


@pytest.mark.parametrize("target", [600, 1200])
@pytest.mark.parametrize("start_up", [30, 120, 180])
@pytest.mark.parametrize("batch", [60_000, 400_000])
def test_a_batch_is_gone_in_the_target_time_give_or_take_15_percent(batch: float, start_up: int, target: int) -> None:
    queue = {**DEPTH, "queue": {"arrivals": "requests", "drainTargetSeconds": target}}
    policy = a_policy(REQUESTS, queue, capacity={"leadTimeSeconds": start_up}, maxReplicas=1000)
    worker = Worker(policy, timedelta(seconds=start_up))
    worker.depth = batch
    gone = next(at for at, depth in worker.minutes(60) if depth <= 0)
    assert 0.85 * target <= (gone - NOON).total_seconds() <= 1.15 * target


def test_workers_are_let_go_when_the_queue_is_empty() -> None:
    worker = Worker(a_worker(), timedelta(seconds=100))
    worker.depth = 150_000
    assert [depth for _, depth in worker.minutes(40)][-1] == 0
    assert len(worker.pods) == 10
