"""Everybody who can steer, by name: ourselves, and every rival and ablation at its usual settings."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.demand import DAY, TICK, Demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.rivals.kinds import KINDS
from controller.simulation.world import World

OURS = "headroom"
CLAIRVOYANT = ("oracle", "true-future")  # made to know what is to come
EVERYBODY = (OURS, *KINDS)
HONEST = tuple(name for name in EVERYBODY if name not in CLAIRVOYANT)

A_DAY = DAY // TICK
HISTORY = 8 * A_DAY + A_DAY // 4  # so that there is a last week
WINDOW = 480  # two hours: enough to scale up and down


def fly(name: str, demand: Demand, world: World = World()) -> Timeline:  # noqa: B008  frozen
    """Return what happens when somebody steers."""
    policy = default_policy(world)
    if name == OURS:
        return replay(demand, world, lambda workload: CyclePilot(workload, policy), name=name)
    (rival,) = parse_rivals(name)
    return rival.replay(demand, world, policy)


def mornings(*, seed: int = 7) -> Demand:
    """Return eight days that are alike, noisily, and two hours of the ninth morning, as it rises."""
    ticks = np.arange(HISTORY + WINDOW)
    shape = np.maximum(0.1, np.sin(2 * np.pi * (ticks / A_DAY - 0.25)))
    noise = np.random.default_rng(seed).normal(1, 0.03, len(ticks))
    return Demand(datetime(2026, 1, 5, tzinfo=UTC), 400 * shape * noise, known_from=6, evaluated_from=HISTORY)


def with_a_surprise(demand: Demand, after: int, factor: float) -> Demand:
    """Return demand that is so many times as high from a tick of the evaluated window on."""
    rps = demand.rps.copy()
    rps[demand.evaluated_from + after :] *= factor
    return replace(demand, rps=rps)
