"""As many replicas as a quantile of the past needs."""

import numpy as np
import pytest

from controller.simulation.rivals.static import Static
from controller.simulation.world import World
from tests.simulation.views import a_view

# 600 requests/s need 62 pods in the default world, 100 need 12; see scaling/capacity.py.
MOSTLY_LOW = np.concatenate((np.full(900, 100.0), np.full(100, 600.0)))


@pytest.mark.parametrize(("quantile", "replicas"), [(0.5, 12), (0.85, 12), (0.99, 62), (1.0, 62)])
def test_replicas_keep_the_objective_at_the_quantile(quantile: float, replicas: int) -> None:
    assert Static(quantile, World()).decide(a_view(past=MOSTLY_LOW)) == replicas


def test_what_comes_later_changes_nothing() -> None:
    static = Static(0.99, World())
    first = static.decide(a_view(past=MOSTLY_LOW))
    assert static.decide(a_view(15.0, rps=5000.0, past=np.full(2000, 5000.0))) == first


def test_the_highest_is_the_highest_minute_not_the_highest_tick() -> None:
    past = np.full(100, 100.0)
    past[50] = 2100.0
    assert Static(1.0, World()).decide(a_view(past=past)) == 62


@pytest.mark.parametrize(("rps", "replicas"), [(1.0, 5), (900.0, 40)])
def test_the_bounds_hold(rps: float, replicas: int) -> None:
    world = World(min_replicas=5, max_replicas=40)
    assert Static(0.99, world).decide(a_view(past=np.full(100, rps))) == replicas


def test_with_nothing_known_it_keeps_what_it_finds() -> None:
    assert Static(0.99, World()).decide(a_view(created=7)) == 7
