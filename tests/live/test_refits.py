from collections.abc import MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.api.forecast import Holidays
from controller.api.metadata import ObjectKey
from controller.cluster.client import KubernetesClient
from controller.cycle import SignalKey
from controller.live.backfills import HISTORY_BATCH
from controller.live.fitting import FitRequest
from controller.live.mirror import POLICIES
from controller.live.refits import RETRY, Refits
from controller.scaling.publishing.forecast_report import SignalFit
from controller.telemetry.backfill import HistoryRefresh
from controller.telemetry.compiler import Workload
from forecasting import SeriesRefused
from forecasting.fleet import NotFitted
from forecasting.workers import WorkerDied
from tests.builders import NOON, REQUESTS, a_fitted_forecast
from tests.cluster_door.fake_api import FakeApi, refusal
from tests.live.pretend_workers import PretendWorkers
from tests.live.raw_objects import raw_event, raw_policy, raw_source
from tests.live.stage import Stage

Logs = list[MutableMapping[str, Any]]

HOUR = timedelta(hours=1)
WEB = ObjectKey("shop", "web")
KEY = SignalKey(WEB, "requests")
REPORT = "/apis/headroom.dev/v1alpha1/namespaces/shop/forecastreports/web"
FIT = SignalFit(a_fitted_forecast(), None)
NEWER = SignalFit(replace(a_fitted_forecast(), origin=NOON + HOUR), None)
MINUTE = timedelta(minutes=1)


class Scene:
    """Refits of a stage with one policy, at a time that the test moves."""

    def __init__(self, client: KubernetesClient) -> None:
        self.stage, self.now = Stage(), NOON
        self.workers = PretendWorkers[FitRequest, SignalFit](FIT)
        self.stage.put(raw_source(), raw_policy())
        sweep = self.stage.sweep()
        folder = Path("/history")
        self.refits = Refits(
            self.stage.mirror, sweep, self.workers, client, sweep.exporter, folder, HOUR, clock=lambda: self.now
        )
        self.forecasts, self.unfitted = sweep.forecasts, sweep.unfitted

    async def run(self, *, after: timedelta = timedelta(0)) -> list[str]:
        """Let time pass and take what is due; return the workloads that were fitted."""
        self.now += after
        self.workers.requests.clear()
        await self.refits.run_due()
        return self.workers.workloads()


@pytest.fixture
def scene(client: KubernetesClient) -> Scene:
    return Scene(client)


def two_signals() -> dict[str, Any]:
    """Return a policy with two load signals of two workloads."""
    return raw_policy(signals=[{**REQUESTS, "workload": "front"}, {**REQUESTS, "name": "jobs", "workload": "back"}])


# ── What is due ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_new_policy_is_fitted_at_once_and_its_forecast_handed_to_the_sweep(scene: Scene) -> None:
    assert await scene.run() == ["web"]
    assert scene.forecasts == {KEY: FIT.fitted}


@pytest.mark.parametrize(
    ("after", "fitted"),
    [
        pytest.param(HOUR - timedelta(seconds=1), [], id="a young fit is left alone"),
        pytest.param(HOUR, ["web"], id="an old one is made again"),
    ],
)
async def test_a_fit_is_due_by_its_age(scene: Scene, after: timedelta, fitted: list[str]) -> None:
    await scene.run()

    assert await scene.run(after=after) == fitted


async def test_a_fit_for_another_spec_is_due_at_once(scene: Scene) -> None:
    await scene.run()
    changed = raw_policy(forecast={"planningPercentile": 70})
    scene.stage.put(changed | {"metadata": changed["metadata"] | {"generation": 2}})

    assert await scene.run() == ["web"]
    assert scene.workers.requests[0].spec.forecast.planning_percentile == 70


