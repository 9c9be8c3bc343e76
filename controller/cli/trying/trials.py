"""Trials: one workload's demand under many settings of its policy, replayed side by side, and what each came to.

All of them meet the world of the first policy: what a pod takes and the objective are the workload's, not a setting's.
Only the bounds are each policy's own.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.reading.scenes import Scene
from controller.cli.trying.side_by_side import side_by_side
from controller.scaling.judging.comparison import Interval, interval, violations_by_day
from controller.scaling.judging.curves import Curve, Point
from controller.scaling.judging.score import Score, score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.demand import TICK
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import Rival


class Setting(NamedTuple):
    """A policy, and what it is called beside the others."""

    name: str
    policy: ScalingPolicy


@dataclass(frozen=True, slots=True)
class Judged:
    """What a setting came to over a window, and where 95 % of its days drawn again put the minutes it missed."""

    score: Score
    minutes_interval: Interval | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A setting on the days that settings are chosen on, and on later ones, where some were kept for that."""

    setting: str
    chosen_on: Judged
    shown_on: Judged | None = None

    @property
    def point(self) -> Point:
        """Its cost and its misses on the days that settings are chosen on."""
        found = self.chosen_on.score
        return Point(self.setting, found.pod_hours, found.violation_minutes)


def try_settings(
    scene: Scene,
    settings: Sequence[Setting],
    executor: Executor,
    *,
    judge_from: datetime | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> list[Trial]:
    """Return what each setting comes to on the scene, in their order; `done` hears of each."""
    return side_by_side([partial(_try, scene, each, judge_from) for each in settings], executor, done=done)


def try_rivals(
    scene: Scene, rivals: Sequence[Rival], executor: Executor, *, judge_from: datetime | None = None
) -> list[Trial]:
    """Return what each rival comes to on the scene, in their order."""
    return side_by_side([partial(_try_rival, scene, each, judge_from) for each in rivals], executor)


def curve_of(trials: Sequence[Trial]) -> Curve:
    """Return the points of trials, in their order."""
    return [trial.point for trial in trials]


def _try(scene: Scene, setting: Setting, judge_from: datetime | None) -> Trial:
    spec = setting.policy.spec
    world = replace(scene.world, min_replicas=spec.min_replicas, max_replicas=spec.max_replicas)
    timeline = replay(scene.demand, world, lambda workload: CyclePilot(workload, setting.policy), name=setting.name)
    return _trial(timeline, judge_from)


def _try_rival(scene: Scene, rival: Rival, judge_from: datetime | None) -> Trial:
    return _trial(rival.replay(scene.demand, scene.world, scene.policy), judge_from)


def _trial(timeline: Timeline, judge_from: datetime | None) -> Trial:
    if judge_from is None:
        return Trial(timeline.policy, _judged(timeline))
    split = -((timeline.start - judge_from) // TICK)
    return Trial(timeline.policy, _judged(timeline.part(0, split)), _judged(timeline.part(split)))


def _judged(timeline: Timeline) -> Judged:
    return Judged(score(timeline), interval(violations_by_day(timeline)))
