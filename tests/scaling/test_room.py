"""Room: what a demand is sized for beyond itself, and how much of it measured demand needs beside a plan or none."""

import doctest

import pytest

from controller.api.fields import MAX_REPLICAS
from controller.api.objective import Objective
from controller.api.signals import Load
from controller.scaling import room
from controller.scaling.room import NO_ROOM, ROOM, replicas_with_room, room_above, room_as_grown

# A p95 of 250 ms allows 602 requests/s on 62 replicas, 662 on 68 and 93 on 11.
QUEUED = Load(per_replica=10, service_time_milliseconds=100)
WITHIN_250_MS = Objective(p95_milliseconds=250)


@pytest.mark.parametrize(
    ("load", "share", "objective", "needed", "why"),
    [
        (600, NO_ROOM, WITHIN_250_MS, 62, "602 requests/s keep the latency on 62"),
        (600, ROOM, WITHIN_250_MS, 68, "660 keep it on 68"),
        (80, ROOM, WITHIN_250_MS, 11, "88 keep it on 11"),
        (100, ROOM, Objective(utilization_percent=80), 13, "a utilisation is room already"),
        (100, ROOM, Objective(utilization_percent=100), 10, "even where none is wanted"),
        (0, ROOM, WITHIN_250_MS, 0, "no load grows by no share of it"),
        (float("inf"), ROOM, WITHIN_250_MS, MAX_REPLICAS, "there is no more than all"),
    ],
)
def test_room_is_kept_under_a_latency_objective(
    load: float, share: float, objective: Objective, needed: int, why: str
) -> None:
    assert replicas_with_room(load, QUEUED, objective, room=share) == needed, why


def test_without_a_service_time_there_is_no_latency_to_keep_room_for() -> None:
    load = Load(per_replica=10)
    assert replicas_with_room(100, load, Objective(p95_milliseconds=250, utilization_percent=50)) == 20


@pytest.mark.parametrize(
    ("demand", "foreseen", "share"),
    [(630, 600, 1.05), (720, 600, 1.2), (750, 600, 1.25), (6000, 600, 1.25), (600, 0, 1.25)],
    ids=[
        "a twentieth above it: a twentieth",
        "a fifth above it: a fifth",
        "a quarter above it: a quarter",
        "ten times as much: a quarter",
        "demand where none was planned: a quarter",
    ],
)
def test_what_grew_unforeseen_may_grow_as_much_once_more(demand: float, foreseen: float, share: float) -> None:
    assert room_above(demand, foreseen) == pytest.approx(share)


@pytest.mark.parametrize(
    ("growth", "share"),
    [(None, 1.10), (0.9, 1.10), (1.0, 1.10), (1.3, 1.3), (1.5, 1.5), (8.0, 1.5)],
    ids=[
        "not known: the usual",
        "it fell: the usual",
        "it stayed: the usual",
        "it grew: as much",
        "by half: as much",
        "by an outage: half",
    ],
)
def test_what_no_forecast_knows_may_grow_as_it_did_lately(growth: float | None, share: float) -> None:
    assert room_as_grown(growth) == share


def test_examples_are_true() -> None:
    assert doctest.testmod(room).failed == 0
