"""Sweeps: each policy of a backtest with its main setting moved, so that costs and misses are compared on curves."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial

from rich.console import RenderableType
from rich.progress import Progress

from controller.cli.reading.scenes import Scene
from controller.cli.showing.outputs import UNKNOWN, make_table, plain, print_terminal
from controller.cli.trying.side_by_side import side_by_side
from controller.scaling.judging.curves import Curve, Matched, Point, frontier, match
from controller.scaling.judging.score import Score, score
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.ablations import planning_for
from controller.simulation.rivals.choice import Rival, swept
from controller.simulation.rivals.kinds import PERCENTILE_SWEEP

HPA_KINDS = ("hpa-cpu", "hpa-rps")
BEST_HPA = "best HPA"
BUDGETS = (0.01, 0.001)  # shares of the minutes that may be over the objective


@dataclass(frozen=True, slots=True)
class Sweep:
    """The curves of a backtest, ours first, and the minutes that were evaluated."""

    ours: str
    curves: Mapping[str, Curve]
    minutes: int

    @property
    def rivals(self) -> Mapping[str, Curve]:
        """The curves of the rivals; with HPAs of both kinds their envelope is one more."""
        rivals = {name: curve for name, curve in self.curves.items() if name != self.ours}
        if not set(HPA_KINDS) <= rivals.keys():
            return rivals
        return {BEST_HPA: [point for kind in HPA_KINDS for point in rivals[kind]]} | rivals

    def matches(self) -> list[tuple[str, float, Matched | None]]:
        """Return ours against each rival where that keeps each budget."""
        ours = self.curves[self.ours]
        return [
            (name, budget, match(ours, curve, budget * self.minutes))
            for name, curve in self.rivals.items()
            for budget in BUDGETS
        ]


def sweep(scene: Scene, rivals: Iterable[Rival], bar: Progress, *, ours: str, executor: Executor) -> Sweep:
    """Replay our policy at each planning percentile, and each kind of rival at each of its settings, side by side."""
    runs: dict[str, list[Callable[[], Score]]] = {
        ours: [partial(_ours, scene, int(percentile), ours) for (percentile,) in PERCENTILE_SWEEP]
    }
    for kind in dict.fromkeys(rival.kind for rival in rivals):
        runs[kind] = [partial(_theirs, scene, rival) for rival in swept(kind)]
    named = [(name, call) for name, calls in runs.items() for call in calls]
    advance = partial(bar.advance, bar.add_task("sweep", total=len(named)))
    scores = side_by_side([call for _, call in named], executor, done=advance)
    curves: dict[str, list[Point]] = {name: [] for name in runs}
    for (name, _), found in zip(named, scores, strict=True):
        curves[name].append(Point(found.policy, found.pod_hours, found.violation_minutes))
    return Sweep(ours, curves, scores[0].minutes)


def _theirs(scene: Scene, rival: Rival) -> Score:
    return score(rival.replay(scene.demand, scene.world, scene.policy))


def _ours(scene: Scene, percentile: int, name: str) -> Score:
    pilot = partial(CyclePilot, policy=planning_for(scene.policy, percentile))
    return score(replay(scene.demand, scene.world, pilot, name=f"{name}={percentile}"))


def show_sweep(swept: Sweep) -> None:
    """Print what is best of each curve, and ours against each rival where that keeps each budget."""
    points = make_table(["curve", "setting"], ["violated minutes", "pod-hours"])
    for name, curve in swept.curves.items():
        for point in frontier(curve):
            missed = f"{point.violation_minutes:g} ({point.violation_minutes / swept.minutes:.2%})"
            points.add_row(plain(name), plain(point.setting), missed, f"{point.pod_hours:.0f}")
    matches = make_table(
        [f"{swept.ours} against"], ["violated", "pod-hours", "minutes at equal cost", "cost at equal minutes"]
    )
    for name, budget, matched in swept.matches():
        hours = UNKNOWN if matched is None else f"{matched.pod_hours:.0f}"
        ratios = (None, None) if matched is None else (matched.minutes, matched.cost)
        matches.add_row(
            plain(name), f"{budget:.1%}", hours, *(UNKNOWN if each is None else f"x {each:.2f}" for each in ratios)
        )
    parts: tuple[RenderableType, ...] = (points, matches)
    print_terminal(*parts)


def sweep_document(swept: Sweep) -> Mapping[str, object]:
    """Return every point and every match, for programs."""
    return {
        "curves": {name: [asdict(point) for point in curve] for name, curve in swept.curves.items()},
        "matched": [
            {"rival": name, "budget": budget, "matched": None if matched is None else asdict(matched)}
            for name, budget, matched in swept.matches()
        ],
    }
