from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = 4  # ticks of 15 s


def timeline(**columns: list[float]) -> Timeline:
    """Return a timeline in which nothing happens, but for the given columns."""
    ticks = len(next(iter(columns.values())))
    calm = {
        "demand_rps": 100.0,
        "measured_rps": 100.0,
        "desired_replicas": 10.0,
        "created_replicas": 10.0,
        "ready_replicas": 10.0,
        "backlog": 0.0,
        "p95_ms": 120.0,
        "late_share": 0.0,
        "needed_replicas": 10.0,
    }
    arrays: dict[str, Any] = {name: np.array(columns.get(name, [value] * ticks)) for name, value in calm.items()}
    return Timeline("ours", START, timedelta(seconds=15), 250.0, **arrays)


def test_one_tick_over_the_objective_makes_its_minute_a_violation() -> None:
    p95 = [120.0] * MINUTE + [120, 251, 251, 120] + [250.0] * MINUTE
    result = score(timeline(p95_ms=p95))
    assert (result.violation_minutes, result.minutes) == (1, 3)


def test_minutes_are_those_of_the_clock() -> None:
    late_start = timeline(p95_ms=[120.0, 300.0, 300.0, 120.0])
    shifted = replace(late_start, start=START + timedelta(seconds=30))
    assert score(shifted).violation_minutes == 2


def test_late_requests_count_by_their_number() -> None:
    result = score(timeline(demand_rps=[100.0, 300.0], late_share=[1.0, 0.1]))
    assert result.late_share == pytest.approx((100 + 30) / 400)


def test_without_a_request_none_is_late() -> None:
    assert score(timeline(demand_rps=[0.0, 0.0], late_share=[1.0, 1.0])).late_share == 0


def test_pod_hours_count_created_pods_whether_ready_or_not() -> None:
    result = score(timeline(created_replicas=[12.0] * 240, ready_replicas=[6.0] * 240))
    assert result.pod_hours == pytest.approx(12)


def test_actions_are_changes_and_reversals_those_that_turn_round() -> None:
    result = score(timeline(created_replicas=[10.0, 12, 12, 14, 13, 13, 12, 15]))
    assert (result.actions, result.reversals) == (5, 2)


def test_provisioning_is_measured_against_the_needed_replicas() -> None:
    result = score(timeline(needed_replicas=[10.0, 10, 10, 20], ready_replicas=[10.0, 5, 15, 25]))
    assert result.under_provisioning == pytest.approx(0.5 / 4)
    assert result.over_provisioning == pytest.approx((0.5 + 0.25) / 4)
    assert (result.time_under, result.time_over) == (0.25, 0.5)