async def test_a_refit_is_told_the_holidays_and_what_the_last_fit_knew(scene: Scene) -> None:
    known = SignalFit(a_fitted_forecast(), None)
    scene.workers.results["web"] = known
    scene.stage.put(raw_policy(forecast={"holidays": {"country": "US", "subdivision": "NY"}}))

    earlier = []
    for _ in range(2):
        await scene.run(after=HOUR)
        earlier.append(scene.workers.requests[0].earlier)

    assert scene.workers.requests[0].spec.forecast.holidays == Holidays(country="US", subdivision="NY")
    assert earlier == [None, known]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        pytest.param(TimeoutError("not done"), NotFitted("FitTimedOut", "not done"), id="it hung"),
        pytest.param(WorkerDied("by SIGSEGV"), NotFitted("FitWorkerDied", "by SIGSEGV"), id="it crashed"),
        pytest.param(SeriesRefused("nothing"), NotFitted("SeriesRefused", "nothing"), id="it was refused"),
        pytest.param(None, NotFitted("NoHistory", "its source has no sample of it yet"), id="there is no history yet"),
    ],
)
async def test_a_fit_that_failed_says_why_and_is_tried_again_soon(
    scene: Scene, failure: Exception | None, told: NotFitted
) -> None:
    scene.workers.results["web"] = failure
    await scene.run()

    early, due = await scene.run(after=RETRY / 2), await scene.run(after=RETRY / 2)

    assert (early, due) == ([], ["web"])
    assert (scene.forecasts, scene.unfitted) == ({}, {KEY: told})


async def test_a_fit_that_keeps_failing_is_tried_at_longer_and_longer_intervals(scene: Scene) -> None:
    scene.workers.results["web"] = TimeoutError()

    minutes = [minute for minute in range(91) if await scene.run(after=MINUTE if minute else timedelta(0))]

    assert minutes == [0, 1, 3, 7, 15, 30, 45, 60, 75, 90]


async def test_a_fit_that_succeeds_ends_the_long_intervals_and_the_complaint(scene: Scene) -> None:
    scene.workers.results["web"] = TimeoutError()
    for minutes in (0, 1, 2):
        await scene.run(after=minutes * MINUTE)
    del scene.workers.results["web"]

    recovered = await scene.run(after=4 * MINUTE)

    assert (recovered, scene.unfitted) == (["web"], {})
    scene.workers.results["web"] = TimeoutError()
    assert await scene.run(after=2 * HOUR) == ["web"]
    assert await scene.run(after=RETRY) == ["web"]


async def test_a_changed_spec_is_fitted_at_once_however_often_the_last_one_failed(scene: Scene) -> None:
    scene.workers.results["web"] = TimeoutError()
    for minutes in (0, 1, 2):
        await scene.run(after=minutes * MINUTE)
    changed = raw_policy()
    scene.stage.put(changed | {"metadata": changed["metadata"] | {"generation": 2}})

    assert await scene.run() == ["web"]
    assert await scene.run(after=RETRY) == ["web"]


@pytest.mark.parametrize(
    ("age", "after", "fitted"),
    [
        pytest.param(6 * MINUTE, HOUR - MINUTE, [], id="history is a few minutes old at best"),
        pytest.param(6 * MINUTE, HOUR, ["web"], id="and counts as new then"),
        pytest.param(36 * MINUTE, 29 * MINUTE, [], id="half an hour of it is missing"),
        pytest.param(36 * MINUTE, 30 * MINUTE, ["web"], id="so the fit is due half an hour earlier"),
        pytest.param(3 * HOUR, RETRY, ["web"], id="what is old at once is tried again soon"),
    ],
)
async def test_a_fit_is_as_old_as_its_history(
    scene: Scene, age: timedelta, after: timedelta, fitted: list[str]
) -> None:
    scene.workers.results["web"] = SignalFit(replace(a_fitted_forecast(), origin=NOON - age), None)
    await scene.run()

    assert await scene.run(after=after) == fitted
    assert KEY in scene.forecasts


async def test_a_source_that_stays_away_is_not_asked_at_haste_for_ever(scene: Scene) -> None:
    scene.workers.results["web"] = SignalFit(replace(a_fitted_forecast(), origin=NOON - 3 * HOUR), None)

    minutes = [minute for minute in range(31) if await scene.run(after=MINUTE if minute else timedelta(0))]

    assert minutes == [0, 1, 3, 7, 15, 30]


