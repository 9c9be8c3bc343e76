"""The cycle between two doors that are plain objects: what is observed, what is carried on, what survives a kill."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from controller.api.demand_event import DemandEvent
from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory, OutageMemory, RuleMemory, ScalingPolicyStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import BREATH, Batch, Carried, Cycle, Readings, SignalKey, run_cycle
from controller.scaling.observation import Obstacle, Reading, Scale, Target
from controller.scaling.publishing.patch import Patch
from controller.scaling.reasons import Reason
from controller.scaling.sharing.namespace_quotas import Footprint, NamespaceQuotas, Quota, Workload
from forecasting import Series, SeriesRefused, fit
from forecasting.fleet import NotFitted
from tests.builders import NOON, QUEUE, REQUESTS, a_fitted_forecast, a_policy, a_reading, an_event

SWEEP = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
BACKLOG = {"name": "backlog", "signal": "queue", "steps": [{"above": 1000, "addPercent": 50}]}
TEN_READY = Target(Scale(10, 10))


@dataclass
class Doors:
    """Telemetry and cluster with the same answers for every policy, and a list of what was written."""

    values: Mapping[str, Reading]
    target: Target = TEN_READY
    forgotten: str = ""
    written: list[Patch] = field(default_factory=list)

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Readings:
        del now
        return {policy.key: self.values for policy in policies if policy.key.name != self.forgotten}

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        del now
        return {policy.key: self.target for policy in policies}

    async def apply(self, patches: Sequence[Patch]) -> None:
        self.written += patches


async def cycle(batch: Batch, doors: Doors, *, now: datetime = NOON) -> Cycle:
    return await run_cycle(batch, doors, doors, now=now)


def measured(value: float, *, until: datetime = NOON) -> Reading:
    """Return a reading with the last ten minutes behind it."""
    return replace(a_reading(value), recent=Series(until - 10 * MINUTE, MINUTE, np.full(10, value)))


# ── A batch ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_policy_of_a_batch_is_decided_and_only_what_changed_is_written() -> None:
    policies = [a_policy(name=name) for name in ("web", "api", "jobs")]
    doors = Doors({"requests": a_reading(140)})
    first = await cycle(Batch(policies), doors)
    assert [decision.policy.name for decision in first.decisions] == ["web", "api", "jobs"]
    assert [patch.scale and patch.scale.to_replicas for patch in doors.written] == [20, 20, 20]
    assert first.patches == tuple(doors.written)


async def test_policies_that_share_a_budget_are_decided_within_it_in_one_cycle() -> None:
    # 140 requests/s are 20 replicas at 70 % of ten each; 27 in all, shared by need.
    cost = {"hourlyPerReplica": 2, "budget": {"name": "shop", "hourly": 54}}
    web, api = a_policy(name="web", cost=cost), a_policy(name="api", cost=cost, maxReplicas=16)
    alone = a_policy(name="jobs")
    doors = Doors({"requests": a_reading(140)})
    result = await cycle(Batch([web, alone, api]), doors)
    changes = {patch.policy.name: patch.scale.to_replicas for patch in doors.written if patch.scale}
    assert changes == {"web": 15, "api": 12, "jobs": 20}
    reasons = {decision.policy.name: decision.reason for decision in result.decisions}
    assert reasons == {"web": Reason.BUDGET, "api": Reason.BUDGET, "jobs": Reason.LIVE_RATIO}
    memory = result.carried.memories[web.key]
    assert memory.changes[-1].to_replicas == 15


async def test_policies_of_a_namespace_that_is_short_are_decided_within_its_quota_in_one_cycle() -> None:
    # 140 requests/s are 20 replicas at 70 % of ten each. Of 30 cores others take 3: api has its 20, web the other 7.
    policies = [a_policy(name=name, scaleTargetRef={"name": name}) for name in ("web", "jobs")]
    first = a_policy(name="api", scaleTargetRef={"name": "api"}, priority=1)
    pod = Footprint({"requests.cpu": 1.0}, pods=10)
    known = {Workload("apps", "Deployment", name): pod for name in ("web", "api")}
    quotas = {"shop": NamespaceQuotas((Quota("team", "requests.cpu", hard=30, others=3),), known)}
    doors = Doors({"requests": a_reading(140)})
    result = await cycle(Batch([*policies, first], quotas=quotas), doors)
    changes = {patch.policy.name: patch.scale.to_replicas for patch in doors.written if patch.scale}
    assert changes == {"web": 7, "jobs": 20, "api": 20}
    (cut,) = (decision for decision in result.decisions if decision.reason is Reason.QUOTA)
    assert cut.message == "ResourceQuota team (requests.cpu) leaves 7 of 20 replicas, by priority and need"
    (status,) = (patch.status for patch in doors.written if patch.policy.name == "web")
    assert status is not None
    (limited,) = (each for each in status.conditions if each.type == "ScalingLimited")
    assert (limited.status, limited.reason, limited.message) == ("True", "QuotaShared", cut.message)


async def test_what_one_namespace_shares_is_no_other_namespaces_business() -> None:
    cost = {"hourlyPerReplica": 2, "budget": {"name": "shop", "hourly": 54}}
    policies = [a_policy(namespace=namespace, cost=cost) for namespace in ("shop", "games")]
    known = {Workload("apps", "Deployment", "web"): Footprint({"pods": 1.0}, pods=10)}
    full = NamespaceQuotas((Quota("team", "pods", hard=15, others=0),), known)
    doors = Doors({"requests": a_reading(140)})
    await cycle(Batch(policies, quotas={"games": full}), doors)
    changes = {patch.policy.namespace: patch.scale.to_replicas for patch in doors.written if patch.scale}
    assert changes == {"shop": 20, "games": 15}


async def test_a_defect_that_one_policy_of_a_budget_meets_leaves_the_budget_to_the_others() -> None:
    cost = {"hourlyPerReplica": 2, "budget": {"name": "shop", "hourly": 54}}
    policies = [a_policy(name=name, cost=cost) for name in ("web", "api")]
    doors = Doors({"requests": a_reading(140)}, forgotten="api")
    result = await cycle(Batch(policies), doors)
    assert {patch.policy.name: patch.scale.to_replicas for patch in doors.written if patch.scale} == {"web": 20}
    assert [key.name for key in result.failures] == ["api"]
    assert sum(patch.policy.name == "api" for patch in doors.written) == 1


async def test_a_defect_that_one_policy_meets_stops_no_other() -> None:
    # No reading was handed over for the second policy: the contract of the door is broken, for this policy alone.
    policies = [a_policy(name=name) for name in ("web", "api", "jobs")]
    memories = {policy.key: Memory(planned_replicas=7) for policy in policies}
    doors = Doors({"requests": a_reading(140)}, forgotten="api")
    result = await cycle(Batch(policies, carried=Carried(memories)), doors)
    assert [decision.policy.name for decision in result.decisions] == ["web", "jobs"]
    assert [(key.name, type(error)) for key, error in result.failures.items()] == [("api", KeyError)]
    said = next(patch for patch in doors.written if patch.policy.name == "api")
    assert said.scale is None
    assert said.status is not None
    assert said.status.reason == "InternalError"
    assert result.carried.memories[ObjectKey("shop", "api")] == memories[ObjectKey("shop", "api")]


async def test_an_empty_batch_writes_nothing() -> None:
    doors = Doors({})
    assert await cycle(Batch([]), doors) == Cycle((), (), Carried())
    assert doors.written == []


async def test_a_target_that_is_gone_is_said_on_the_policy_and_nothing_is_decided() -> None:
    gone = Obstacle(Reason.TARGET_NOT_FOUND, "there is no Deployment web in namespace shop")
    doors = Doors({"requests": a_reading(140)}, Target(None, gone))
    result = await cycle(Batch([a_policy()]), doors)
    (patch,) = doors.written
    assert result.decisions == ()
    assert patch.scale is None
    assert patch.status is not None
    assert patch.status.reason == "TargetNotFound"


async def test_a_target_that_could_not_be_read_this_time_is_left_alone_and_nothing_is_forgotten() -> None:
    memory = Memory(planned_replicas=7)
    doors = Doors({"requests": a_reading(140)}, Target(None))
    result = await cycle(Batch([a_policy()], carried=Carried({a_policy().key: memory})), doors)
    assert (result.decisions, doors.written) == ((), [])
    assert result.carried.memories == {a_policy().key: memory}


async def test_a_policy_that_left_the_batch_is_forgotten() -> None:
    carried = Carried({ObjectKey("shop", "gone"): Memory()})
    result = await cycle(Batch([a_policy()], carried=carried), Doors({"requests": a_reading(70)}))
    assert set(result.carried.memories) == {ObjectKey("shop", "web")}


@pytest.mark.parametrize(
    ("event", "replicas", "why"),
    [
        (an_event(start=NOON + MINUTE), 30, "an event of the policy's own namespace that names it"),
        (an_event(start=NOON + MINUTE, namespace="bank"), 10, "an event of another namespace moves nothing here"),
        (an_event(start=NOON + MINUTE, policies=["api"]), 10, "nor one that names another policy"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_event_concerns_policies_it_names_in_its_own_namespace(
    event: DemandEvent, replicas: int, why: str
) -> None:
    result = await cycle(Batch([a_policy()], events=[event]), Doors({"requests": a_reading(70)}))
    assert result.decisions[0].desired_replicas == replicas, why


# ── Memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_after_a_restart_memory_comes_from_the_status_and_current_replicas_are_kept_for_a_window() -> None:
    fired = RuleMemory(name="backlog", level=0, fired_at=NOON - MINUTE, replicas=15)
    policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG])
    known = policy.model_copy(update={"status": ScalingPolicyStatus(memory=Memory(rules=(fired,)))})
    doors = Doors({"requests": a_reading(7), "queue": a_reading(1500)}, Target(Scale(18, 18)))
    (decision,) = (await cycle(Batch([known]), doors)).decisions
    assert decision.memory.rules[0].replicas == 15
    assert (decision.desired_replicas, decision.reason) == (18, Reason.SCALE_DOWN_STABILIZED)


async def test_what_is_carried_wins_over_the_status_which_may_be_older() -> None:
    policy = a_policy().model_copy(update={"status": ScalingPolicyStatus(memory=Memory(planned_replicas=5))})
    carried = Carried({policy.key: Memory(planned_replicas=9)})
    result = await cycle(Batch([policy], carried=carried), Doors({"requests": a_reading(None)}))
    assert result.carried.memories[policy.key].planned_replicas == 9


# ── Outlooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
WEB = a_policy()
KEY = SignalKey(WEB.key, "requests")


async def test_the_outlook_reaches_past_twice_the_lead_time_from_the_newest_sample_on() -> None:
    result = await cycle(Batch([WEB], {KEY: a_fitted_forecast()}), Doors({"requests": measured(50)}))
    outlook = result.carried.outlooks[KEY]
    assert outlook.as_of == NOON
    assert outlook.planned.end > NOON + 6 * MINUTE
    assert np.all(outlook.planned.values >= outlook.expected.values)
    assert result.decisions[0].plan.forecast_replicas is not None


async def test_an_outlook_is_kept_while_there_is_no_newer_sample() -> None:
    batch, doors = Batch([WEB], {KEY: a_fitted_forecast()}), Doors({"requests": measured(50)})
    first = await cycle(batch, doors)
    second = await cycle(replace(batch, carried=first.carried), doors, now=NOON + SWEEP)
    assert second.carried.outlooks[KEY] is first.carried.outlooks[KEY]


async def test_the_outlook_reaches_two_hours_so_that_a_maximum_too_low_is_told_in_time() -> None:
    result = await cycle(Batch([WEB], {KEY: a_fitted_forecast()}), Doors({"requests": measured(50)}))
    assert result.carried.outlooks[KEY].planned.end > NOON + timedelta(hours=2)


async def test_what_was_usual_before_an_outage_lasts_through_an_hour_of_it() -> None:
    first = await cycle(Batch([WEB], {KEY: a_fitted_forecast()}), Doors({"requests": measured(50)}))
    memory, hour = Memory(outage=OutageMemory(began=NOON, seen=NOON)), NOON + timedelta(hours=1)
    refit = {KEY: a_fitted_forecast(gate_open=False)}
    batch = Batch([WEB], refit, carried=replace(first.carried, memories={WEB.key: memory}))
    later = await cycle(batch, Doors({"requests": measured(1, until=hour)}), now=hour)
    assert later.carried.outlooks[KEY].usual is first.carried.outlooks[KEY].usual


async def test_a_fit_that_cannot_take_in_what_was_measured_keeps_no_other_from_its_outlook() -> None:
    policies = [a_policy(name=name) for name in ("web", "api", "jobs")]
    keys = [SignalKey(policy.key, "requests") for policy in policies]
    too_fine = fit(Series(NOON - 10 * MINUTE, timedelta(seconds=30), np.full(20, 50.0)))
    fits = dict(zip(keys, (a_fitted_forecast(), too_fine, a_fitted_forecast()), strict=True))
    result = await cycle(Batch(policies, fits), Doors({"requests": measured(50)}))
    assert [(key.name, type(error)) for key, error in result.failures.items()] == [("api", SeriesRefused)]
    assert {key.policy.name for key in result.carried.outlooks} == {"web", "jobs"}


async def test_signals_without_a_fit_have_no_outlook() -> None:
    stranger = SignalKey(ObjectKey("shop", "api"), "requests")
    result = await cycle(Batch([WEB], {stranger: a_fitted_forecast()}), Doors({"requests": measured(70)}))
    assert (result.carried.outlooks, result.decisions[0].desired_replicas) == ({}, 10)


async def test_what_a_fit_failed_of_is_observed_by_its_own_policy_only() -> None:
    failed = NotFitted("FitTimedOut", "not done within 120 s")
    strangers = {SignalKey(ObjectKey("shop", "api"), "requests"): failed, SignalKey(WEB.key, "gone"): failed}
    result = await cycle(Batch([WEB], unfitted={KEY: failed, **strangers}), Doors({"requests": measured(70)}))
    assert result.decisions[0].observation.unfitted == {"requests": failed}


# ── Kills ────────────────────────────────────────────────────────────────────────────────────────────────────────────
START_UP = timedelta(seconds=45)
WINDOW = timedelta(seconds=60)
KEPT_LONGER = WINDOW + SWEEP
TICKS = 180  # 45 minutes


class Killed(Exception):
    """The process died here."""


def demand(minute: float) -> dict[str, float | None]:
    """Return what is measured: a jump, a backlog, an outage of metrics, a fall, a ripple, and a hill."""
    requests: float | None = 70.0
    if 3 <= minute < 12:
        requests = 190.0
    elif 17 <= minute < 22:
        requests = 35.0 + 7 * (int(minute * 4) % 3)
    elif 22 <= minute < 37:
        requests = 400.0 - 40 * max(1.0, abs(minute - 30))
    if 9 <= minute < 10:
        requests = None
    return {"requests": requests, "queue": 1500.0 if 6 <= minute < 8.5 else 20.0}


class Day:
    """A scripted day of one workload whose pods start slowly, and the two doors to it. Writes are numbered."""

    def __init__(self, *, killed_at: int | None = None) -> None:
        # Without dead band and cooldown, whose steps would only shift, two days differ by what a kill changed alone.
        behavior = {
            "scaleUp": {"tolerancePercent": 0},
            "scaleDown": {"tolerancePercent": 0, "stabilizationWindowSeconds": WINDOW.seconds},
        }
        capacity = {"leadTimeSeconds": 60}
        self.policy = a_policy(REQUESTS, QUEUE, stepScaling=[BACKLOG], behavior=behavior, capacity=capacity)
        self.now = NOON
        self.ready_at = [NOON] * 10
        self.points = 0
        self.scales: list[tuple[int, int]] = []
        self.killed_at = killed_at

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Readings:
        values = demand((now - NOON) / MINUTE)
        readings = {
            name: Reading(50.0, now - 2 * MINUTE, "no answer") if value is None else a_reading(value, now=now)
            for name, value in values.items()
        }
        return {policy.key: readings for policy in policies}

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        ready = sum(at <= now for at in self.ready_at)
        return {policy.key: Target(Scale(len(self.ready_at), ready)) for policy in policies}

    async def apply(self, patches: Sequence[Patch]) -> None:
        for patch in patches:
            self._pass_a_point()
            if patch.status is not None:
                status = ScalingPolicyStatus.model_validate(patch.status)
                self.policy = self.policy.model_copy(update={"status": status})
            self._pass_a_point()
            if patch.scale is not None:
                assert patch.scale.from_replicas == len(self.ready_at)  # JSON patch `test`: nothing is applied twice
                self.scales.append((patch.scale.from_replicas, patch.scale.to_replicas))
                added = max(0, patch.scale.to_replicas - patch.scale.from_replicas)
                self.ready_at = [*self.ready_at, *[self.now + START_UP] * added][: patch.scale.to_replicas]
            self._pass_a_point()

    def _pass_a_point(self) -> None:
        self.points += 1
        if self.points == self.killed_at:
            raise Killed

    async def live(self, restarts: Callable[[int], bool] = lambda _: False) -> list[int]:
        """Live through the day, starting anew where the process is killed; return the replicas after each sweep."""
        carried, replicas = Carried(), []
        for tick in range(TICKS):
            self.now = NOON + tick * SWEEP
            if restarts(tick):
                carried = Carried()
            try:
                carried = (await run_cycle(Batch([self.policy], carried=carried), self, self, now=self.now)).carried
            except Killed:
                carried = Carried()
            replicas.append(len(self.ready_at))
        return replicas


def assert_harmless(killed: list[int], whole: list[int]) -> None:
    """A kill may delay an increase by one sweep and a decrease by a window; it changes nothing else."""
    assert killed[-1] == whole[-1]
    for tick, replicas in enumerate(killed):
        assert replicas >= min(whole[max(0, tick - 1) : tick + 1])
        assert replicas <= max(whole[max(0, tick - KEPT_LONGER // SWEEP) : tick + 1])


async def test_the_scripted_day_has_what_it_takes() -> None:
    day = Day()
    whole = await day.live()
    assert (whole[0], max(whole), whole[-1]) == (10, 63, 10)
    assert sum(after > before for before, after in day.scales) >= 20
    assert sum(after < before for before, after in day.scales) >= 8
    assert day.points >= 200


@pytest.mark.slow
async def test_killing_the_process_before_or_after_any_write_changes_no_replica_count() -> None:
    day = Day()
    whole = await day.live()
    for point in range(1, day.points + 1):
        assert_harmless(await Day(killed_at=point).live(), whole)


async def test_killing_the_process_between_two_sweeps_changes_no_replica_count() -> None:
    whole = await Day().live()
    for restart in range(1, TICKS, 3):
        assert_harmless(await Day().live(lambda tick, restart=restart: tick == restart), whole)  # type: ignore[misc]


async def test_a_process_that_dies_in_every_sweep_still_adds_and_never_removes() -> None:
    whole = await Day().live()
    dying = await Day().live(lambda _: True)
    assert all(after >= before for before, after in pairwise(dying))
    assert all(ours >= theirs for ours, theirs in zip(dying, whole, strict=True))
    assert max(dying) == max(whole)


async def test_a_large_batch_lets_others_on_the_loop_have_their_turn() -> None:
    policies = [a_policy(name=f"web-{number}") for number in range(2 * BREATH + 1)]
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(neighbour())
    await cycle(Batch(policies), Doors({"requests": a_reading(70)}))
    other.cancel()
    assert turns >= 2
