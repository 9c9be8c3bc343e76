"""Months ahead, once a local day: what is asked for and when, and who is told of it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.api.metadata import ObjectKey
from controller.cluster.targets import TargetView
from controller.errors import Forbidden
from controller.live.fitting import OutlookRequest
from controller.live.outlooks import RETRY, SETTLED, Outlooks
from controller.scaling.planning.outlook import LEVELS, Limit
from controller.telemetry.backfill import HistoryRefresh
from controller.telemetry.history import HOURS
from forecasting import Growth, PeakOutlook, SeriesRefused
from forecasting.workers import WorkerDied
from tests.builders import NOON, REQUESTS
from tests.live.pretend_workers import PretendWorkers
from tests.live.raw_objects import raw_deployment, raw_event, raw_policy, raw_source
from tests.live.stage import Stage

HOUR = timedelta(hours=1)
WEB = ObjectKey("shop", "web")
MIDNIGHT = NOON + 12 * HOUR + SETTLED
AT_FULL_LOAD = {"utilizationPercent": 100}


def steady(demand: float) -> PeakOutlook:
    quantiles = np.full((len(LEVELS), 90), demand)
    return PeakOutlook(NOON.date(), LEVELS, quantiles, 100, Growth(0.0, -1.0, 1.0))


class Scene:
    """Outlooks of a stage with one policy, at a time that the test moves."""

    def __init__(self) -> None:
        self.stage, self.now = Stage(), NOON
        self.workers = PretendWorkers[OutlookRequest, PeakOutlook](steady(100))
        self.stage.put(raw_source(), raw_policy(objective=AT_FULL_LOAD))
        self.sweep = self.stage.sweep()
        self.outlooks = Outlooks(
            self.stage.mirror, self.sweep, self.workers, self.sweep.exporter, Path("/data"), clock=lambda: self.now
        )

    async def run(self, *, at: datetime = NOON) -> list[str]:
        """Take what is due at a time; return the workloads that were looked at."""
        self.now = at
        self.workers.requests.clear()
        await self.outlooks.run_due()
        return self.workers.workloads()

    def needed(self) -> list[int]:
        """Return the replicas of the next days."""
        outlook = self.outlooks.outlook_of(self.stage.mirror.policies()[0])
        return [] if outlook is None else [day.expected for day in outlook.days]


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_new_policy_is_looked_ahead_for_by_hours(scene: Scene) -> None:
    assert await scene.run() == ["web"]

    (request,) = scene.workers.refreshed
    assert (request.ring, request.path) == (HOURS, Path("/data/hours.f32"))
    assert scene.needed() == [10] * 90
    assert scene.sweep.runways[WEB].replicas == 100


@pytest.mark.parametrize(
    ("at", "looked"),
    [(MIDNIGHT - timedelta(seconds=1), []), (MIDNIGHT, ["web"])],
    ids=["not before the day is complete", "when it is"],
)
async def test_a_look_is_due_once_a_day(scene: Scene, at: datetime, looked: list[str]) -> None:
    await scene.run()

    assert await scene.run(at=at) == looked


async def test_the_day_is_that_of_the_policys_clock(scene: Scene) -> None:
    scene.stage.put(raw_policy(forecast={"timeZone": "Asia/Tokyo"}))
    await scene.run()

    assert await scene.run(at=MIDNIGHT - 9 * HOUR) == ["web"]


async def test_another_spec_is_looked_at_at_once(scene: Scene) -> None:
    await scene.run()
    changed = raw_policy(maxReplicas=5, objective=AT_FULL_LOAD)
    scene.stage.put(changed | {"metadata": changed["metadata"] | {"generation": 2}})

    assert await scene.run() == ["web"]
    assert (scene.sweep.runways[WEB].replicas, scene.sweep.runways[WEB].earliest) == (5, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (None, "its source has no history of it yet"),
        (SeriesRefused("an outlook needs 28 days of known peaks, there are 9"), "there are 9"),
        (WorkerDied("out of memory"), "out of memory"),
    ],
    ids=["no history", "too little of it", "a worker that died"],
)
async def test_what_cannot_be_looked_at_says_why_and_is_tried_again(
    scene: Scene, look: Exception | None, why: str
) -> None:
    scene.workers.results["web"] = look

    await scene.run()

    outlook = scene.outlooks.outlook_of(scene.stage.mirror.policies()[0])
    assert outlook is not None
    assert why in outlook.signals[0].message
    assert scene.sweep.runways == {}
    assert await scene.run(at=NOON + RETRY) == ["web"]


async def test_what_a_source_did_not_answer_is_asked_again_soon(scene: Scene) -> None:
    await scene.run()
    asked = scene.workers.refreshed[0].asked
    scene.workers.history = HistoryRefresh({}, dict.fromkeys(asked, "did not answer within 10 s"))

    assert await scene.run(at=MIDNIGHT) == ["web"]
    assert scene.needed() == [10] * 90  # from what was known before
    assert await scene.run(at=MIDNIGHT + RETRY) == ["web"]


async def test_one_signal_that_cannot_be_looked_at_keeps_no_other_from_it(scene: Scene) -> None:
    signals = [{**REQUESTS, "workload": "front"}, {**REQUESTS, "name": "jobs", "workload": "back"}]
    scene.stage.put(raw_policy(signals=signals, objective=AT_FULL_LOAD))
    scene.workers.results["back"] = SeriesRefused("no")

    assert await scene.run() == ["back", "front"]
    assert scene.needed() == [10] * 90


async def test_events_are_left_out_of_learning_and_reckoned_with(scene: Scene) -> None:
    scene.stage.put(raw_event())

    await scene.run()

    assert len(scene.workers.requests[0].events) == 1
    assert scene.needed()[:3] == [30, 10, 10]


async def test_a_standby_looks_at_nothing(scene: Scene) -> None:
    scene.stage.leads = False

    assert await scene.run() == []


async def test_a_policy_that_is_gone_is_forgotten(scene: Scene) -> None:
    await scene.run()
    scene.stage.mirror.forget("ScalingPolicy", WEB, scene.stage.version + 1)

    await scene.run()

    assert (scene.outlooks.looked, scene.sweep.runways) == ({}, {})


async def test_a_runway_is_told_on_the_policy(scene: Scene) -> None:
    scene.stage.put(raw_policy(maxReplicas=5, objective=AT_FULL_LOAD))
    await scene.run()

    await scene.sweep.run_once(NOON)

    conditions = [each for patch in scene.stage.written if patch.status for each in patch.status.conditions]
    assert "MaxReplicasWithin30Days" in [each.reason for each in conditions]


async def test_quotas_and_budgets_limit_too(scene: Scene) -> None:
    cost = {"hourlyPerReplica": 1, "budget": {"name": "team", "hourly": 9}}
    scene.stage.put(raw_policy(objective=AT_FULL_LOAD, cost=cost), raw_deployment())

    async def read_quota(_target: TargetView) -> Limit:
        return Limit("ResourceQuota", 7, "ResourceQuota cpu")

    scene.outlooks.read_quota = read_quota
    await scene.run()

    outlook = scene.outlooks.outlook_of(scene.stage.mirror.policies()[0])
    assert outlook is not None
    assert {(each.limit, each.replicas) for each in outlook.runways} == {
        ("Budget", 9),
        ("ResourceQuota", 7),
        ("MaxReplicas", 100),
    }
    assert scene.sweep.runways[WEB].limit != "MaxReplicas"


async def test_a_quota_that_cannot_be_read_limits_nothing(scene: Scene) -> None:
    scene.stage.put(raw_deployment())

    async def read_quota(_target: TargetView) -> Limit:
        raise Forbidden("you may not list resourcequotas")

    scene.outlooks.read_quota = read_quota
    await scene.run()

    assert scene.sweep.runways[WEB].limit == "MaxReplicas"