async def test_a_fit_that_fails_leaves_the_last_one_in_force(scene: Scene, logs: Logs) -> None:
    await scene.run()
    scene.workers.results["web"] = TimeoutError()

    await scene.run(after=HOUR)

    assert scene.forecasts == {KEY: FIT.fitted}
    (told,) = [entry for entry in logs if entry["event"] == "fit failed"]
    assert (told["policy"], told["signal"]) == ("shop/web", "requests")
    assert (told["reason"], told["error"]) == ("FitTimedOut", "TimeoutError")
    assert scene.unfitted == {KEY: NotFitted("FitTimedOut", "TimeoutError")}


async def test_a_newer_fit_replaces_the_older_one(scene: Scene) -> None:
    await scene.run()
    scene.workers.results["web"] = NEWER

    await scene.run(after=HOUR)

    assert scene.forecasts == {KEY: NEWER.fitted}


async def test_who_does_not_lead_fits_nothing(scene: Scene, world: FakeApi) -> None:
    scene.stage.leads = False

    assert await scene.run() == []
    assert (scene.workers.refreshed, world.seen) == ([], [])


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(raw_policy(metricsSource="other"), id="of a source that is not there"),
        pytest.param(raw_policy(signals=[{**REQUESTS, "preset": "no-such"}]), id="of a preset that is not there"),
        pytest.param(raw_policy(minReplicas=9, maxReplicas=3), id="of a policy that is refused"),
    ],
)
async def test_a_signal_that_cannot_be_asked_for_is_left_to_the_sweep(scene: Scene, raw: dict[str, Any]) -> None:
    scene.stage.put(raw)

    assert await scene.run() == []


# ── What is forgotten ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("fit", [FIT, TimeoutError()], ids=["fitted", "not fitted"])
async def test_a_deleted_policy_is_forgotten(scene: Scene, fit: SignalFit | Exception) -> None:
    scene.workers.results["web"] = fit
    await scene.run()
    scene.stage.mirror.forget(POLICIES, WEB, scene.stage.version)

    await scene.run()

    assert (scene.forecasts, scene.unfitted, scene.refits.fits, scene.refits.attempts) == ({}, {}, {}, {})


async def test_a_signal_that_was_taken_out_is_forgotten(scene: Scene) -> None:
    scene.stage.put(two_signals())
    await scene.run()
    scene.stage.put(raw_policy())

    await scene.run()

    assert set(scene.forecasts) == {KEY}


# ── What stops nobody else ───────────────────────────────────────────────────────────────────────────────────────────
async def test_one_signal_that_fails_stops_no_other(scene: Scene, world: FakeApi) -> None:
    scene.stage.put(two_signals())
    scene.workers.results["front"] = TimeoutError()

    assert await scene.run() == ["back", "front"]
    assert set(scene.forecasts) == {SignalKey(WEB, "jobs")}
    assert [signal["name"] for signal in world.objects[REPORT]["status"]["signals"]] == ["jobs"]


async def test_only_the_signal_that_failed_is_tried_again_soon(scene: Scene) -> None:
    scene.stage.put(two_signals())
    scene.workers.results["front"] = TimeoutError()
    await scene.run()

    assert await scene.run(after=RETRY) == ["front"]


async def test_a_report_that_cannot_be_made_stops_no_other(scene: Scene, world: FakeApi, logs: Logs) -> None:
    offline = raw_policy("a-policy-without-uid")
    offline["metadata"]["uid"] = ""
    scene.stage.put(offline)

    await scene.run()

    assert set(scene.refits.fits) == {
        KEY,
        SignalKey(offline_key := ObjectKey("shop", "a-policy-without-uid"), "requests"),
    }
    assert "verdict" in world.objects[REPORT]["status"]
    (told,) = [entry for entry in logs if entry["event"] == "report not written"]
    assert told["policy"] == str(offline_key)


# ── History ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_history_is_brought_up_to_date_before_a_fit_once_a_source(scene: Scene) -> None:
    scene.stage.put(raw_source("other"), raw_policy("api", metricsSource="other"), two_signals())

    await scene.run()

    asked = {
        request.source.metadata.name: sorted(each.workload.name for each in request.asked)
        for request in scene.workers.refreshed
    }
    assert asked == {"default": ["back", "front"], "other": ["web"]}
    assert {request.now for request in scene.workers.refreshed} == {NOON}


