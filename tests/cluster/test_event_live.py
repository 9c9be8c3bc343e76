"""Demand events and schedules on a real control plane: their floors are there before they start."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from testbed.clock import now
from testbed.prometheus import ScrapeTarget
from tests.cluster.conftest import Operate, StartPrometheus
from tests.cluster.scene import JOB, REQUESTS, Scene

DUE_IN = timedelta(minutes=5)  # the event is within a lead time of ten minutes, but not yet on


def test_the_floor_of_an_event_is_there_before_it_starts(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    scene.exporter.counter("http_requests_total", scene.labels(), rate=20)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=4)
    scene.policy(REQUESTS, capacity={"leadTimeSeconds": 600})
    begin = now() + DUE_IN
    scene.event(start=begin.isoformat(), end=(begin + timedelta(hours=1)).isoformat(), minReplicas=25)

    operate()

    scene.wait_for_replicas(25)
    assert now() < begin
    assert scene.status()["reason"] == "DemandEvent"
    assert "demand event launch" in scene.status()["message"]


def test_the_floor_of_a_schedule_is_there_before_its_window_begins_where_its_users_live(
    scene: Scene, start_prometheus: StartPrometheus, operate: Operate
) -> None:
    scene.exporter.counter("http_requests_total", scene.labels(), rate=20)
    scene.source(start_prometheus([ScrapeTarget(scene.exporter.address, JOB)]).url)
    scene.deployment(replicas=4)
    begin = (now() + DUE_IN).replace(second=0, microsecond=0)
    start, end = ((begin + length).astimezone(ZoneInfo("Asia/Kolkata")) for length in (timedelta(0), 12 * DUE_IN))
    window = {"name": "opening", "timeZone": "Asia/Kolkata", "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
    scene.policy(REQUESTS, capacity={"leadTimeSeconds": 600}, schedules=[{**window, "minReplicas": 25}])

    operate()

    scene.wait_for_replicas(25)
    assert now() < begin
    assert scene.status()["reason"] == "Schedule"
    assert f"schedule opening from {begin:%Y-%m-%d %H:%M} UTC" in scene.status()["message"]
