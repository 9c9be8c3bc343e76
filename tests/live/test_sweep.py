import asyncio
import json
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicySpec
from controller.cycle import SignalKey
from controller.live.probes import Vitals
from controller.live.recording import Recorder
from controller.live.sweep import sweep_forever
from controller.scaling.observation import Freeze, Obstacle, Scale, Target
from controller.scaling.reasons import Reason
from tests.builders import NOON, REQUESTS, a_fitted_forecast, a_reading
from tests.live.raw_objects import raw_event, raw_policy, raw_source
from tests.live.stage import Stage

Logs = list[MutableMapping[str, Any]]

SWEEP = timedelta(seconds=15)
WEB = ObjectKey("shop", "web")


@pytest.fixture
def stage() -> Stage:
    """A source, a policy of ten replicas that needs ten, and doors that answer."""
    stage = Stage()
    stage.put(raw_source(), raw_policy())
    return stage


# ── Who sweeps ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_leader_decides_for_every_policy_and_writes_what_changed(stage: Stage, logs: Logs) -> None:
    stage.put(raw_policy("api"))
    stage.readings = {"requests": a_reading(140)}

    await stage.sweep().run_once(NOON)

    assert stage.asked == [["api", "web"]]
    assert [patch.scale and patch.scale.to_replicas for patch in stage.written] == [20, 20]
    decided = [entry for entry in logs if entry["event"] == "decided"]
    assert [(entry["policy"], entry["desired_replicas"]) for entry in decided] == [("shop/api", 20), ("shop/web", 20)]


async def test_a_standby_reads_nothing_writes_nothing_and_says_so(stage: Stage) -> None:
    stage.leads = False
    sweep = stage.sweep()

    await sweep.run_once(NOON)

    assert (stage.asked, stage.written) == ([], [])
    assert b"headroom_leader 0.0" in sweep.exporter.render()


async def test_who_loses_the_lead_forgets_so_that_he_starts_from_the_status_again(stage: Stage) -> None:
    sweep = stage.sweep()
    await sweep.run_once(NOON)
    remembered = set(sweep.carried.memories)

    stage.leads = False
    await sweep.run_once(NOON + SWEEP)

    assert remembered == {WEB}
    assert sweep.carried.memories == {}


async def test_leading_is_logged_once_each_time_it_begins(stage: Stage, logs: Logs) -> None:
    sweep = stage.sweep()
    for number, stage.leads in enumerate((False, True, True, False, True)):
        await sweep.run_once(NOON + number * SWEEP)

    assert [entry["event"] for entry in logs].count("leading") == 2


# ── What a sweep writes ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_nothing_is_written_or_logged_while_nothing_changes(stage: Stage, logs: Logs) -> None:
    sweep = stage.sweep()
    await sweep.run_once(NOON)
    stage.written.clear()
    logs.clear()

    for number in range(1, 4):
        await sweep.run_once(NOON + number * SWEEP)

    assert (stage.written, logs) == ([], [])


async def test_a_freeze_holds_every_policy_and_its_end_lets_them_go(stage: Stage) -> None:
    stage.readings = {"requests": a_reading(140)}
    stage.freeze = Freeze("ConfigMap x")
    sweep = stage.sweep()
    await sweep.run_once(NOON)
    held = [patch.scale for patch in stage.written]

    frozen = b"headroom_frozen 1.0" in sweep.exporter.render()
    stage.freeze = None
    await sweep.run_once(NOON + SWEEP)

    assert (held, stage.said("web")) == ([None], ["Frozen", "LiveRatio"])
    assert [patch.scale and patch.scale.to_replicas for patch in stage.written] == [None, 20]
    assert frozen
    assert b"headroom_frozen 0.0" in sweep.exporter.render()


async def test_a_freeze_that_is_over_is_not_told_as_one(stage: Stage) -> None:
    stage.freeze = Freeze("ConfigMap x", until=NOON)
    sweep = stage.sweep()

    await sweep.run_once(NOON + SWEEP)

    assert b"headroom_frozen 0.0" in sweep.exporter.render()


