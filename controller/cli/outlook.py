"""`headroom outlook`: replicas 30 or 90 days ahead, of a live policy or from a recorded trace."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import click

from controller.api.capacity_outlook import CapacityOutlook, OutlookDay
from controller.api.demand_event import DemandEvent
from controller.api.forecast_report import ForecastReport, ForecastReportSpec, ForecastReportStatus
from controller.api.policy_status import Memory
from controller.cli.forecast import history_before
from controller.cli.inputs import FILE, UtcTime, load_event, load_single_load
from controller.cli.outputs import check_folder, make_table, plain, print_csv, print_json, print_terminal
from controller.cli.report import Found, fetch_report, plot_report
from controller.errors import InputRefused
from controller.scaling.calendars import calendar_of_days
from controller.scaling.demand_windows import window_of
from controller.scaling.planning.outlook import DAY, LEVELS, Peaks
from controller.scaling.publishing.capacity_runway import tell_runway
from controller.scaling.schedules import schedule_windows
from controller.simulation.traces import read_trace
from forecasting import DailyPeaks, SeriesRefused, peak_outlook
from forecasting.outlook import HORIZON_DAYS

WEEK = 7
COLUMNS = ("lower", "expected", "bound80", "bound95")
HEADERS = ("5 %", "median", "80 % bound", "95 % bound")
NOT_YET = "No outlook has been made for this policy yet; the operator makes one a day."


@click.command()
@click.argument("name", required=False)
@click.option("--namespace", "-n", default="default", show_default=True, help="Namespace of the policy.")
@click.option("--kubeconfig", type=FILE, help="Kubeconfig. Default: KUBECONFIG, else ~/.kube/config.")
@click.option("--trace", type=FILE, help="Look ahead of a recorded load instead; needs --policy.")
@click.option("--policy", "policy_file", type=FILE, help="With --trace: a ScalingPolicy with one load signal, as YAML.")
@click.option("--event", "event_files", type=FILE, multiple=True, help="With --trace: a DemandEvent; repeatable.")
@click.option("--at", type=UtcTime(), help="With --trace: look ahead from here. Default: the trace's end.")
@click.option("--days", type=click.Choice(["30", "90"]), default="90", show_default=True, help="How far to show.")
@click.option("--plot", type=FILE, help="Write a page with the outlook as a chart, as HTML.")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def outlook(  # noqa: PLR0913  one parameter a flag
    *,
    name: str | None,
    namespace: str,
    kubeconfig: Path | None,
    trace: Path | None,
    policy_file: Path | None,
    event_files: tuple[Path, ...],
    at: datetime | None,
    days: str,
    plot: Path | None,
    shape: str,
) -> None:
    """Show the replicas that policy NAME needs on each of the next days, and how long maxReplicas lasts.

    With --trace, what the operator would say at a moment of a recorded trace, by what was known then: at least 28 days.
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
    told = found[0].status.outlook or CapacityOutlook()
    shown = told.model_copy(update={"days": told.days[: int(days)]})
    {"table": show_table, "csv": show_csv, "json": show_json}[shape](found[0], shown)


def of_trace(trace: Path, policy_file: Path | None, events: list[DemandEvent], *, at: datetime | None) -> Found:
    """Return what the operator would say at a moment of a trace, by what was known then. Raises InputRefused."""
    policy, signal = load_single_load(policy_file)
    samples = read_trace(trace)
    past = history_before(samples, at or samples.end)
    try:
        peaks = DailyPeaks.of(past, calendar_of_days(policy.spec, past, events=events))
        made = peak_outlook(peaks, levels=LEVELS)
    except SeriesRefused as problem:
        raise InputRefused(f"there is no outlook from {past.end:%Y-%m-%d} on: {problem}") from problem
    windows = (*map(window_of, events), *schedule_windows(policy.spec, past.end, past.end + HORIZON_DAYS * DAY))
    ahead = Peaks(policy, Memory(), {signal.name: made}, windows).outlook()
    verdict = " ".join(_sentences(ahead))
    status = ForecastReportStatus(generated_at=past.end, verdict=verdict, outlook=ahead)
    return ForecastReport(
        metadata=policy.metadata, spec=ForecastReportSpec(policy=policy.metadata.name), status=status
    ), policy


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
