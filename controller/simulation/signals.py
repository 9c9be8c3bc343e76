"""What the pretend workload measures of itself, under the names of the built-in presets, as metrics arrive: late."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.errors import InputRefused
from controller.simulation.demand import HISTORY, TICK
from controller.simulation.latency import p95_latency
from controller.simulation.world import METRIC_DELAY_TICKS, METRIC_WINDOW_TICKS, PretendWorkload
from forecasting.series import Flags, Series, Values

MINUTE = timedelta(minutes=1)
TICKS_A_MINUTE = MINUTE // TICK
RECENT = timedelta(hours=2)  # what a forecast corrects itself by, and a little
FIT_STEP = timedelta(minutes=5)  # history for fits is kept on this grid

Measure = Callable[[PretendWorkload, slice], Values]
"""Returns one value for each tick of a slice."""


def _request_rate(workload: PretendWorkload, ticks: slice) -> Values:
    return workload.demand.rps[ticks]


def _p95_latency(workload: PretendWorkload, ticks: slice) -> Values:
    answered = workload.demand.rps[ticks] * (1 - workload.refused[ticks])
    ready, backlog, speed = workload.ready[ticks], workload.backlog[ticks], workload.speed[ticks]
    return p95_latency(answered, ready, backlog, world=workload.world, speed=speed)


def _error_ratio(workload: PretendWorkload, ticks: slice) -> Values:
    return 1 - (1 - workload.refused[ticks]) * (1 - workload.failed[ticks])


def _queue_depth(workload: PretendWorkload, ticks: slice) -> Values:
    return workload.backlog[ticks]


def _cpu_cores(workload: PretendWorkload, ticks: slice) -> Values:
    """A request keeps one core busy for its service time."""
    serving = workload.served[ticks] * workload.world.service_time / workload.speed[ticks]
    return serving + workload.starting_cores[ticks]


MEASURES: Mapping[str, Measure] = {
    "http-request-rate": _request_rate,
    "http-p95-latency": _p95_latency,
    "http-p95-latency-native": _p95_latency,
    "http-error-ratio": _error_ratio,
    "queue-depth": _queue_depth,
    "cpu-cores": _cpu_cores,
}


def presets_of(policy: ScalingPolicy) -> Mapping[str, str]:
    """Return the preset of each signal of a policy; raise InputRefused for one that the world cannot measure."""
    return {signal.name: _preset(signal) for signal in policy.spec.signals}


def _preset(signal: Signal) -> str:
    if signal.preset is None or signal.preset not in MEASURES:
        asked = f"preset {signal.preset!r}" if signal.preset else "a metric of its own"
        known = ", ".join(MEASURES)
        raise InputRefused(f"signal {signal.name!r} asks for {asked}, which a replay cannot measure; it has {known}")
    return signal.preset


class Instrument:
    """One signal of the workload as it is delivered: means over 60 s that are 30 s old, and nothing later."""

    def __init__(self, preset: str, workload: PretendWorkload) -> None:
        self._measure, self._workload = MEASURES[preset], workload
        self._unmeasured = workload.unmeasured(preset)
        self._has_holes = bool(self._unmeasured.any())
        self._newest = _newest_whole_sample(self._unmeasured)
        start = workload.demand.start - datetime.fromtimestamp(0, UTC)
        self._into_minute = start % MINUTE // TICK  # of the first tick
        self._recent: Series | None = None
        self._recent_end = 0

    @property
    def valid_at(self) -> datetime:
        """When the newest sample that has arrived ends."""
        return self._workload.demand.at(self._arrived)

    @property
    def problem(self) -> str:
        """Why there is no newer sample; empty where it has just arrived."""
        return "" if self._arrived == self._latest else "no sample arrives"

    @property
    def _latest(self) -> int:
        """The tick up to which measurements can have arrived."""
        return self._workload.tick - METRIC_DELAY_TICKS

    @property
    def _arrived(self) -> int:
        """The tick up to which the newest whole sample reaches."""
        return self._newest.item(self._latest)

    def value(self) -> float | None:
        """Return the newest sample; None where there has never been one."""
        arrived = self._arrived
        if arrived == 0:
            return None
        newest: list[float] = self._values(slice(max(0, arrived - METRIC_WINDOW_TICKS), arrived)).tolist()
        return sum(newest) / len(newest)

    def recent(self) -> Series | None:
        """Return the last two hours as means over whole minutes of the clock; None before the first minute is over."""
        arrived = self._arrived
        end = arrived - (arrived + self._into_minute) % TICKS_A_MINUTE  # of the last whole minute
        if self._recent is None or self._recent_end < end:
            self._recent, self._recent_end = self._minutes(end), end
        return self._recent

    def history(self) -> Series:
        """Return what a fit may see: at most 28 days as whole means over 5 minutes."""
        demand, end = self._workload.demand, self._arrived
        begin = max(demand.known_from, end - HISTORY // TICK)
        ticks = Series(demand.at(begin), TICK, self._values(slice(begin, max(begin, end))))
        steps = ticks.at_step(FIT_STEP)
        whole = (ticks.end - steps.start) // FIT_STEP
        return Series(steps.start, FIT_STEP, steps.values[:whole])

    def _minutes(self, end: int) -> Series | None:
        demand = self._workload.demand
        begin = max(demand.known_from, end - RECENT // TICK)
        begin = end - (end - begin) // TICKS_A_MINUTE * TICKS_A_MINUTE
        if begin >= end:
            return None
        values = self._values(slice(begin, end)).reshape(-1, TICKS_A_MINUTE).mean(axis=1)
        return Series(demand.at(begin), MINUTE, values)

    def _values(self, ticks: slice) -> Values:
        """Return what was measured, NaN where nothing was."""
        values = self._measure(self._workload, ticks)
        return np.where(self._unmeasured[ticks], np.nan, values) if self._has_holes else values


def _newest_whole_sample(unmeasured: Flags) -> NDArray[np.intp]:
    """Return for each tick (n,) the last one not after it at which a window without a hole ended; 0 where none has."""
    ticks = np.arange(len(unmeasured))
    holes = np.concatenate(([0], np.cumsum(unmeasured)))
    is_whole = holes[ticks] == holes[np.maximum(0, ticks - METRIC_WINDOW_TICKS)]
    newest: NDArray[np.intp] = np.maximum.accumulate(np.where(is_whole, ticks, 0))
    return newest
