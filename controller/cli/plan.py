"""`headroom plan`: the replicas of the next 48 hours in few steps, of a live policy or from a recorded trace."""

from datetime import UTC
from pathlib import Path

import click

from controller.api.forecast_report import ForecastReport, PlanStep
from controller.api.policy_status import Memory
from controller.cli.reading.subjects import Recorded, Subject, looks_ahead
from controller.cli.reading.values import FILE
from controller.cli.showing.outputs import (
    check_folder,
    iso,
    make_table,
    plain,
    plot_report,
    print_csv,
    print_json,
    print_terminal,
)
from controller.errors import InputRefused
from controller.scaling.dates.calendars import calendar_of
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.planning.ahead import HORIZON
from controller.scaling.publishing.forecast_report import SignalFit, forecast_report
from forecasting import SeriesRefused, fit

COLUMNS = ("start", "replicas", "reason", "source", "wanted")


@click.command()
@looks_ahead
@click.option("--plot", type=FILE, help="Write a page with the plan and the forecast as charts, as HTML.")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def plan(*, subject: Subject, plot: Path | None, shape: str) -> None:
    """Show the replicas that policy NAME plans for the next 48 hours, as its ForecastReport tells.

    With --trace, those that a policy would plan at a moment of a recorded trace, by what was known then. Each step
    covers the planning percentile of demand, and demand events, at every moment until the next.
    """
    check_folder(plot)
    found = subject.report(of_trace)
    plot_report(*found, plot)
    {"table": show_table, "csv": show_csv, "json": show_json}[shape](found[0])
    if shape == "table" and subject.unit:
        print_terminal(plain(subject.unit))


def of_trace(recorded: Recorded) -> ForecastReport:
    """Return what the operator would report at a moment of a trace. Raises InputRefused."""
    policy, past = recorded.policy, recorded.past
    try:
        fitted = fit(
            past,
            calendar=calendar_of(policy.spec, past, events=recorded.events),
            planning_level=policy.spec.forecast.planning_percentile / 100,
            lead_time=lead_time(policy, Memory()),
        )
    except SeriesRefused as problem:
        raise InputRefused(f"there is no forecast from {iso(past.end)}: {problem}") from problem
    fits = {recorded.signal.name: SignalFit(fitted, None)}
    return forecast_report(policy, fits, Memory(), events=recorded.events, now=past.end)


def show_table(found: ForecastReport) -> None:
    """Print the steps, and the report's verdict below."""
    steps = found.status.plan
    table = make_table(["from (UTC)"], ["replicas", "change"])
    table.add_column("asked for by")
    held: int | None = None
    for step in steps:
        change = "" if held is None else f"{step.replicas - held:+d}"
        short = "" if step.wanted is None else f", where {step.wanted} are asked for"
        asked = plain(f"{step.reason} {step.source}{short}")
        table.add_row(f"{step.start.astimezone(UTC):%a %Y-%m-%d %H:%M}", str(step.replicas), change, asked)
        held = step.replicas
    verdict = found.status.verdict or "Nothing has been computed for this policy yet."
    print_terminal(*([table] if steps else []), plain(verdict))


def show_csv(found: ForecastReport) -> None:
    """Print one row a step; the columns are a promise to programs."""
    print_csv(COLUMNS, [_row(step) for step in found.status.plan])


def show_json(found: ForecastReport) -> None:
    """Print the same, and until when it reaches."""
    status, made = found.status, found.status.generated_at
    steps = [dict(zip(COLUMNS, _row(step), strict=True)) for step in status.plan]
    until = {} if made is None else {"generated_at": iso(made), "until": iso(made + HORIZON)}
    print_json({"policy": str(found.key), **until, "verdict": status.verdict, "plan": steps})


def _row(step: PlanStep) -> tuple[str, int, str, str, int | None]:
    return iso(step.start), step.replicas, step.reason, step.source, step.wanted
