"""What commands print: numbers for programs on standard output, tables for people, progress beside both.

Standard output carries the answer and nothing else, so that it can be piped; a picture goes into a file of its own.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console, RenderableType
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from controller.api.forecast_report import ForecastReport
from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused
from controller.reporting.forecast_report import from_forecast_report
from controller.reporting.report import Report
from forecasting import Gate

UNKNOWN = "-"
SIGNIFICANT = 4  # digits of a number in a table: more than any forecast deserves


def iso(moment: datetime) -> str:
    """Return a moment in ISO 8601, in UTC: `2014-12-01T00:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def print_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as CSV: floats with all their digits, NaN as an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if _is_nan(value) else value for value in row] for row in rows)
    click.echo(text.getvalue(), nl=False)


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document as JSON; what is not finite is null."""
    click.echo(json.dumps(_finite(document), indent=2, allow_nan=False))


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _finite(value: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def gate_sentence(gate: Gate) -> str:
    """Return a gate's verdict, the word for it and its figures."""
    nevertheless = "" if gate.open or not gate.short_term else " Its bound over the lead time acts nevertheless."
    return f"The gate is {'open' if gate.open else 'closed'} ({gate.reason}): {gate.message}.{nevertheless}"


def make_table(names: Sequence[str], numbers: Sequence[str]) -> Table:
    """Return an empty table: columns of names on the left, of numbers set to the right."""
    table = Table(box=SIMPLE)
    for header in names:
        table.add_column(header, overflow="fold")  # a name cut short is no name
    for header in numbers:
        table.add_column(header, justify="right")
    return table


def print_terminal(*parts: RenderableType) -> None:
    """Print what people read."""
    console = Console(highlight=False)
    for part in parts:
        console.print(part)


def plain(text: str) -> Text:
    """Return text that cannot steer a terminal: names of files and workloads come from anywhere."""
    return Text("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))


def figure(value: float) -> str:
    """Return a number for people, with four digits that count, or all of a larger whole number."""
    if math.isnan(value):
        return UNKNOWN
    magnitude = math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 0
    return f"{value:,.{max(0, SIGNIFICANT - 1 - magnitude)}f}"


def percent(part: float) -> str:
    """Return a share as a percentage."""
    return UNKNOWN if math.isnan(part) else f"{part:.1%}"


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show on standard error, where that is a terminal, how far work has come; call the result with what is done."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        yield partial(bar.advance, bar.add_task(what, total=total))


def check_folder(path: Path | None, option: str = "--plot") -> None:
    """Raise InputRefused where a file is asked for in a folder that is not there: before the work, not after it."""
    if path is not None and not path.parent.is_dir():
        raise InputRefused(f"{option} {path} cannot be written: there is no folder {path.parent}")


def write_plot(report: Report, path: Path, option: str = "--plot") -> None:
    """Write a page with charts. Raises InputRefused where the file cannot be written."""
    from controller.reporting.page import render_page  # noqa: PLC0415  bokeh is an extra, and only pictures need it

    try:
        path.write_text(render_page(report), encoding="utf-8")
    except OSError as problem:
        raise InputRefused(f"{option} {path} cannot be written: {problem}") from problem


def plot_report(found: ForecastReport, policy: ScalingPolicy | None, path: Path | None) -> None:
    """Write a ForecastReport as a page, where one is asked for. Raises InputRefused where it cannot be written."""
    if path is not None:
        write_plot(from_forecast_report(found, policy), path)
