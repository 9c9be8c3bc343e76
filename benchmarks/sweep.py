"""A sweep over many policies between doors that answer at once: what the cycle itself costs."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from benchmarks.loads import LEVEL, NOW, pickled_forecasts, policies, unpickled
from benchmarks.measuring import YARDSTICK, isolated, peak_mib, yardstick
from benchmarks.tables import Table, against
from controller.api.metadata import ObjectKey
from controller.api.policy_status import ScalingPolicyStatus
from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import Batch, Cycle, Readings, SignalKey, run_cycle
from controller.live.garbage import put_off_full_passes
from controller.scaling.observation import Reading, Scale, Target
from controller.scaling.publishing.patch import Patch, dump
from forecasting import Series

SIZES = (100, 1_000, 10_000)
INTERVAL = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
KEPT = timedelta(hours=3)  # as the live reader keeps
SETTLING_SWEEPS = 2
QUIET_SWEEPS = 4  # a minute
BUSY_SWEEPS = 2
RISE = 1.3  # from one busy sweep to the next: beyond every tolerance, and no window holds it back
QUIET, FRESH, BUSY = "quiet", "quiet, a new sample each", "all demands rise"
KINDS = (QUIET, FRESH, BUSY)
MOST_MIB = 400.0  # the bar for the whole controller
MOST_HELD_UP_MS = 100.0


@dataclass
class Doors:
    """Telemetry and Cluster in memory. What is written shows in the next sweep, as a watch would show it."""

    policies: list[ScalingPolicy]
    scales: dict[ObjectKey, Target]
    readings: Readings = field(default_factory=dict)
    written: Sequence[Patch] = ()

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Readings:
        """Return what was prepared."""
        del policies, now
        return self.readings

    async def observe(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Target]:
        """Return the replicas, all of them Ready."""
        del policies, now
        return self.scales

    async def apply(self, patches: Sequence[Patch]) -> None:
        """Keep what was written."""
        self.written = patches

    def measure(self, level: float, now: datetime) -> None:
        """Prepare a reading of every signal; the last hours are made anew with every minute, as by the live reader."""
        minute = now - timedelta(seconds=now.second)
        self.readings = {policy.key: self._readings_of(policy, level, (minute, now)) for policy in self.policies}

    def _readings_of(
        self, policy: ScalingPolicy, level: float, times: tuple[datetime, datetime]
    ) -> Mapping[str, Reading]:
        minute, now = times
        known = self.readings.get(policy.key, {}).get("requests")
        recent = known.recent if known else None
        if recent is None or recent.end != minute:
            recent = Series(minute - KEPT, MINUTE, np.full(KEPT // MINUTE, level))
        return {"requests": Reading(level, now, recent=recent), "queue": Reading(20.0, now)}

    def settle(self) -> None:
        """Show what was written."""
        patches = {patch.policy: patch for patch in self.written}
        for place, policy in enumerate(self.policies):
            patch = patches.get(policy.key)
            if patch and patch.status is not None:
                status = ScalingPolicyStatus.model_validate(dump(patch.status))
                self.policies[place] = policy.model_copy(update={"status": status})
            if patch and patch.scale is not None:
                self.scales[policy.key] = Target(Scale(patch.scale.to_replicas, patch.scale.to_replicas))


@dataclass(frozen=True)
class Swept:
    """What a sweep took, the longest time the event loop had no turn meanwhile, and the patches it wrote."""

    seconds: float
    held_up: float
    patches: float


@dataclass(frozen=True)
class Figures:
    """One size: sweeps between two samples, with a new sample of every signal, and with all demands moving."""

    size: int
    kinds: Mapping[str, Swept]
    yardstick: float
    mib: float


def table() -> Table:
    """Measure every size."""
    # Flat weeks: the hour itself moves nothing, so that quiet sweeps have nothing to write.
    pickled = isolated(pickled_forecasts, swing=0, noise=0.01)
    figures = [isolated(measure, size, pickled) for size in SIZES]
    rows = [_row(each, kind) for each in figures for kind in KINDS]
    largest = figures[-1]
    slowest = max(swept.seconds for swept in largest.kinds.values())
    held_up = max(swept.held_up for swept in largest.kinds.values())
    return Table(
        title="Sweep",
        intro=(
            "`run_cycle` over all policies, two signals, a forecast and a step rule each, between doors in memory that "
            f"answer at once. The baseline is {YARDSTICK}. Memory is that of the whole process, with a forecaster for "
            "each policy."
        ),
        header=("sweep", "ms", "µs a policy", "x baseline", "patches", "peak MiB"),
        rows=rows,
        verdicts=[
            against(
                "L1, the cycle alone for 10,000 policies within a sweep of 15 s", slowest, INTERVAL.total_seconds(), "s"
            ),
            against("L2, the event loop held up by one sweep of 10,000", held_up * 1e3, MOST_HELD_UP_MS, "ms"),
            against("L1, memory for 10,000 policies, without watches and telemetry", largest.mib, MOST_MIB, "MiB"),
            against("L3, patches of a sweep while nothing changes", largest.kinds[QUIET].patches, 0, "patches"),
        ],
    )


def _row(figures: Figures, kind: str) -> tuple[str | float, ...]:
    swept = figures.kinds[kind]
    each = swept.seconds / figures.size
    baselines = swept.seconds / figures.yardstick
    return (
        f"{figures.size:,} policies, {kind}",
        swept.seconds * 1e3,
        each * 1e6,
        baselines,
        swept.patches,
        figures.mib,
    )


def measure(size: int, pickled: Sequence[bytes]) -> Figures:
    """Sweep over so many policies: a few times to settle, then quietly, then with all demands rising."""
    put_off_full_passes()  # as the operator does
    everyone = policies(size)
    keys = [SignalKey(policy.key, "requests") for policy in everyone]
    doors = Doors(everyone, {policy.key: Target(Scale(12, 12)) for policy in everyone})
    batch = Batch(doors.policies, dict(zip(keys, unpickled(pickled, size), strict=True)))
    kinds: dict[str, list[Swept]] = defaultdict(list)
    for number in range(SETTLING_SWEEPS + QUIET_SWEEPS + BUSY_SWEEPS):
        now = NOW + number * INTERVAL
        rises = max(0, number + 1 - SETTLING_SWEEPS - QUIET_SWEEPS)
        doors.measure(LEVEL * RISE**rises, now)
        batch, swept = _sweep(batch, doors, now)
        kinds[_kind(number, now)].append(swept)
    mib = peak_mib()
    return Figures(size, {kind: _average(kinds[kind]) for kind in KINDS}, yardstick(), mib)


def _kind(number: int, now: datetime) -> str:
    if number < SETTLING_SWEEPS:
        return "settling"
    if number >= SETTLING_SWEEPS + QUIET_SWEEPS:
        return BUSY
    return QUIET if now.second else FRESH


def _sweep(batch: Batch, doors: Doors, now: datetime) -> tuple[Batch, Swept]:
    """Run one cycle; return the next one's batch, and what this one took."""
    cycle, seconds, held_up = asyncio.run(_with_loop_watched(run_cycle(batch, doors, doors, now=now)))
    written = len(doors.written)
    doors.settle()
    return replace(batch, policies=doors.policies, carried=cycle.carried), Swept(seconds, held_up, written)


async def _with_loop_watched(work: Coroutine[None, None, Cycle]) -> tuple[Cycle, float, float]:
    """Return what the work returns, its seconds, and the longest time between two turns of another task beside it.

    The clock is read in here: as it ends, asyncio.run puts all that is returned into words for nobody.
    """
    start = time.process_time()
    task = asyncio.create_task(work)
    longest = 0.0
    while not task.done():
        begin = time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.process_time() - begin)
    return await task, time.process_time() - start, longest


def _average(sweeps: Sequence[Swept]) -> Swept:
    middle = statistics.median
    return Swept(
        middle(swept.seconds for swept in sweeps),
        middle(swept.held_up for swept in sweeps),
        middle(swept.patches for swept in sweeps),
    )
