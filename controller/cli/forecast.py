"""`headroom forecast`: what is expected of a recorded trace from given moments on, as numbers for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.table import Table

from controller.cli.reading.calendars import People, knows_people
from controller.cli.reading.moments import history_before
from controller.cli.reading.values import FILE, LEVEL, Horizon, UtcTime
from controller.cli.showing.outputs import (
    check_folder,
    figure,
    gate_sentence,
    iso,
    make_table,
    plain,
    print_csv,
    print_json,
    print_terminal,
    progress,
    write_plot,
)
from controller.errors import InputRefused
from controller.simulation.traces import read_trace
from forecasting import Calendar, FittedForecast, Forecast, Series, SeriesRefused, fit
from forecasting.fitted import DEFAULT_LEVELS

HOUR = timedelta(hours=1)
Made = tuple[FittedForecast, Forecast]


@click.command()
@click.argument("trace", type=FILE)
@click.option(
    "--at", "moments", type=UtcTime(), multiple=True, help="Forecast from here; repeatable. Default: the trace's end."
)
@click.option("--horizon", type=Horizon(), default="24h", show_default=True, help="How far to look ahead.")
@click.option(
    "--level",
    "levels",
    type=LEVEL,
    multiple=True,
    default=DEFAULT_LEVELS,
    show_default=True,
    help="Quantile; repeatable.",
)
@knows_people
@click.option("--format", "shape", type=click.Choice(["csv", "json", "table"]), default="csv", show_default=True)
@click.option("--plot", type=FILE, help="Write a page with the forecast as a chart, as HTML.")
def forecast(
    *,
    trace: Path,
    moments: tuple[datetime, ...],
    horizon: timedelta,
    levels: tuple[float, ...],
    people: People,
    shape: str,
    plot: Path | None,
) -> None:
    """Forecast a recorded trace from given moments on, by what was known at each of them and nothing else.

    TRACE is a CSV of timestamp,value (.gz too): ISO 8601 times, any regular step from 15 s to 1 h, missing values
    empty. Samples whose step ends after --at are not known; of the others at most the last 28 days, and earlier
    holidays, are learned from.
    An --at between two steps counts as the earlier one: the column origin says where a forecast begins.
    """
    check_folder(plot)
    check_distinct("--level", levels)
    samples = read_trace(trace)
    calendar = people.calendar(samples)
    pasts = [history_before(samples, moment) for moment in moments or (samples.end,)]
    check_distinct("--at", [iso(past.end) for past in pasts])
    made: list[Made] = []
    with progress("Forecasting", len(pasts)) as done:
        for past in pasts:
            made.append(forecast_from(past, calendar, horizon, levels=levels))
            done(1)
    if plot is not None:
        from controller.reporting.forecast_plot import from_forecasts  # noqa: PLC0415  bokeh is an extra

        write_plot(from_forecasts(trace.name, samples, made), plot)
    show = {"csv": show_csv, "json": show_json, "table": show_table}[shape]
    show(trace.name, made)


def check_distinct(flag: str, given: Sequence[object]) -> None:
    """Raise InputRefused where a repeatable flag says the same twice: rows of the answer could not be told apart."""
    doubled = [each for number, each in enumerate(given) if each in given[:number]]
    if doubled:
        raise InputRefused(f"{flag} gives {doubled[0]} twice; name each once (moments within one step are the same)")


def forecast_from(past: Series, calendar: Calendar, horizon: timedelta, *, levels: Sequence[float]) -> Made:
    """Return what the past teaches, and what is expected from its end on."""
    try:
        fitted = fit(past, calendar=calendar)
    except SeriesRefused as problem:
        raise InputRefused(f"there is no forecast from {iso(past.end)}: {problem}") from problem
    return fitted, fitted.forecast(horizon, levels)


def rows_of(forecast: Forecast) -> Iterator[tuple[datetime, list[float]]]:
    """Yield the begin of each step, and the point and the quantiles there."""
    for step, values in enumerate(forecast.paths.T.tolist()):
        yield forecast.origin + step * forecast.step, values


def columns_of(forecast: Forecast) -> list[str]:
    """Return the names of a forecast's values: the point, and each quantile by its level."""
    return ["point", *(f"q{level!r}" for level in forecast.levels)]


def show_csv(_name: str, made: Sequence[Made]) -> None:
    """Print one row a step; the columns are a promise to programs."""
    rows = ([iso(each.origin), iso(at), *values] for _, each in made for at, values in rows_of(each))
    print_csv(["origin", "timestamp", *columns_of(made[0][1])], rows)


def show_json(name: str, made: Sequence[Made]) -> None:
    """Print the same and what it rests on."""
    print_json({"trace": name, "forecasts": [document_of(fitted, forecast) for fitted, forecast in made]})


def document_of(fitted: FittedForecast, forecast: Forecast) -> dict[str, object]:
    """Return one forecast as JSON."""
    columns = columns_of(forecast)
    return {
        "origin": iso(forecast.origin),
        "step_seconds": forecast.step.total_seconds(),
        "history_seconds": fitted.history.total_seconds(),
        "gate": asdict(fitted.gate),
        "weights": {each.name: each.weight for each in fitted.weights},
        "values": [
            {"timestamp": iso(at), **dict(zip(columns, values, strict=True))} for at, values in rows_of(forecast)
        ],
    }


def show_table(name: str, made: Sequence[Made]) -> None:
    """Print each forecast, and whether it may act."""
    for fitted, forecast in made:
        every = "" if forecast.step >= HOUR else f", one step of {forecast.step.total_seconds():g} s an hour"
        print_terminal(
            plain(f"{name} from {forecast.origin:%Y-%m-%d %H:%M} UTC{every}"),
            table_of(forecast),
            plain(gate_sentence(fitted.gate)),
            "",
        )


def table_of(forecast: Forecast) -> Table:
    """Return one forecast as a table in the trace's own unit: one row an hour, which is what a screen has room for."""
    table = make_table(["step begins (UTC)"], columns_of(forecast))
    for number, (at, values) in enumerate(rows_of(forecast)):
        if number % max(1, HOUR // forecast.step) == 0:
            table.add_row(f"{at:%a %Y-%m-%d %H:%M}", *map(figure, values))
    return table