async def test_history_of_many_is_brought_up_to_date_in_batches(scene: Scene) -> None:
    scene.stage.put(*(raw_policy(f"p{number}") for number in range(HISTORY_BATCH)))

    await scene.run()

    assert [len(request.asked) for request in scene.workers.refreshed] == [HISTORY_BATCH, 1]


async def test_history_that_cannot_be_had_is_told_and_what_is_stored_is_fitted(scene: Scene, logs: Logs) -> None:
    scene.workers.history = TimeoutError()

    assert await scene.run() == ["web"]
    assert "history not refreshed" in [entry["event"] for entry in logs]
    assert (set(scene.forecasts), scene.unfitted) == ({KEY}, {})


@pytest.mark.parametrize("worker", ["answers", "dies"])
async def test_without_any_history_what_kept_it_away_is_told(scene: Scene, worker: str) -> None:
    scene.workers.results["web"] = None
    await scene.run()
    (request,) = scene.workers.refreshed
    refresh = HistoryRefresh({}, dict.fromkeys(request.asked, "answers 503"))
    scene.workers.history = refresh if worker == "answers" else ConnectionError("answers 503")

    await scene.run(after=RETRY)

    assert scene.unfitted[KEY].reason == "NoHistory"
    assert "answers 503" in scene.unfitted[KEY].message


async def test_history_that_lacks_somebody_says_each_sentence_once(scene: Scene, logs: Logs) -> None:
    await scene.run()
    asked = scene.workers.refreshed[0].asked[0]
    other = replace(asked, workload=Workload("bank", "web"))
    scene.workers.history = HistoryRefresh({"unreachable": 2}, dict.fromkeys((asked, other), "answers 503"))

    await scene.run(after=HOUR)

    assert [entry["error"] for entry in logs if entry["event"] == "history incomplete"] == ["answers 503"]
    text = scene.refits.exporter.render().decode()
    assert 'headroom_prometheus_queries_total{outcome="answered",source="default"} 3.0' in text
    assert 'headroom_prometheus_queries_total{outcome="unreachable",source="default"} 2.0' in text


# ── What a fit is asked for, and what is reported ────────────────────────────────────────────────────────────────────
async def test_a_fit_knows_the_policys_zone_events_and_lead_time(scene: Scene) -> None:
    scene.stage.put(
        raw_policy(forecast={"timeZone": "Europe/Berlin"}, capacity={"leadTimeSeconds": 600}),
        raw_event(),
        raw_event("elsewhere", policies=["api"]),
    )

    await scene.run()

    (request,) = scene.workers.requests
    assert request.spec.forecast.time_zone == "Europe/Berlin"
    assert [event.spec.start for event in request.events] == [datetime.fromisoformat("2026-03-02T13:00:00Z")]
    assert request.lead_time == timedelta(minutes=10)


async def test_a_report_is_written_with_each_fit_and_owned_by_its_policy(scene: Scene, world: FakeApi) -> None:
    await scene.run()
    await scene.run(after=HOUR)

    report = world.objects[REPORT]
    assert report["metadata"]["ownerReferences"][0]["uid"] == "uid-web"
    assert report["status"]["generatedAt"] == "2026-03-02T13:00:00Z"
    assert [request for request in world.seen if "forecastreports" in request] == [
        f"PATCH {REPORT}",
        f"PATCH {REPORT}/status",
    ] * 2


async def test_nothing_is_written_between_fits(scene: Scene, world: FakeApi) -> None:
    await scene.run()
    world.seen.clear()

    for _look in range(3):
        await scene.run(after=timedelta(seconds=5))

    assert world.seen == []


async def test_a_report_that_cannot_be_written_leaves_the_forecast(scene: Scene, world: FakeApi, logs: Logs) -> None:
    world.broken = refusal(500)

    await scene.run()

    assert scene.forecasts == {KEY: FIT.fitted}
    assert "report not written" in [entry["event"] for entry in logs]
