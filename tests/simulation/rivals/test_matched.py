"""HPA at equal cost and at equal quality, found among all its targets."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from controller.scaling.judging.score import Score, score
from controller.simulation.demand import WARM_UP_TICKS, Demand
from controller.simulation.replay import replay_rival
from controller.simulation.rivals.hpa import requests_hpa
from controller.simulation.rivals.matched import MOST_REPLAYS, USUAL_TARGET, match_hpa
from controller.simulation.world import World

WORLD = World()
HOURS = 6
TICKS = HOURS * 240


def hilly() -> Demand:
    ticks = np.arange(WARM_UP_TICKS + TICKS)
    noise = np.random.default_rng(3).normal(1, 0.05, len(ticks))
    rps = (300 + 200 * np.sin(ticks / 120)) * noise
    return Demand(datetime(2026, 1, 5, tzinfo=UTC), rps, known_from=0, evaluated_from=WARM_UP_TICKS)


def as_costly_as(target: int) -> Score:
    hpa = requests_hpa(target / 10, min_replicas=WORLD.min_replicas, max_replicas=WORLD.max_replicas)
    return score(replay_rival(hilly(), WORLD, hpa, name="somebody"))


@pytest.mark.parametrize("target", [45, 63, 88])
def test_the_target_that_costs_the_same_is_found(target: int) -> None:
    ours = as_costly_as(target)

    found = match_hpa(hilly(), WORLD, ours)

    assert found.equal_cost.score.pod_hours == pytest.approx(ours.pod_hours, rel=0.01)
    assert found.usual.target == USUAL_TARGET


def test_as_good_is_over_the_objective_for_no_longer_and_the_next_target_for_longer() -> None:
    ours = as_costly_as(70)

    as_good = match_hpa(hilly(), WORLD, ours).as_good

    assert as_good is not None
    assert as_good.score.violation_minutes <= ours.violation_minutes
    assert as_costly_as(as_good.target + 1).violation_minutes > ours.violation_minutes


def test_where_no_target_is_as_good_there_is_none() -> None:
    nobody_is = replace(as_costly_as(70), violation_minutes=-1)

    assert match_hpa(hilly(), WORLD, nobody_is).as_good is None


def test_few_of_the_targets_are_tried() -> None:
    tried: list[None] = []

    match_hpa(hilly(), WORLD, as_costly_as(80), tried=lambda: tried.append(None))

    assert 0 < len(tried) <= MOST_REPLAYS