async def test_floors_are_given_back_in_every_sweep_that_no_freeze_holds(stage: Stage, logs: Logs) -> None:
    stage.put(raw_policy("odd", minReplicas=9, maxReplicas=3))
    stage.floor_is_stuck = True
    sweep = stage.sweep()
    for number, stage.freeze in enumerate((None, Freeze("x"), Freeze("x", until=NOON))):
        await sweep.run_once(NOON + number * SWEEP)

    assert stage.given_back == [["odd"], ["odd"]]
    told = [entry["error"] for entry in logs if entry["event"] == "floor not given back"]
    assert told == ["the API server is away"] * 2


@pytest.mark.parametrize(
    ("raw", "reason", "said"),
    [
        pytest.param(raw_policy("odd", minReplicas=9, maxReplicas=3), "InvalidSpec", "minReplicas", id="min above max"),
        pytest.param(
            raw_policy("odd", signals=[{**REQUESTS, "preset": "no-such"}]), "UnknownPreset", "no-such", id="a preset"
        ),
        pytest.param(raw_policy("odd", metricsSource="other"), "MetricsSourceNotFound", "'other'", id="a source"),
    ],
)
async def test_a_policy_that_cannot_be_decided_is_told_why_once_and_stops_no_other(
    stage: Stage, raw: dict[str, Any], reason: str, said: str
) -> None:
    stage.put(raw)
    sweep = stage.sweep()

    for number in range(3):
        await sweep.run_once(NOON + number * SWEEP)

    (patch,) = [patch for patch in stage.written if patch.policy.name == "odd"]
    assert patch.status is not None
    assert patch.scale is None
    assert (patch.status.reason, patch.status.conditions[0].status) == (reason, "False")
    assert said in patch.status.message
    assert patch.event is not None
    assert patch.event.warning
    assert stage.asked == [["web"]] * 3


async def test_a_policy_that_was_mended_is_decided_with_the_next_sweep(stage: Stage) -> None:
    stage.put(raw_policy("odd", metricsSource="other"))
    sweep = stage.sweep()
    await sweep.run_once(NOON)

    stage.put(raw_source("other"))
    await sweep.run_once(NOON + SWEEP)

    assert stage.said("odd") == ["MetricsSourceNotFound", "LiveRatio"]


async def test_a_policy_that_was_deleted_is_forgotten(stage: Stage) -> None:
    stage.put(raw_policy("api"))
    sweep = stage.sweep()
    await sweep.run_once(NOON)

    stage.mirror.forget("ScalingPolicy", ObjectKey("shop", "api"), stage.version)
    await sweep.run_once(NOON + SWEEP)

    assert set(sweep.carried.memories) == {WEB}
    assert b'policy="api"' not in sweep.exporter.render()


async def test_forecasts_and_events_reach_the_decision(stage: Stage) -> None:
    stage.put(raw_event(start="2026-03-02T12:00:00Z"))
    sweep = stage.sweep()
    sweep.forecasts[SignalKey(WEB, "requests")] = a_fitted_forecast()

    await sweep.run_once(NOON)

    (patch,) = stage.written
    assert patch.status is not None
    assert (patch.status.forecast_replicas or 0) > 0
    assert patch.status.reason == "DemandEvent"


# ── What goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_defect_that_one_policy_meets_is_logged_and_stops_no_other(stage: Stage, logs: Logs) -> None:
    stage.put(raw_policy("api"))
    stage.forgotten = "api"

    await stage.sweep().run_once(NOON)

    assert stage.said("api") == ["InternalError"]
    assert stage.said("web") == ["LiveRatio"]
    (told,) = [entry for entry in logs if entry["event"] == "decision failed"]
    assert (told["policy"], told["log_level"]) == ("shop/api", "error")


async def test_a_target_that_is_gone_ends_in_a_condition(stage: Stage) -> None:
    stage.target = Target(None, Obstacle(Reason.TARGET_NOT_FOUND, "there is no Deployment web"))

    await stage.sweep().run_once(NOON)

    assert stage.said("web") == ["TargetNotFound"]


class Rhythm:
    """Runs sweeps as live until some have begun; the clock is the test's."""

    def __init__(self, stage: Stage, *, sweeps: int, times: list[datetime] | None = None) -> None:
        self.sweep, self.stop = stage.sweep(), asyncio.Event()
        self.vitals = Vitals(0.0, timedelta(milliseconds=10))
        self._left, self._times = sweeps, times or [NOON]

    def clock(self) -> datetime:
        self._left -= 1
        if self._left <= 0:
            self.stop.set()  # the sweep that asks for the time now is the last one
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]

    async def run(self) -> None:
        async with asyncio.timeout(10):
            await sweep_forever(self.sweep, self.vitals, self.clock, self.stop)


