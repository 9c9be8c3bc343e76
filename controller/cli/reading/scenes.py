"""Scenes: what all policies of a backtest meet, from what a person named: a trace or a workload, and its scale."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from controller.api.scaling_policy import ScalingPolicy
from controller.simulation.defaults import RATE_PRESET
from controller.simulation.demand import Demand
from controller.simulation.traces import read_trace
from controller.simulation.world import World
from forecasting import Series

WORKLOAD = re.compile(r"[^/]+/[^/]+")
PEAK_RPS = 600.0  # 60 full pods


class Scale(click.ParamType[float | None]):
    """`peak` for the usual peak, a peak of one's own in requests per second, or `none` for the trace's own values."""

    name = "peak|none|rps"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """Return the peak; None for `none`."""
        if value in ("peak", "none"):
            return PEAK_RPS if value == "peak" else None
        try:
            peak = float(value)
        except ValueError:
            peak = 0.0
        if not 0 < peak < float("inf"):
            self.fail(f"{value!r} is neither peak, nor none, nor a number above 0", param, ctx)
        return peak


@dataclass(frozen=True, slots=True)
class Scene:
    """What all policies of a backtest meet: the demand and the world; and the policy that is ours."""

    name: str
    demand: Demand
    world: World
    policy: ScalingPolicy

    @property
    def ticks(self) -> int:
        """How many ticks are evaluated."""
        return len(self.demand.rps) - self.demand.evaluated_from


def recorded_demand(
    trace: Path | None, prometheus: str | None, workload: str | None, *, target: ScalingPolicy | None
) -> tuple[str, Series]:
    """Return a trace and its name: that of a file, or of a workload of a Prometheus."""
    if trace is None and not prometheus:
        raise click.UsageError("give a file with a trace, or --prometheus")
    if trace is not None and prometheus:
        raise click.UsageError(f"give a file with a trace or --prometheus, not both: {trace} is a trace")
    if trace is not None:
        if workload is not None:
            raise click.UsageError("--workload goes with --prometheus")
        return trace.name, read_trace(trace)
    from controller.cli.reading.surveys import history_of, source_from  # noqa: PLC0415  telemetry is an extra

    if workload is not None and not WORKLOAD.fullmatch(workload):
        raise click.UsageError(f"--workload must be NAMESPACE/NAME, like shop/web; it is {workload!r}")
    now = datetime.now(UTC)  # noqa: TID251  the front door
    named = workload or (workload_of(target) if target else None)
    return named or "the only workload", history_of(source_from(prometheus or ""), RATE_PRESET, named, now=now)


def workload_of(policy: ScalingPolicy) -> str:
    """Return which workload a policy measures the request rate of, as NAMESPACE/NAME."""
    named = [signal.workload for signal in policy.spec.load_signals if signal.preset == RATE_PRESET and signal.workload]
    return f"{policy.key.namespace}/{named[0] if named else policy.spec.scale_target_ref.name}"
