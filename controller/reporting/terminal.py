"""Terminal: a Report in a few lines, for people and for logs. Colour and width are the console's business."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import numpy as np
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from controller.reporting.report import Lines, Report
from controller.reporting.wording import MINUS, THIN_SPACE, number, share
from forecasting.series import Values

BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 44  # characters: with labels it fits a terminal of 80
LOOKS_A_CHARACTER = 50  # a spike of minutes shows in a character that stands for hours
ASCII = str.maketrans({MINUS: "-", "→": "->", **dict.fromkeys(BARS, " ")})


def print_report(report: Report, console: Console, *, page: Path | None = None) -> None:
    """Print the verdict, the scores or headlines, demand and replicas as small curves, and where the page is."""
    if console.options.ascii_only:
        spelled = StringIO()
        print_report(report, Console(file=spelled, width=console.width), page=page)
        console.file.write(spelled.getvalue().translate(ASCII).encode("ascii", "replace").decode())
        return
    console.print()
    for part in _parts(report):
        console.print(Padding(part, (0, 0, 1, 1)))
    if page is not None:
        console.print(Text.assemble(" Charts and reasons: ", _text(str(page), "bold")), soft_wrap=True)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text.assemble(_text(report.title, "bold"), "\n", _text(report.subtitle, "dim"))
    yield _text(report.verdict)
    if report.scores:
        yield _scores(report)
    elif report.figures or report.demands:
        yield _figures(report)
    if report.replicas is not None:
        yield _curves(report, report.replicas)


def _text(value: str, style: str = "") -> Text:
    """Return text that cannot steer the terminal: what was read from a cluster may carry escape sequences."""
    value = value.replace(f"{THIN_SPACE}%", "%").replace(THIN_SPACE, ",")  # rich would break lines at any space
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value), style)


def _grid(*, show_header: bool = False) -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=show_header)


def _scores(report: Report) -> Table:
    table = _grid(show_header=True)
    table.add_column("policy")
    for heading in ("minutes over objective", "share", "late requests", "pod-hours", "changes"):
        table.add_column(heading, justify="right")
    for row in report.scores:
        violated, late = share(row.violation_minutes / row.minutes), share(row.late_share)
        cells = (number(row.violation_minutes), violated, late, number(row.pod_hours), number(row.actions))
        table.add_row(_text(row.policy, "bold"), *(_text(cell) for cell in cells))
    return table


def _figures(report: Report) -> Table:
    table = _grid()
    for figure in report.figures:
        table.add_row(_text(figure.label, "dim"), _text(figure.value, "bold"), _text(figure.note))
    for demand in report.demands:
        if demand.gate is not None:
            table.add_row(
                _text(f"Forecast of {demand.name}", "dim"), _text(demand.gate.state, "bold"), _text(demand.gate.message)
            )
    return table


def _curves(report: Report, replicas: Lines) -> Table:
    begin, end = float(replicas.seconds[0]), float(replicas.seconds[-1])
    table = _grid()
    for demand in report.demands:
        if demand.measured is not None:
            measured = next(iter(demand.measured.values.values()))
            _add_curve(table, demand.unit, _looks(demand.measured.seconds, measured, begin, end))
    looks = {name: _looks(replicas.seconds, values, begin, end) for name, values in replicas.values.items()}
    top = max(float(np.nanmax(values)) for values in looks.values())
    for name, values in looks.items():
        _add_curve(table, f"replicas, {name}", values, top)
    return table


def _looks(seconds: Values, values: Values, begin: float, end: float) -> Values:
    """Return the highest value within each character of a curve over [begin, end], shape (CURVE_WIDTH,)."""
    times = np.linspace(begin, end, CURVE_WIDTH * LOOKS_A_CHARACTER)
    held = values[np.maximum(np.searchsorted(seconds, times, side="right") - 1, 0)]
    highest: Values = np.fmax.reduce(held.reshape(CURVE_WIDTH, LOOKS_A_CHARACTER), axis=1)
    return highest


def _add_curve(table: Table, label: str, values: Values, top: float | None = None) -> None:
    known = values[~np.isnan(values)]
    if not known.size:
        return
    height = (top or float(known.max())) or 1.0
    bars = "".join(" " if np.isnan(v) else BARS[min(int(v / height * len(BARS)), len(BARS) - 1)] for v in values)
    table.add_row(_text(label, "dim"), Text(bars, "blue"), _text(f"up to {number(float(known.max()))}"))
