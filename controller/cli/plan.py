"""`headroom plan`: the replicas of the next 48 hours in few steps, of a live policy or from a recorded trace."""

from datetime import UTC, datetime
from pathlib import Path

import click

from controller.api.demand_event import DemandEvent
from controller.api.forecast_report import ForecastReport, PlanStep
from controller.api.policy_status import Memory
from controller.cli.forecast import history_before
from controller.cli.inputs import FILE, UtcTime, load_event, load_single_load
from controller.cli.outputs import (
    check_folder,
    iso,
    make_table,
    plain,
    print_csv,
    print_json,
    print_terminal,
)
from controller.cli.report import Found, fetch_report, plot_report
from controller.errors import InputRefused
from controller.scaling.calendars import calendar_of
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.planning.ahead import HORIZON
from controller.scaling.publishing.forecast_report import SignalFit, forecast_report
from controller.simulation.traces import read_trace
from forecasting import SeriesRefused, fit


@click.command()
@click.argument("name", required=False)
@click.option("--namespace", "-n", default="default", show_default=True, help="Namespace of the policy.")
@click.option("--kubeconfig", type=FILE, help="Kubeconfig. Default: KUBECONFIG, else ~/.kube/config.")
@click.option("--trace", type=FILE, help="Plan for a recorded load instead; needs --policy.")
@click.option("--policy", "policy_file", type=FILE, help="With --trace: a ScalingPolicy with one load signal, as YAML.")
@click.option("--event", "event_files", type=FILE, multiple=True, help="With --trace: a DemandEvent; repeatable.")
@click.option("--at", type=UtcTime(), help="With --trace: plan from here on. Default: the trace's end.")
@click.option("--plot", type=FILE, help="Write a page with the plan and the forecast as charts, as HTML.")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def plan(  # noqa: PLR0913  one parameter a flag
    *,
    name: str | None,
    namespace: str,
    kubeconfig: Path | None,
    trace: Path | None,
    policy_file: Path | None,
    event_files: tuple[Path, ...],
    at: datetime | None,
    plot: Path | None,
    shape: str,
) -> None:
    """Show the replicas that policy NAME plans for the next 48 hours, as its ForecastReport tells.

    With --trace, those that a policy would plan at a moment of a recorded trace, by what was known then. Each step
    covers the planning percentile of demand, and demand events, at every moment until the next.
    """
    check_folder(plot)
    if trace is not None:
        found = of_trace(trace, policy_file, [load_event(path) for path in event_files], at=at)
    elif policy_file or event_files or at:
        raise click.UsageError("--policy, --event and --at go with --trace: a live policy has its own")
    elif name is None:
        raise click.UsageError("name the policy, or give --trace and --policy")
    else:
        found = fetch_report(namespace, name, kubeconfig=kubeconfig)
    plot_report(found, plot)
    {"table": show_table, "csv": show_csv, "json": show_json}[shape](found[0])


def of_trace(trace: Path, policy_file: Path | None, events: list[DemandEvent], *, at: datetime | None) -> Found:
    """Return what the operator would report at a moment of a trace, by what was known then. Raises InputRefused."""
    policy, signal = load_single_load(policy_file)
    samples = read_trace(trace)
    past = history_before(samples, at or samples.end)
    try:
        fitted = fit(
            past,
            calendar=calendar_of(policy.spec, past, events=events),
            planning_level=policy.spec.forecast.planning_percentile / 100,
            lead_time=lead_time(policy, Memory()),
        )
    except SeriesRefused as problem:
        raise InputRefused(f"there is no forecast from {iso(past.end)}: {problem}") from problem
    fits = {signal.name: SignalFit(fitted, None)}
    return forecast_report(policy, fits, Memory(), events=events, now=past.end), policy


def show_table(found: ForecastReport) -> None:
    """Print the steps, and the report's verdict below."""
    steps = found.status.plan
    table = make_table(["from (UTC)"], ["replicas", "change"])
    table.add_column("asked for by")
    held: int | None = None
    for step in steps:
        change = "" if held is None else f"{step.replicas - held:+d}"
        asked = plain(f"{step.reason} {step.source}")
        table.add_row(f"{step.start.astimezone(UTC):%a %Y-%m-%d %H:%M}", str(step.replicas), change, asked)
        held = step.replicas
    verdict = found.status.verdict or "Nothing has been computed for this policy yet."
    print_terminal(*([table] if steps else []), plain(verdict))


def show_csv(found: ForecastReport) -> None:
    """Print one row a step; the columns are a promise to programs."""
    print_csv(["start", "replicas", "reason", "source"], [_row(step) for step in found.status.plan])


def show_json(found: ForecastReport) -> None:
    """Print the same, and until when it reaches."""
    status, made = found.status, found.status.generated_at
    steps = [dict(zip(("start", "replicas", "reason", "source"), _row(step), strict=True)) for step in status.plan]
    until = {} if made is None else {"generated_at": iso(made), "until": iso(made + HORIZON)}
    print_json({"policy": str(found.key), **until, "verdict": status.verdict, "plan": steps})


def _row(step: PlanStep) -> tuple[str, int, str, str]:
    return iso(step.start), step.replicas, step.reason, step.source
