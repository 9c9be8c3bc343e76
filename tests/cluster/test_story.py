"""The story: a daily spike is due, and the workload has its replicas before it comes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.scaling.publishing.recall import recomputed
from controller.scaling.publishing.record import record_of
from testbed.clock import now, wait_until
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, LATENCY, REQUESTS, Scene, last_value, request_history

LEAD_TIME = timedelta(minutes=10)
SPIKE_DUE_IN = timedelta(minutes=6)
QUIET_RPS, SPIKE_RPS = 20, 400
SPIKE_REPLICAS = 40  # 400 requests/s at 10 a replica, before any slack
QUIET_REPLICAS = 6  # 20 requests/s within 250 ms needs five
DECIDED = timedelta(seconds=90)  # history, one fit and a sweep on a busy machine


@pytest.fixture
def before_the_spike(scene: Scene, start_prometheus: StartPrometheus) -> Scene:
    """Two weeks of history with a daily spike that is due in a few minutes; demand is low now."""
    moment = now()
    history = request_history(
        scene.labels(), end=moment, spike_at=moment + SPIKE_DUE_IN, base=QUIET_RPS, peak=SPIKE_RPS
    )
    scene.exporter.counter("http_requests_total", scene.labels(), rate=QUIET_RPS, start=last_value(history))
    scene.exporter.histogram("http_request_duration_seconds", scene.labels(), rate=QUIET_RPS, p95=0.1)
    prometheus = start_prometheus([ScrapeTarget(scene.exporter.address, JOB)], history=[history])
    scene.source(prometheus.url)
    scene.deployment(replicas=QUIET_REPLICAS, start_up=timedelta(seconds=5))
    return scene


def policy(scene: Scene, *, mode: str) -> None:
    scene.policy(
        REQUESTS,
        LATENCY,
        objective={"p95Milliseconds": 250},
        capacity={"leadTimeSeconds": int(LEAD_TIME.total_seconds())},
        mode=mode,
    )


def test_a_deployment_is_scaled_before_its_daily_spike(before_the_spike: Scene, operate: Operate) -> None:
    scene = before_the_spike
    due = now() + SPIKE_DUE_IN
    policy(scene, mode="Active")

    operate()

    scene.wait_for_replicas(SPIKE_REPLICAS, within=DECIDED)
    assert wait_until(lambda: scene.ready() >= SPIKE_REPLICAS, DECIDED)
    assert now() < due, "the spike had come already: this machine was too slow for the story"
    _says_why(scene)


def _says_why(scene: Scene) -> None:
    """Status, conditions, columns, event and report tell the same story, whatever the last decision was about."""
    scene.wait_for_condition("ForecastReady", "Predictable")
    scene.wait_for_condition("SignalsHealthy", "SignalsFresh")
    assert wait_until(lambda: _the_forecast_scaled(scene), DECIDED), scene.events()
    assert scene.status()["forecastReplicas"] >= SPIKE_REPLICAS
    assert scene.condition("Acting")["status"] == "True"
    header, row = scene.table("spol").splitlines()
    assert header.split() == ["NAME", "TARGET", "MODE", "CURRENT", "DESIRED", "FORECAST", "REASON", "AGE"]
    assert row.split()[:3] == ["web", "web", "Active"]
    assert wait_until(lambda: scene.table("spol").split()[-2] == scene.status()["reason"], DECIDED)
    assert wait_until(lambda: bool(scene.report().get("signals")), DECIDED)
    report = scene.report()
    assert report["signals"][0]["gate"]["open"]
    assert max(step["replicas"] for step in report["plan"]) >= SPIKE_REPLICAS


def _the_forecast_scaled(scene: Scene) -> bool:
    """Return whether an event says that the forecast scaled, from what and why; a later decision may say another."""
    notes = [event["note"] for event in scene.events() if event["reason"] == "Forecast"]
    return any("Scaling from 6" in note and "requests may reach" in note for note in notes)


def test_recommend_mode_decides_the_same_and_writes_nothing_to_the_workload(
    before_the_spike: Scene, operate: Operate
) -> None:
    scene = before_the_spike
    policy(scene, mode="Recommend")
    version = scene.version()

    operate()

    assert wait_until(lambda: scene.status().get("desiredReplicas", 0) >= SPIKE_REPLICAS, DECIDED)
    scene.stays(QUIET_REPLICAS, during=timedelta(seconds=5))
    assert scene.version() == version
    assert scene.condition("Acting")["reason"] == "Recommending"
    assert wait_until(lambda: any("Would scale from 6" in event["note"] for event in scene.events()), DECIDED)


def test_a_recorded_run_made_again_offline_gives_the_same_decisions(
    before_the_spike: Scene, operate: Operate, tmp_path: Path
) -> None:
    scene, folder = before_the_spike, tmp_path / "record"
    folder.mkdir()
    policy(scene, mode="Active")

    with operate(f"--record={folder}"):
        scene.wait_for_replicas(SPIKE_REPLICAS, within=DECIDED)
        assert wait_until(lambda: scene.ready() >= SPIKE_REPLICAS, DECIDED)
        scene.wait_for_condition("SignalsHealthy", "SignalsFresh")  # only then the live ratio has a voice

    records = recorded(folder, scene.namespace)
    assert {"Forecast", "LiveRatio"} <= {voice["reason"] for record in records for voice in record["candidates"]}
    assert max(record["desiredReplicas"] for record in records) >= SPIKE_REPLICAS
    again = [recomputed(record) for record in records]
    assert [record_of(decision) for decision in again] == records
    remembered = [decision.memory for decision in again[:-1]]
    assert remembered == [decision.remembered for decision in again[1:]]


def recorded(folder: Path, namespace: str) -> list[dict[str, Any]]:
    """Return a namespace's decisions of a record, oldest first: that of the test before may still be going."""
    lines = [line for file in sorted(folder.iterdir()) for line in file.read_text(encoding="utf-8").splitlines()]
    records = [json.loads(line) for line in lines]
    return [record for record in records if record["policy"] == f"{namespace}/web"]
