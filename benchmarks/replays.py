"""Replays side by side in processes, and kept: a run that was broken off goes on where it was.

What was replayed is kept under a digest of the code that it ran through, so that nothing outlives a change of it. One
process a core that this one may use: `taskset -c 0 make bench-replay` leaves the other alone.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.scenes import Scene, demand_in
from controller.scaling.score import score
from controller.scaling.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.choice import parse_rivals
from controller.simulation.rivals.kinds import ABLATIONS

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).parent / ".cache"
OURS = "headroom"
RUNS_THROUGH = ("benchmarks/scenes.py", "benchmarks/replays.py", "controller/simulation", "controller/scaling/score.py")
OURS_RUNS_THROUGH = ("controller/api", "controller/cycle.py", "controller/scaling", "forecasting")


@dataclass(frozen=True, slots=True)
class Run:
    """One policy in one scene: a rival as on the command line, or `headroom=95`, which plans for that percentile."""

    scene: Scene
    policy: str

    @property
    def is_ours(self) -> bool:
        """Whether the real cycle steers."""
        return self.policy.startswith(OURS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    minutes: int
    violation_minutes: int
    late_share: float
    pod_hours: float
    actions: int


def outcomes(runs: Iterable[Run]) -> Mapping[Run, Outcome]:
    """Return what every run came to, with a progress bar on a terminal; those that are kept are not run again."""
    wanted = list(dict.fromkeys(runs))
    missing = [run for run in wanted if not place_of(run).exists()]
    KEPT.mkdir(exist_ok=True)
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar, _processes() as pool:
        task = bar.add_task("Replaying", total=len(wanted), completed=len(wanted) - len(missing))
        for done in as_completed([pool.submit(keep, run) for run in _longest_first(missing)]):
            done.result()
            bar.advance(task)
    return {run: kept(run) for run in wanted}


def keep(run: Run) -> None:
    """Replay one run and keep what it came to."""
    place = place_of(run)
    unfinished = place.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(asdict(outcome_of(run))), encoding="ascii")
    unfinished.replace(place)


def kept(run: Run) -> Outcome:
    """Return what a run that is kept came to."""
    return Outcome(**json.loads(place_of(run).read_text(encoding="ascii")))


def outcome_of(run: Run) -> Outcome:
    """Replay one run."""
    found = score(timeline_of(run))
    return Outcome(found.minutes, found.violation_minutes, found.late_share, found.pod_hours, found.actions)


def timeline_of(run: Run) -> Timeline:
    """Return what happens in one run."""
    scene = run.scene
    demand, world = demand_in(scene.trace, spikes=scene.spikes, day_zero=scene.day_zero), scene.world
    if not run.is_ours:
        (rival,) = parse_rivals(run.policy)
        return rival.replay(demand, world, default_policy(world))
    policy = default_policy(world)
    percentile = int(run.policy.partition("=")[2])
    forecast = policy.spec.forecast.model_copy(update={"planning_percentile": percentile})
    policy = policy.model_copy(update={"spec": policy.spec.model_copy(update={"forecast": forecast})})
    return replay(demand, world, lambda workload: CyclePilot(workload, policy), name=run.policy)


def place_of(run: Run) -> Path:
    """Return where a run is kept."""
    ours = run.is_ours or run.policy.partition("=")[0] in ABLATIONS
    known = json.dumps([_digest(ours=ours), asdict(run.scene), run.policy])
    return KEPT / f"{hashlib.sha256(known.encode()).hexdigest()[:32]}.json"


@cache
def _digest(*, ours: bool) -> str:
    """Return a digest of the code that a run goes through."""
    sources = [ROOT / name for name in (*RUNS_THROUGH, *(OURS_RUNS_THROUGH if ours else ()))]
    files = sorted(file for each in sources for file in (each.rglob("*.py") if each.is_dir() else [each]))
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()


def _longest_first(runs: Sequence[Run]) -> list[Run]:
    """Return ours before the rivals, which take a thirtieth of the time; scenes of one trace stay together."""
    return sorted(runs, key=lambda run: (not run.is_ours, run.scene.trace, run.scene.spikes, run.scene.day_zero))


def _processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("spawn"))
