"""Whom a command looks ahead for: a policy of a cluster, by its ForecastReport, or one on a recorded trace."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from controller.api.demand_event import DemandEvent
from controller.api.forecast_report import ForecastReport
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.cli.reading.moments import history_before
from controller.cli.reading.reports import Found, fetch_report
from controller.cli.reading.resources import load_event, load_policy
from controller.cli.reading.scenes import PEAK_RPS
from controller.cli.reading.values import FILE, UtcTime
from controller.errors import InputRefused
from controller.simulation.traces import read_trace
from forecasting import Series

Command = Callable[..., Any]

FLAGS = (
    click.argument("name", required=False),
    click.option("--namespace", "-n", default="default", show_default=True, help="Namespace of the policy."),
    click.option("--kubeconfig", type=FILE, help="Kubeconfig. Default: KUBECONFIG, else ~/.kube/config."),
    click.option(
        "--trace", type=FILE, help="Look ahead of a recorded load instead, its values as they are; needs --policy."
    ),
    click.option(
        "--policy", "policy_file", type=FILE, help="With --trace: a ScalingPolicy with one load signal, as YAML."
    ),
    click.option("--event", "event_files", type=FILE, multiple=True, help="With --trace: a DemandEvent; repeatable."),
    click.option("--at", type=UtcTime(), help="With --trace: look ahead from here. Default: the trace's end."),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A policy, and what was known at a moment of a recorded trace of its one signal with a load."""

    policy: ScalingPolicy
    signal: Signal
    past: Series
    events: tuple[DemandEvent, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a person asks about: a live policy by its name, or a trace and a policy's file."""

    name: str | None
    namespace: str
    kubeconfig: Path | None
    trace: Path | None
    policy_file: Path | None
    event_files: tuple[Path, ...]
    at: datetime | None

    def report(self, of_trace: Callable[[Recorded], ForecastReport]) -> Found:
        """Return the ForecastReport of the cluster, or what the operator would report at a moment of the trace.

        Raises click.UsageError where it is neither or both, InputRefused, and HeadroomError.
        """
        if self.trace is not None:
            if self.name is not None:
                raise click.UsageError(f"name a live policy or give --trace, not both: {self.name} is a live policy")
            recorded = self._recorded(self.trace)
            return of_trace(recorded), recorded.policy
        if self.policy_file or self.event_files or self.at:
            raise click.UsageError("--policy, --event and --at go with --trace: a live policy has its own")
        if self.name is None:
            raise click.UsageError("name the policy, or give --trace and --policy")
        return fetch_report(self.namespace, self.name, kubeconfig=self.kubeconfig)

    @property
    def unit(self) -> str:
        """In which unit a trace is taken, in a sentence for people; empty for a live policy."""
        if self.trace is None:
            return ""
        return (
            f"Values of {self.trace.name} are taken as they are, in the unit of the policy's load; a backtest scales "
            f"them to a peak of {PEAK_RPS:g} requests/s, unless told --scale none."
        )

    def _recorded(self, trace: Path) -> Recorded:
        if self.policy_file is None:
            raise InputRefused("--trace needs --policy: a plan must know what a replica can take")
        policy, events = load_policy(self.policy_file), tuple(map(load_event, self.event_files))
        loads = policy.spec.load_signals
        if len(loads) != 1:
            names = ", ".join(signal.name for signal in loads) or "none"
            raise InputRefused(
                f"{self.policy_file} must have one signal with a load, which the trace records; it has: {names}"
            )
        samples = read_trace(trace)
        return Recorded(policy, loads[0], history_before(samples, self.at or samples.end), events)


def looks_ahead(command: Command) -> Command:
    """Give a command the flags that say for whom to look ahead; it takes them as one argument, `subject`."""

    @functools.wraps(command)
    def taken(**given: Any) -> Any:  # noqa: ANN401  what click read
        mine = {field.name: given.pop(field.name) for field in fields(Subject)}
        return command(subject=Subject(**mine), **given)

    for flag in reversed(FLAGS):
        taken = flag(taken)
    return taken
