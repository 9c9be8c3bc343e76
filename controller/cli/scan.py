"""`headroom scan`: which of many workloads can be forecast, and how much each would gain by it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from controller.cli.histories import Histories, History, from_files
from controller.cli.inputs import LEVEL, Duration
from controller.cli.outputs import (
    make_table,
    percent,
    plain,
    print_csv,
    print_json,
    print_terminal,
    progress,
)
from forecasting import Calendar, FittedForecast, Series, SeriesRefused, fit_batch
from forecasting.batch import DEFAULT_LEAD_TIME, DEFAULT_PLANNING_LEVEL, LONGEST_HISTORY
from forecasting.scan import Finding, assess, rank

DEMAND = ("http-request-rate", "cpu-cores")  # the presets that say how much work there is
SAMPLES_AT_ONCE = 500_000  # fitted together: their backtests take some 100 MB
SOME_FAILED = 1
Problems = Sequence[tuple[str, str]]
FIGURES = ("gain", "rival", "wape", "of_week_naive", "coverage", "origins")  # fields of a Finding


@dataclass(frozen=True, slots=True)
class Planning:
    """How histories are fitted: the clock people live by, the quantile that is planned for, the time capacity takes."""

    calendar: Calendar
    level: float
    lead_time: timedelta


@dataclass(slots=True)
class Outcome:
    """What is found of each workload; the names of the others, and why nothing could be found."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[DIR|FILE]...")
@click.option("--prometheus", metavar="URL|FILE", help="Ask this Prometheus, or the MetricsSource in a YAML file.")
@click.option(
    "--preset", "presets", multiple=True, help=f"Signal to ask for; repeatable. Default: {' and '.join(DEMAND)}."
)
@click.option("--namespace", "-n", "namespaces", multiple=True, help="Namespace to ask for; repeatable. Default: all.")
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_HISTORY.days),
    default=LONGEST_HISTORY.days,
    show_default=True,
    help="How much of the past to learn from.",
)
@click.option(
    "--lead-time", type=Duration(), default=DEFAULT_LEAD_TIME, show_default="5m", help="Time until capacity is there."
)
@click.option(
    "--level", type=LEVEL, default=DEFAULT_PLANNING_LEVEL, show_default=True, help="Quantile that is planned for."
)
@click.option("--time-zone", default="UTC", show_default=True, help="The clock that people live by, Europe/Berlin say.")
@click.option("--format", "shape", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def scan(  # noqa: PLR0913  one parameter a flag
    *,
    paths: tuple[Path, ...],
    prometheus: str | None,
    presets: tuple[str, ...],
    namespaces: tuple[str, ...],
    days: int,
    lead_time: timedelta,
    level: float,
    time_zone: str,
    shape: str,
) -> None:
    """Rank workloads by what a forecast would gain: how much of the best naive forecast's quantile loss it saves.

    They are trace files (CSV of timestamp,value, .gz too), all of a folder, or all that a Prometheus has a signal of.
    First come those whose gate is open: there a forecast may act. Losses are of the planning level, over the first hour
    (the full day where the lead time is longer), from rolling origins in each history. One that cannot be read or
    fitted is shown with its reason; then the exit code is 1.
    """
    if bool(paths) == bool(prometheus):
        raise click.UsageError("give files or folders with traces, or --prometheus")
    if not prometheus and (presets or namespaces):
        raise click.UsageError("--preset and --namespace go with --prometheus")
    planning, span = Planning(Calendar(time_zone), level, lead_time), timedelta(days=days)
    if prometheus:
        from controller.cli.surveys import Wanted, from_source, source_from  # noqa: PLC0415  telemetry is an extra

        now = datetime.now(UTC)  # noqa: TID251  the front door
        wanted = Wanted(presets or DEMAND, namespaces, span)
        with from_source(source_from(prometheus), wanted, now=now) as histories:
            outcome = examine(histories, planning)
    else:
        outcome = examine(from_files(paths, span), planning)
    show = {"table": show_table, "json": show_json, "csv": show_csv}[shape]
    show(rank(outcome.findings), outcome.problems)
    if outcome.problems:
        click.get_current_context().exit(SOME_FAILED)


def examine(histories: Histories, planning: Planning) -> Outcome:
    """Fit every history and say what is found, with a progress bar; what is fitted is not kept."""
    outcome = Outcome()
    with progress("Scanning", histories.total) as done:
        for batch in batches(histories.each):
            fits = iter(fit_each([history for _, history in batch if isinstance(history, Series)], planning))
            for name, history in batch:
                fitted = history if isinstance(history, str) else next(fits)
                if isinstance(fitted, str):
                    outcome.problems.append((name, fitted))
                else:
                    outcome.findings.append(assess(name, fitted, lead_time=planning.lead_time))
            done(len(batch))
    return outcome


def batches(histories: Iterator[History]) -> Iterator[list[History]]:
    """Yield histories in lists that are worth a fit together and not too much for the memory."""
    batch: list[History] = []
    samples = 0
    for name, history in histories:
        batch.append((name, history))
        samples += len(history) if isinstance(history, Series) else 0
        if samples >= SAMPLES_AT_ONCE:
            yield batch
            batch, samples = [], 0
    if batch:
        yield batch


def fit_each(series: Sequence[Series], planning: Planning) -> list[FittedForecast | str]:
    """Return the fit of each, or why there is none; one that is refused does not keep the others from theirs."""
    try:
        return [
            *fit_batch(series, calendar=planning.calendar, planning_level=planning.level, lead_time=planning.lead_time)
        ]
    except SeriesRefused as refused:
        if len(series) == 1:
            return [str(refused)]
    return [fitted for each in series for fitted in fit_each([each], planning)]


def show_table(findings: Sequence[Finding], problems: Problems) -> None:
    """Print one row a workload, and beneath why a forecast may not act, or what is wrong."""
    table = make_table(["workload", "gate"], ["gain", "WAPE", "of week naive", "coverage", "origins"])
    for each in findings:
        gate = "open" if each.gate.open else "closed"
        measured = map(percent, (each.gain, each.wape, each.of_week_naive, each.coverage))
        table.add_row(plain(each.name), gate, *measured, str(each.origins))
    for name, _ in problems:
        table.add_row(plain(name), "failed")
    closed = [f"{each.name}: {each.gate.reason}, {each.gate.message}" for each in findings if not each.gate.open]
    failed = [f"{name}: {why}" for name, why in problems]
    print_terminal(table, *map(plain, [*closed, *failed]))


def show_json(findings: Sequence[Finding], problems: Problems) -> None:
    """Print everything, for programs; the order is the rank."""
    failed = [{"name": name, "problem": why} for name, why in problems]
    print_json({"workloads": [*map(document_of, findings), *failed]})


def document_of(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON, its history in seconds."""
    return {key: item for key, item in asdict(finding).items() if key != "history"} | {
        "history_seconds": finding.history.total_seconds()
    }


def show_csv(findings: Sequence[Finding], problems: Problems) -> None:
    """Print one row a workload; the order is the rank."""
    header = ["name", "gate", "reason", "message", *FIGURES, "problem"]
    rows: list[list[object]] = []
    for each in findings:
        figures = [getattr(each, name) for name in FIGURES]
        rows.append(
            [each.name, "open" if each.gate.open else "closed", each.gate.reason, each.gate.message, *figures, ""]
        )
    rows += [[name, *[""] * (len(header) - 2), why] for name, why in problems]
    print_csv(header, rows)
