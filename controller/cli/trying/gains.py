"""Gains: what shipped settings would win over an HPA at the best workloads of a scan, and policies for these.

What a replica takes is not known of any, so demand is scaled to a usual size and judged by ratios, against the curve of
the HPA's target: at equal cost, and where both miss as much.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from controller.api.behavior import ScaleUpBehavior
from controller.api.metadata import ObjectKey
from controller.cli.reading.calendars import People
from controller.cli.showing.outputs import UNKNOWN, make_table, percent, plain
from controller.cli.trying.side_by_side import side_by_side
from controller.cli.trying.tuned_policies import Chosen, Known, document, key_of, policy_of, write_policy, yaml_of
from controller.cli.trying.tuning import FEWEST_REPLICAS, HPA
from controller.errors import InputRefused
from controller.scaling.judging.curves import LEAST_MINUTES, Point, minutes_at, pod_hours_at
from controller.scaling.judging.score import Score, score
from controller.simulation.defaults import RATE_PRESET, start_up_within
from controller.simulation.demand import DemandSettings, make_demand
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import swept
from controller.simulation.world import DEFAULT_OBJECTIVE, DEFAULT_POD, World
from forecasting import Series

REPLAYED = timedelta(days=2)  # two days say who wins, and cost seconds a workload
MOST_REPLICAS = 100  # of a policy that only recommends, and says that this was not learned
LOWEST, HIGHEST = 50, 99  # planning percentiles that a policy may have
TOLERANCE = ScaleUpBehavior().tolerance_percent  # as shipped
NOT_LEARNED = (
    "how many replicas are enough: maxReplicas is a guess.",
    "what a replica takes; it is learned from the latency signal once the policy is there.",
    "how slow is too slow: the objective is a guess.",
    "how long pods take to be Ready; it is learned from the target's own.",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """How policies of a scan plan: the quantile, the time capacity takes, and the people they serve."""

    level: float
    lead_time: timedelta
    people: People

    @property
    def percentile(self) -> int:
        """The planning percentile; InputRefused where the quantile is none that a policy takes."""
        percentile = round(100 * self.level)
        if not LOWEST <= percentile <= HIGHEST:
            raise InputRefused(f"--level {self.level:g} is none a policy plans for: {LOWEST} to {HIGHEST} percent")
        return percentile


@dataclass(frozen=True, slots=True)
class Gain:
    """Ours against an HPA on a workload's last days: below 1 is better; None where the HPA's curve does not reach.

    `minutes` is ours over the HPA's at equal cost, `cost` ours over the HPA's at equal minutes.
    """

    name: str
    minutes: float | None
    cost: float | None
    problem: str = ""
    """Why there was no replay."""


def gains_of(histories: Mapping[str, Series], wish: Wish, executor: Executor) -> Sequence[Gain]:
    """Return the gain at each workload, the largest first."""
    found = side_by_side([partial(_gain, name, history, wish) for name, history in histories.items()], executor)
    return sorted(found, key=lambda gain: (_or_last(gain.minutes), _or_last(gain.cost), gain.name))


def _or_last(ratio: float | None) -> float:
    return float("inf") if ratio is None else ratio


def _gain(name: str, history: Series, wish: Wish) -> Gain:
    known = _known(ObjectKey("scan", "workload"), wish, load=DEFAULT_POD, lead_time=wish.lead_time)
    world = World(start_up=start_up_within(wish.lead_time))
    policy = policy_of(known, Chosen(world.min_replicas, world.max_replicas, wish.percentile, TOLERANCE))
    try:
        demand = make_demand(history, DemandSettings(evaluate_from=max(history.end - REPLAYED, history.start)))
    except InputRefused as problem:
        return Gain(name, None, None, str(problem))
    ours = score(replay(demand, world, partial(CyclePilot, policy=policy), name=name))
    rivals = [rival for rival in swept(HPA) if rival.settings[1] == FEWEST_REPLICAS]
    curve = [_point(score(rival.replay(demand, world, policy))) for rival in rivals]
    return Gain(
        name,
        minutes=_ratio(ours.violation_minutes, minutes_at(curve, ours.pod_hours)),
        cost=_ratio(ours.pod_hours, pod_hours_at(curve, ours.violation_minutes)),
    )


def _point(found: Score) -> Point:
    return Point(found.policy, found.pod_hours, found.violation_minutes)


def _ratio(ours: float, theirs: float | None) -> float | None:
    """Return ours over theirs; of minutes, less than half a one counts as half a one."""
    return None if theirs is None else max(ours, LEAST_MINUTES) / max(theirs, LEAST_MINUTES)


def gains_table(gains: Sequence[Gain]) -> Table:
    """Return a row a workload, the largest gain first."""
    table = make_table(["replayed"], ["minutes, of an HPA's at equal cost", "cost, of an HPA's at equal minutes"])
    table.add_column("")
    for gain in gains:
        table.add_row(plain(gain.name), _told(gain.minutes), _told(gain.cost), plain(gain.problem))
    return table


def _told(ratio: float | None) -> str:
    return UNKNOWN if ratio is None else percent(ratio)


def check_wish(wish: Wish, folder: Path | None) -> None:
    """Raise InputRefused where no policy could be written, or over what is there: before the work, not after it."""
    policy_of(_known(ObjectKey("scan", "workload"), wish), _chosen(wish))
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputRefused(f"--write {folder} must be a new or an empty folder: nothing of yours is written over")


def write_policies(folder: Path, gains: Sequence[Gain], wish: Wish) -> None:
    """Write a policy for each workload, that only recommends. Raises InputRefused where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputRefused(f"--write {folder} cannot be made: {problem}") from problem
    for rank, gain in enumerate(gains, start=1):
        key, preset = workload_of(gain.name)
        known = _known(key, wish, preset=preset)
        comments = [*_findings(gain, rank), *(f"Not learned: {each}" for each in _not_learned(wish))]
        write_policy(
            folder / f"{rank:02}-{key.namespace}-{key.name}.yaml",
            yaml_of(document(known, _chosen(wish)), comments),
            "--write",
        )


def _known(key: ObjectKey, wish: Wish, **more: Any) -> Known:  # noqa: ANN401  fields of Known
    people = wish.people
    return Known(key, DEFAULT_OBJECTIVE, time_zone=people.time_zone, holidays=people.holidays, **more)


def _not_learned(wish: Wish) -> Iterator[str]:
    yield from NOT_LEARNED
    unknown = "schedules, step rules, dependencies: a history of demand has none."
    yield f"public holidays, {unknown}" if wish.people.place is None else unknown


def _chosen(wish: Wish) -> Chosen:
    return Chosen(FEWEST_REPLICAS, MOST_REPLICAS, wish.percentile, TOLERANCE)


def _findings(gain: Gain, rank: int) -> Sequence[str]:
    told = {"minutes over the objective at equal cost": gain.minutes, "the cost at equal minutes": gain.cost}
    ratios = [f"{_told(each)} of {what}" for what, each in told.items()]
    days = f"its last {REPLAYED.days} days, scaled to a usual size"
    return (
        f"Written by headroom scan for {gain.name}, number {rank} by gain. It only recommends.",
        f"Against an HPA on {days}, in a replay: {gain.problem or ', '.join(ratios)}.",
    )


def workload_of(name: str) -> tuple[ObjectKey, str]:
    """Return the workload and the preset of a history: `NAMESPACE/NAME PRESET`, or a file of requests."""
    workload, _, preset = name.partition(" ")
    namespace, _, target = workload.partition("/")
    if preset and target:
        return ObjectKey(namespace, target), preset
    return key_of(Path(name)), RATE_PRESET
