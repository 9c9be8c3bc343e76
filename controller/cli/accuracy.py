"""`headroom accuracy`: how good forecasts of a recorded trace were, measured from outside, beside naive ones."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple
from datetime import timedelta
from pathlib import Path

import click
from rich.table import Table

from controller.cli.reading.calendars import People, knows_people
from controller.cli.reading.values import FILE, LEVEL, Horizon
from controller.cli.showing.outputs import (
    UNKNOWN,
    check_folder,
    figure,
    gate_sentence,
    iso,
    make_table,
    percent,
    plain,
    print_csv,
    print_json,
    print_terminal,
    progress,
    write_plot,
)
from controller.simulation.traces import read_trace
from forecasting import Calendar, Score, Series, fit
from forecasting.out_of_sample import FEWEST_ORIGINS, Attempt, Record, attempt, records_of, rolling_origins

HOUR = timedelta(hours=1)
MOST_ORIGINS = 1000  # each is a fit: a few minutes of them
MEASURES = ("mase", "wape", "quantile_loss", "coverage")


@click.command()
@click.argument("trace", type=FILE)
@click.option(
    "--origins",
    type=click.IntRange(FEWEST_ORIGINS, MOST_ORIGINS),
    default=12,
    show_default=True,
    help="Moments to forecast from, as far as there is room for them.",
)
@click.option("--horizon", type=Horizon(), default="24h", show_default=True, help="How far to look ahead.")
@click.option("--level", type=LEVEL, default=0.95, show_default=True, help="The quantile that capacity is planned for.")
@knows_people
@click.option("--format", "shape", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--plot", type=FILE, help="Write a page with the forecasts as a chart, as HTML.")
def accuracy(
    *,
    trace: Path,
    origins: int,
    horizon: timedelta,
    level: float,
    people: People,
    shape: str,
    plot: Path | None,
) -> None:
    """Show how good forecasts of a trace were from origins at mixed hours of its newest 40 %.

    Each is made from at most 28 days before its origin, and from earlier holidays, and held against what came. The
    combination is judged by the quantile it gave; all others by that of their own errors at the other origins, later
    ones too, which favours them. MASE and quantile loss are in units of the day naive's error within the history, WAPE
    is a share of demand; lower is better. Coverage is best at the level. Weights are those of the newest fit.
    """
    check_folder(plot)
    samples = read_trace(trace)
    calendar = people.calendar(samples)
    attempts = attempts_at(samples, calendar, horizon=horizon, level=level, origins=origins)
    records = records_of(attempts)
    if plot is not None:
        from controller.reporting.forecast_plot import from_attempts  # noqa: PLC0415  bokeh is an extra

        write_plot(from_attempts(trace.name, samples, attempts, records), plot)
    show = {"table": show_table, "json": show_json, "csv": show_csv}[shape]
    show(trace.name, attempts, records)


def attempts_at(
    samples: Series, calendar: Calendar, *, horizon: timedelta, level: float, origins: int
) -> list[Attempt]:
    """Return what is forecast from each origin by what was known there, oldest first, with a progress bar."""
    attempts = []
    moments = rolling_origins(samples, origins, horizon)
    with progress("Forecasting", len(moments)) as done:
        for moment in moments:
            past = samples.between(samples.start, moment)  # all of it, for holidays of long ago
            fitted = fit(past, calendar=calendar, planning_level=level)
            attempts.append(attempt(samples, fitted, horizon=horizon, level=level))
            done(1)
    return attempts


def show_table(name: str, attempts: Sequence[Attempt], records: Sequence[Record]) -> None:
    """Print the scores over the first hour, over the full horizon, and whether a forecast may act."""
    newest = attempts[-1]
    horizon = len(newest.truth) * newest.fitted.step / HOUR
    origins = f"{len(attempts)} origins from {attempts[0].fitted.origin:%Y-%m-%d %H:%M}"
    print_terminal(
        plain(f"{name}: {origins} to {newest.fitted.origin:%Y-%m-%d %H:%M} UTC, bound at {newest.level:g}"),
        table_of("first hour", [(each, each.first_hour) for each in records]),
        table_of(f"full {horizon:g} hours", [(each, each.full_horizon) for each in records]),
        plain(gate_sentence(newest.fitted.gate)),
    )


def table_of(window: str, scores: Sequence[tuple[Record, Score]]) -> Table:
    """Return one row a forecaster."""
    table = make_table([window], ["weight", "MASE", "WAPE", "quantile loss", "coverage", "origins"])
    for record, score in scores:
        weight = UNKNOWN if record.weight is None else percent(record.weight)
        measured = figure(score.mase), percent(score.wape), figure(score.quantile_loss), percent(score.coverage)
        table.add_row(record.name, weight, *measured, str(record.origins))
    return table


def show_json(name: str, attempts: Sequence[Attempt], records: Sequence[Record]) -> None:
    """Print every score, for programs."""
    newest = attempts[-1]
    print_json(
        {
            "trace": name,
            "origins": [iso(each.fitted.origin) for each in attempts],
            "horizon_seconds": len(newest.truth) * newest.fitted.step.total_seconds(),
            "level": newest.level,
            "gate": asdict(newest.fitted.gate),
            "forecasters": [asdict(each) for each in records],
        }
    )


def show_csv(_name: str, _attempts: Sequence[Attempt], records: Sequence[Record]) -> None:
    """Print one row a forecaster and window."""
    print_csv(
        ["forecaster", "window", "weight", "origins", *MEASURES], (row for each in records for row in rows_of(each))
    )


def rows_of(record: Record) -> Iterator[list[object]]:
    """Yield a forecaster's row for each window."""
    for window, score in (("first_hour", record.first_hour), ("full_horizon", record.full_horizon)):
        yield [record.name, window, record.weight, record.origins, *astuple(score)]