async def test_a_sweep_that_fails_is_told_and_does_not_end_the_next(stage: Stage, logs: Logs) -> None:
    stage.failures = [RuntimeError("a defect")]
    rhythm = Rhythm(stage, sweeps=2)

    await rhythm.run()

    assert len(stage.asked) == 2
    assert stage.said("web") == ["LiveRatio"]
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["sweep failed"]


async def test_only_a_sweep_that_succeeded_counts_as_a_sign_of_life(stage: Stage) -> None:
    stage.failures = [RuntimeError("a defect")]
    rhythm = Rhythm(stage, sweeps=1)

    await rhythm.run()

    assert not rhythm.vitals.ready


async def test_a_stop_ends_the_pause_and_lets_a_sweep_finish(stage: Stage) -> None:
    rhythm = Rhythm(stage, sweeps=1)
    rhythm.vitals.sweep_interval = timedelta(hours=1)

    await rhythm.run()

    assert stage.said("web") == ["LiveRatio"]
    assert rhythm.vitals.ready


async def test_a_clock_that_is_set_back_puts_no_sweep_off(stage: Stage) -> None:
    rhythm = Rhythm(stage, sweeps=3, times=[NOON, NOON - timedelta(hours=1)])

    await rhythm.run()

    assert len(stage.asked) == 3


# ── Recording ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_decision_is_recorded_as_a_line_of_json(stage: Stage, tmp_path: Path) -> None:
    stage.put(raw_policy("api", maxReplicas=15))
    stage.readings = {"requests": a_reading(140)}
    sweep = stage.sweep(recorder=Recorder(tmp_path, days=7))

    await sweep.run_once(NOON)
    await sweep.run_once(NOON + SWEEP)

    lines = (tmp_path / "2026-03-02.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["policy"] for record in records] == ["shop/api", "shop/web"] * 2
    assert [record["desiredReplicas"] for record in records[:2]] == [15, 20]
    assert {voice["reason"] for voice in records[0]["candidates"]} == {"LiveRatio", "ForecastNotReady"}
    assert records[0]["limiters"][0]["reason"] == "TooManyReplicas"
    assert ScalingPolicySpec.model_validate(records[0]["observation"]["spec"]).max_replicas == 15


async def test_a_day_has_a_file(stage: Stage, tmp_path: Path) -> None:
    sweep = stage.sweep(recorder=Recorder(tmp_path, days=7))

    await sweep.run_once(NOON)
    await sweep.run_once(NOON + timedelta(days=1))

    assert (tmp_path / "2026-03-02.jsonl").read_text(encoding="utf-8").count("\n") == 1
    assert (tmp_path / "2026-03-03.jsonl").read_text(encoding="utf-8").count("\n") == 1


async def test_days_that_are_no_longer_kept_are_deleted_and_nothing_else(stage: Stage, tmp_path: Path) -> None:
    others = {"2026-02-01.jsonl.gz", "notes.jsonl"}
    for name in others | {"2025-12-31.jsonl", "2026-02-28.jsonl", "2026-03-01.jsonl"}:
        (tmp_path / name).write_text("{}\n", encoding="utf-8")
    sweep = stage.sweep(recorder=Recorder(tmp_path, days=2))

    await sweep.run_once(NOON)
    today = names_in(tmp_path)
    await sweep.run_once(NOON + timedelta(days=1))

    assert today == others | {"2026-03-01.jsonl", "2026-03-02.jsonl"}
    assert names_in(tmp_path) == others | {"2026-03-02.jsonl", "2026-03-03.jsonl"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_record_that_cannot_be_written_costs_no_sweep(stage: Stage, tmp_path: Path, logs: Logs) -> None:
    await stage.sweep(recorder=Recorder(tmp_path / "gone", days=7)).run_once(NOON)

    assert stage.said("web") == ["LiveRatio"]
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["not recorded"]


async def test_a_scale_that_moved_meanwhile_is_decided_anew(stage: Stage) -> None:
    sweep = stage.sweep()
    await sweep.run_once(NOON)

    stage.target = Target(Scale(5, 5))
    await sweep.run_once(NOON + SWEEP)

    assert stage.written[-1].scale is not None
    assert (stage.written[-1].scale.from_replicas, stage.written[-1].scale.to_replicas) == (5, 10)
