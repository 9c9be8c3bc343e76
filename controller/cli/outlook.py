"""`headroom outlook`: replicas 30 or 90 days ahead, of a live policy or from a recorded trace."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from controller.api.capacity_outlook import CapacityOutlook, OutlookDay
from controller.api.forecast_report import ForecastReport, ForecastReportSpec, ForecastReportStatus
from controller.api.policy_status import Memory
from controller.cli.reading.subjects import Recorded, Subject, looks_ahead
from controller.cli.reading.values import FILE
from controller.cli.showing.outputs import (
    check_folder,
    make_table,
    plain,
    plot_report,
    print_csv,
    print_json,
    print_terminal,
)
from controller.errors import InputRefused
from controller.scaling.dates.calendars import calendar_of_days
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.planning.budget import budget_limit
from controller.scaling.planning.outlook import DAY, LEVELS, Peaks
from controller.scaling.publishing.capacity_runway import tell_runway
from forecasting import DailyPeaks, SeriesRefused, peak_outlook
from forecasting.outlook import HORIZON_DAYS

WEEK = 7
COLUMNS = ("lower", "expected", "bound80", "bound95")
HEADERS = ("5 %", "median", "80 % bound", "95 % bound")
NOT_YET = "No outlook has been made for this policy yet; the operator makes one a day."


@click.command()
@looks_ahead
@click.option("--days", type=click.Choice(["30", "90"]), default="90", show_default=True, help="How far to show.")
@click.option("--plot", type=FILE, help="Write a page with the outlook as a chart, as HTML.")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def outlook(*, subject: Subject, days: str, plot: Path | None, shape: str) -> None:
    """Show the replicas that policy NAME needs on each of the next days, and how long maxReplicas lasts.

    With --trace, what the operator would say at a moment of a recorded trace, by what was known then: at least 28 days.
    """
    check_folder(plot)
    found = subject.report(of_trace)
    plot_report(*found, plot)
    told = found[0].status.outlook or CapacityOutlook()
    shown = told.model_copy(update={"days": told.days[: int(days)]})
    {"table": show_table, "csv": show_csv, "json": show_json}[shape](found[0], shown)
    if shape == "table" and subject.unit:
        print_terminal(plain(subject.unit))


def of_trace(recorded: Recorded) -> ForecastReport:
    """Return what the operator would say at a moment of a trace. Raises InputRefused."""
    policy, past, events = recorded.policy, recorded.past, recorded.events
    try:
        peaks = DailyPeaks.of(past, calendar_of_days(policy.spec, past, events=events))
        made = peak_outlook(peaks, levels=LEVELS)
    except SeriesRefused as problem:
        raise InputRefused(f"there is no outlook from {past.end:%Y-%m-%d} on: {problem}") from problem
    windows = (*map(window_of, events), *schedule_windows(policy.spec, past.end, past.end + HORIZON_DAYS * DAY))
    limits = [limit for limit in [budget_limit(policy, [])] if limit]
    ahead = Peaks(policy, Memory(), {recorded.signal.name: made}, windows).outlook(limits)
    verdict = " ".join(_sentences(ahead))
    return ForecastReport(
        metadata=policy.metadata,
        spec=ForecastReportSpec(policy=policy.metadata.name),
        status=ForecastReportStatus(generated_at=past.end, verdict=verdict, outlook=ahead),
    )


def show_table(_found: ForecastReport, shown: CapacityOutlook) -> None:
    """Print the highest of each week, how long limits last, and what it rests on."""
    table = make_table(["replicas, week from"], HEADERS)
    for week in _weeks(shown):
        highest = (max(getattr(day, column) for day in week) for column in COLUMNS)
        table.add_row(str(week[0].date), *map(str, highest))
    told = [plain(sentence) for sentence in _sentences(shown)]
    print_terminal(*([table] if shown.days else []), *(told or [plain(NOT_YET)]))


def show_csv(_found: ForecastReport, shown: CapacityOutlook) -> None:
    """Print one row a day; the columns are a promise to programs."""
    print_csv(["date", *COLUMNS], [[day.date, *(getattr(day, column) for column in COLUMNS)] for day in shown.days])


def show_json(found: ForecastReport, shown: CapacityOutlook) -> None:
    """Print the same, as the ForecastReport has it."""
    print_json({"policy": str(found.key), **shown.model_dump(mode="json", by_alias=True)})


def _weeks(shown: CapacityOutlook) -> Iterator[tuple[OutlookDay, ...]]:
    days = iter(shown.days)
    while week := tuple(islice(days, WEEK)):
        yield week


def _sentences(shown: CapacityOutlook) -> list[str]:
    """Return how long limits last, what that rests on, and which signals have no outlook."""
    told = [f"{tell_runway(runway)}; {runway.basis}." for runway in shown.runways]
    if not told:
        told = [f"{signal.name}: {signal.message}." for signal in shown.signals if signal.message]
    return [f"{each[0].upper()}{each[1:]}" for each in told]
