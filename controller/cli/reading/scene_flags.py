"""The flags that say what policies meet in a replay, once for every command that replays: demand, world and window."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from controller.api.scaling_policy import ScalingPolicy
from controller.cli.reading.scenes import Scale, Scene, recorded_demand
from controller.cli.reading.values import FILE, Number, StartUp, UtcTime
from controller.cli.reading.variants import check_moments
from controller.cli.showing.outputs import iso
from controller.errors import InputRefused
from controller.simulation.defaults import world_for
from controller.simulation.demand import Demand, DemandSettings, make_demand
from controller.simulation.world import Variant, World

FLAGS = (
    click.argument("trace", type=FILE, required=False),
    click.option("--prometheus", metavar="URL|FILE", help="A workload of this Prometheus (or MetricsSource file)."),
    click.option(
        "--workload",
        metavar="NAMESPACE/NAME",
        help="With --prometheus: which. Default: the policy's target, or the only one.",
    ),
    click.option(
        "--startup",
        "start_up",
        type=StartUp(),
        default="180s",
        show_default=True,
        help="Median time until a pod is Ready.",
    ),
    click.option("--spikes", is_flag=True, help="Add three scheduled spikes a day."),
    click.option(
        "--noise",
        type=Number(0, 1),
        default=0.05,
        show_default=True,
        help="Noise on the demand: its standard deviation as a share of it.",
    ),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of noise and start-ups."),
    click.option("--evaluate-from", type=UtcTime(), help="Begin of the replay. Default: the last 14 days (or 4)."),
)

judged_from = click.option(
    "--judge-from",
    type=UtcTime(),
    help="Choose on the days before this time, and show what was chosen on the days after it.",
)


@dataclass(frozen=True, slots=True)
class SceneFlags:
    """What a person said of the demand and the world that policies meet."""

    trace: Path | None
    prometheus: str | None
    workload: str | None
    start_up: timedelta
    spikes: bool
    scale: float | None
    noise: float
    seed: int
    evaluate_from: datetime | None

    @property
    def world(self) -> World:
        """The world before a policy has its say."""
        return World(start_up=self.start_up, seed=self.seed)

    def scene(
        self,
        policy: ScalingPolicy,
        *,
        is_own: bool,
        variants: tuple[Variant, ...] = (),
        judge_from: datetime | None = None,
    ) -> Scene:
        """Return the scene that a policy, the person's own or a default one, is tried on.

        Raises InputRefused where it cannot be had, or a variant or the days kept to judge on do not lie within it.
        """
        name, recorded = recorded_demand(self.trace, self.prometheus, self.workload, target=policy if is_own else None)
        settings = DemandSettings(self.evaluate_from, self.scale, noise=self.noise, spikes=self.spikes, seed=self.seed)
        demand = make_demand(recorded, settings)
        check_moments(variants, demand)
        _check_split(demand, judge_from)
        return Scene(name, demand, world_for(policy, replace(self.world, variants=variants)), policy)


def scene_flags(*, scale: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the flags of a scene, scaled so by default; it takes them as one argument, `flags`."""
    scaled = click.option(
        "--scale",
        type=Scale(),
        default=scale,
        show_default=True,
        help="Demand's p99: peak is 600 requests/s, none takes the values as they are.",
    )

    def give(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def taken(**given: Any) -> None:  # noqa: ANN401  what click read
            mine = {field.name: given.pop(field.name) for field in fields(SceneFlags)}
            command(flags=SceneFlags(**mine), **given)

        for flag in reversed((*FLAGS, scaled)):
            taken = flag(taken)
        return taken

    return give


def _check_split(demand: Demand, judge_from: datetime | None) -> None:
    begin, end = demand.at(demand.evaluated_from), demand.at(len(demand.rps))
    if judge_from is not None and not begin < judge_from < end:
        raise InputRefused(
            f"--judge-from {iso(judge_from)} must lie within what is replayed, {iso(begin)} to {iso(end)}"
        )
