"""`headroom scan`: which of many workloads can be forecast, and how much each would gain by it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from controller.cli.reading.calendars import People, knows_people
from controller.cli.reading.histories import Histories, History, from_files
from controller.cli.reading.values import LEVEL, LeadTime
from controller.cli.showing.outputs import (
    make_table,
    percent,
    plain,
    print_csv,
    print_json,
    print_terminal,
    progress,
)
from controller.cli.trying.gains import Gain, Wish, check_wish, gains_of, gains_table, write_policies
from controller.cli.trying.side_by_side import JOBS, workers
from forecasting import FittedForecast, Series, SeriesRefused, fit_batch
from forecasting.batch import DEFAULT_LEAD_TIME, DEFAULT_PLANNING_LEVEL, LONGEST_HISTORY
from forecasting.scan import Finding, assess, rank

DEMAND = ("http-request-rate", "cpu-cores")  # the presets that say how much work there is
SAMPLES_AT_ONCE = 500_000  # fitted together: their backtests take some 100 MB
SOME_FAILED = 1
BEST = 5  # policies that --write leaves by default: as many as a team looks at in a day
FOLDER = click.Path(file_okay=False, path_type=Path)
RATIOS = ("minutes_of_hpa", "cost_of_hpa")  # of those that were replayed
Problems = Sequence[tuple[str, str]]
FIGURES = ("gain", "rival", "wape", "of_week_naive", "coverage", "origins")  # fields of a Finding


@dataclass(frozen=True, slots=True)
class Planning:
    """How histories are fitted: the people behind them, the quantile that is planned for, the time capacity takes."""

    people: People
    level: float
    lead_time: timedelta


@dataclass(slots=True)
class Outcome:
    """What is found of each workload, the histories of the best; the others' names, and why nothing was found."""

    findings: list[Finding] = field(default_factory=list)
    best: dict[Finding, Series] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def add(self, finding: Finding, history: Series) -> None:
        """Take in what is found of a workload."""
        self.findings.append(finding)
        self.best[finding] = history

    def forget(self, keep: int) -> None:
        """Keep the histories of so many of the best alone."""
        self.best = {finding: self.best[finding] for finding in rank(self.best)[:keep]}


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
    "--lead-time",
    type=LeadTime(),
    default=f"{DEFAULT_LEAD_TIME // timedelta(minutes=1)}m",
    show_default=True,
    help="Time until capacity is there.",
)
@click.option(
    "--level", type=LEVEL, default=DEFAULT_PLANNING_LEVEL, show_default=True, help="Quantile that is planned for."
)
@knows_people
@click.option("--best", type=click.IntRange(1, 100), help="Replay so many of the best beside an HPA, and rank these.")
@click.option(
    "--write", type=FOLDER, help=f"Write a policy for each of the best (--best, or {BEST}) into a new folder."
)
@click.option("--jobs", type=JOBS, help="With --best or --write: replays at a time. Default: one for each processor.")
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
    people: People,
    best: int | None,
    write: Path | None,
    jobs: int | None,
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
    wish, keep = Wish(level, lead_time, people), best or (BEST if write else 0)
    if jobs and not keep:
        raise click.UsageError("--jobs goes with --best or --write: without them nothing is replayed")
    if keep:
        check_wish(wish, write)
    planning, span = Planning(people, level, lead_time), timedelta(days=days)
    with _surveyed(prometheus, presets, namespaces, span=span) if prometheus else nullcontext() as live:
        outcome = examine(live or from_files(paths, span), planning, keep=keep)
    gains = _gains(outcome, wish, jobs) if keep else ()
    show = {"table": show_table, "json": show_json, "csv": show_csv}[shape]
    show(rank(outcome.findings), outcome.problems, gains)
    if write is not None:
        write_policies(write, gains, wish)
    if outcome.problems:
        click.get_current_context().exit(SOME_FAILED)


@contextmanager
def _surveyed(
    prometheus: str, presets: Sequence[str], namespaces: Sequence[str], *, span: timedelta
) -> Iterator[Histories]:
    """Hand out the histories that a Prometheus, or the MetricsSource in a file, has of these presets."""
    from controller.cli.reading.surveys import Wanted, from_source, source_from  # noqa: PLC0415  telemetry is an extra

    now = datetime.now(UTC)  # noqa: TID251  the front door
    with from_source(source_from(prometheus), Wanted(presets or DEMAND, namespaces, span), now=now) as histories:
        yield histories


def _gains(outcome: Outcome, wish: Wish, jobs: int | None) -> Sequence[Gain]:
    """Return what each of the best would gain, by a replay."""
    histories = {finding.name: history for finding, history in outcome.best.items()}
    with workers(jobs) as executor:
        return gains_of(histories, wish, executor)


def examine(histories: Histories, planning: Planning, *, keep: int = 0) -> Outcome:
    """Fit every history and say what is found, with a progress bar; only the histories of the best are kept."""
    outcome = Outcome()
    with progress("Scanning", histories.total) as done:
        for batch in batches(histories.each):
            fits = iter(fit_each([history for _, history in batch if isinstance(history, Series)], planning))
            for name, history in batch:
                fitted = history if isinstance(history, str) else next(fits)
                if isinstance(fitted, str) or isinstance(history, str):
                    outcome.problems.append((name, str(fitted)))
                else:
                    outcome.add(assess(name, fitted, lead_time=planning.lead_time), history)
            outcome.forget(keep)
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
    if not series:
        return []
    calendar = planning.people.calendar(*series)
    try:
        return [*fit_batch(series, calendar=calendar, planning_level=planning.level, lead_time=planning.lead_time)]
    except SeriesRefused as refused:
        if len(series) == 1:
            return [str(refused)]
    return [fitted for each in series for fitted in fit_each([each], planning)]


def show_table(findings: Sequence[Finding], problems: Problems, gains: Sequence[Gain]) -> None:
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
    print_terminal(table, *map(plain, [*closed, *failed]), *([gains_table(gains)] if gains else []))


def show_json(findings: Sequence[Finding], problems: Problems, gains: Sequence[Gain]) -> None:
    """Print everything, for programs; the order is the rank."""
    failed = [{"name": name, "problem": why} for name, why in problems]
    replayed = {"gains": [asdict(gain) for gain in gains]} if gains else {}
    print_json({"workloads": [*map(document_of, findings), *failed], **replayed})


def document_of(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON, its history in seconds."""
    return {key: item for key, item in asdict(finding).items() if key != "history"} | {
        "history_seconds": finding.history.total_seconds()
    }


def show_csv(findings: Sequence[Finding], problems: Problems, gains: Sequence[Gain]) -> None:
    """Print one row a workload; the order is the rank."""
    replayed = {gain.name: [gain.minutes, gain.cost] for gain in gains}
    header = ["name", "gate", "reason", "message", *FIGURES, "problem", *(RATIOS if gains else [])]
    rows: list[list[object]] = []
    for each in findings:
        figures = [getattr(each, name) for name in FIGURES]
        rows.append(
            [
                *(each.name, "open" if each.gate.open else "closed", each.gate.reason, each.gate.message, *figures, ""),
                *replayed.get(each.name, [""] * (len(RATIOS) if gains else 0)),
            ]
        )
    rows += [[name, *[""] * (3 + len(FIGURES)), why, *([""] * len(RATIOS) if gains else [])] for name, why in problems]
    print_csv(header, rows)
