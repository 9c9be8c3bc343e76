"""Replays side by side in processes, and kept: one that was broken off (Ctrl-C) tells what it has, and goes on later.

What was replayed is kept under a digest of the code that it ran through, so that nothing outlives a change of it. One
process a core that this one may use: `taskset -c 0 make bench-replay` leaves the other alone.
"""

import hashlib
import json
import os
import signal
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.scenes import Scene, demand_in
from controller.scaling.judging.comparison import pod_hours_by_day, violations_by_day
from controller.scaling.judging.score import score
from controller.scaling.judging.timeline import Timeline
from controller.simulation.defaults import default_policy
from controller.simulation.ours import CyclePilot
from controller.simulation.replay import replay
from controller.simulation.rivals.ablations import planning_for
from controller.simulation.rivals.choice import parse_rivals

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).parent / ".cache"
OURS = "headroom"
ABLATIONS = ("no-forecast", "last-value", "scryer-fft", "scryer-regression", "true-future")
RUNS_THROUGH = ("benchmarks/scenes.py", "controller/simulation", "controller/scaling/capacity.py")
CYCLE_RUNS_THROUGH = ("controller/api", "controller/cycle.py", "controller/scaling", "forecasting")
SECONDS_A_DAY = {True: 2.2, False: 0.045}  # that a replayed day takes with the real cycle, and with a rival


@dataclass(frozen=True, slots=True)
class Run:
    """One policy in one scene: a rival as on the command line, or `headroom=95`, which plans for that percentile."""

    scene: Scene
    policy: str

    @property
    def is_ours(self) -> bool:
        """Whether it is the shipped controller."""
        return self.policy.startswith(OURS)

    @property
    def is_cycle(self) -> bool:
        """Whether the real cycle steers, be it whole or with a part taken away."""
        return self.policy.startswith((OURS, *ABLATIONS))

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        return self.scene.days * SECONDS_A_DAY[self.is_cycle]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; violation minutes and pod-hours day by day too, from which intervals are drawn."""

    minutes: int
    violation_minutes: int
    late_share: float
    pod_hours: float
    actions: int
    violations_by_day: tuple[float, ...] = ()
    pod_hours_by_day: tuple[float, ...] = ()


def outcomes(runs: Iterable[Run]) -> Mapping[Run, Outcome]:
    """Return what runs came to, in their order and with a progress bar; those that are kept are not run again.

    Broken off, it returns those that there was time for.
    """
    wanted = list(dict.fromkeys(runs))
    missing = [run for run in wanted if not place_of(run).exists()]
    KEPT.mkdir(exist_ok=True)
    processes = len(os.sched_getaffinity(0))
    hours = sum(run.seconds for run in missing) / processes / 3600
    console = Console(stderr=True)
    console.print(f"{len(missing)} of {len(wanted)} replays to go, about {hours:.1f} h on {processes} cores")
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_leave_breaking_off_to_the_parent
    )
    with Progress(*columns, console=console) as bar, pool:
        task = bar.add_task("Replaying", total=len(wanted), completed=len(wanted) - len(missing))
        try:
            for done in as_completed([pool.submit(keep, run) for run in missing]):
                done.result()
                bar.advance(task)
        except KeyboardInterrupt:
            console.print("broken off: ends the replays that run, and tells what there is")
            pool.shutdown(cancel_futures=True)
    return {run: kept(run) for run in wanted if place_of(run).exists()}


def _leave_breaking_off_to_the_parent() -> None:
    """Ctrl-C reaches every process of a terminal; those that replay go on to the end of what they have begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def keep(run: Run, folder: Path = KEPT) -> None:
    """Replay one run and keep what it came to."""
    place = place_of(run, folder)
    unfinished = place.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(asdict(outcome_of(run))), encoding="ascii")
    unfinished.replace(place)


def kept(run: Run, folder: Path = KEPT) -> Outcome:
    """Return what a run that is kept came to."""
    known = json.loads(place_of(run, folder).read_text(encoding="ascii"))
    named: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in known.items()}
    return Outcome(**named)


def outcome_of(run: Run) -> Outcome:
    """Replay one run."""
    timeline = timeline_of(run)
    found = score(timeline)
    by_day = tuple(violations_by_day(timeline).tolist()), tuple(pod_hours_by_day(timeline).tolist())
    return Outcome(found.minutes, found.violation_minutes, found.late_share, found.pod_hours, found.actions, *by_day)


def timeline_of(run: Run) -> Timeline:
    """Return what happens in one run."""
    scene = run.scene
    demand, world = demand_in(scene.trace, spikes=scene.spikes, day_zero=scene.day_zero), scene.world
    policy = default_policy(world)
    if not run.is_ours:
        (rival,) = parse_rivals(run.policy)
        return rival.replay(demand, world, policy)
    policy = planning_for(policy, int(run.policy.partition("=")[2]))
    return replay(demand, world, lambda workload: CyclePilot(workload, policy), name=run.policy)


def place_of(run: Run, folder: Path = KEPT) -> Path:
    """Return where a run is kept."""
    told = [field.name for field in fields(Outcome)]
    known = json.dumps([_digest(cycle=run.is_cycle), asdict(run.scene), run.policy, told])
    return folder / f"{hashlib.sha256(known.encode()).hexdigest()[:32]}.json"


@cache
def _digest(*, cycle: bool) -> str:
    """Return a digest of the code that a run goes through."""
    sources = [ROOT / name for name in (*RUNS_THROUGH, *(CYCLE_RUNS_THROUGH if cycle else ()))]
    files = sorted(file for each in sources for file in (each.rglob("*.py") if each.is_dir() else [each]))
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()
