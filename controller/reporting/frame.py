"""Frame: an empty chart over time with its axes, tools, legend and hover. What is drawn in it is charts.py's.

No model here carries code (CustomJS, custom formatters): BokehJS would have to generate functions from it, which the
page's policy forbids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CrosshairTool,
    HoverTool,
    NoOverlap,
    NumeralTickFormatter,
    PanTool,
    PlainText,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from controller.reporting.report import Focus
from controller.reporting.style import FONT, INK, QUIET, time_ticks
from forecasting.series import Values

if TYPE_CHECKING:
    from bokeh.models.renderers import GlyphRenderer  # generic for type checkers only

TALL = 280  # pixels
LEFT, RIGHT = 84, 44  # pixels beside every plot area, so that one moment is at one place in all charts
MILLISECONDS = 1000.0  # BokehJS counts time in them
WHEN = "@t{%a %d %b %Y, %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class HoverRow:
    """One line of a hover: its colour and label, the column it reads and that number's format."""

    color: str
    label: str
    column: str
    number: str = "0,0.[0]"
    unit: str = ""


class Reading(NamedTuple):
    """What a hover reads: a table with column `t`, and the rows it shows of it."""

    table: ColumnDataSource
    rows: tuple[HoverRow, ...]


def time_range(begin: float, end: float, focus: Focus | None = None) -> Range1d:
    """Return a range over [begin, end] in Unix seconds that opens on `focus` and cannot be dragged outside."""
    opens, closes = (focus.begin, focus.end) if focus else (begin, end)
    bounds = (begin * MILLISECONDS, end * MILLISECONDS)
    return Range1d(start=opens * MILLISECONDS, end=closes * MILLISECONDS, bounds=bounds)


def make_frame(x_range: Range1d, unit: str, *, height: int = TALL, **options: Any) -> figure:  # noqa: ANN401  Bokeh's
    """Return an empty chart whose values are in `unit`; dragging over a stretch of time zooms in."""
    zoom = BoxZoomTool(dimensions="width", description="Drag over a stretch of time to zoom in")
    chart = figure(
        height=height,
        sizing_mode="stretch_width",
        x_range=x_range,
        x_axis_type="datetime",
        y_axis_label=PlainText(text=unit),  # else $$ would be read as TeX
        tools=[zoom, PanTool(dimensions="width"), WheelZoomTool(dimensions="width"), ResetTool()],
        active_drag=zoom,
        active_scroll=None,
        min_border_left=LEFT,
        min_border_right=RIGHT,
        **options,
    )
    chart.toolbar.logo = None
    chart.toolbar.autohide = True
    chart.yaxis.formatter = NumeralTickFormatter(format="0.[00]a")
    chart.xgrid.grid_line_color = None
    chart.xaxis.formatter, chart.xaxis.major_label_policy = time_ticks(), NoOverlap()
    return chart


def source_of(seconds: Values, columns: Mapping[str, Values | Sequence[str]]) -> ColumnDataSource:
    """Return a table for drawing: times in column `t`, numbers in single precision, which no screen can tell."""
    data: dict[str, Any] = {"t": seconds * MILLISECONDS}
    for name, values in columns.items():
        data[name] = values.astype(np.float32) if isinstance(values, np.ndarray) else list(values)
    return ColumnDataSource(data)


def add_hover(chart: figure, reading: Reading) -> None:
    """Show the sample that holds at the pointer's time, wherever in the chart the pointer is."""
    probe = chart.line("t", reading.rows[0].column, source=reading.table, line_alpha=0)
    hover = add_glyph_hover(chart, probe, tooltip(WHEN, reading.rows))
    hover.mode, hover.line_policy, hover.point_policy = "vline", "prev", "follow_mouse"


def add_glyph_hover(chart: figure, glyph: "GlyphRenderer[Any]", html: str) -> HoverTool:
    """Show `html`, filled from the columns beneath the pointer; `t` and `end` are times."""
    hover = HoverTool(renderers=[glyph], tooltips=html, formatters={"@t": "datetime", "@end": "datetime"})
    hover.visible = False  # always on: a button that turns reading off helps nobody
    chart.add_tools(hover)
    return hover


def tooltip(heading: str, rows: Sequence[HoverRow], footer: str = "") -> str:
    """Return a hover's HTML. Labels are data: what could be markup or a placeholder in them is spelled out."""
    lines = [f'<div style="color:{QUIET}">{heading}</div>']
    for row in rows:
        value = f"{literal(row.label)} <b>@{row.column}{{{row.number}}}</b> {literal(row.unit)}"
        lines.append(f'<div><span style="color:{row.color}">&#9632;</span> {value}</div>')
    lines.append(f"<div>{footer}</div>")
    return f'<div style="font:13px {escape(FONT)};color:{INK};max-width:340px">{"".join(lines)}</div>'


def literal(text: str) -> str:
    """Return text as HTML that BokehJS shows as it is: it would fill in words that begin with @ or $."""
    return escape(text).replace("@", "&#64;").replace("$", "&#36;")


def share_crosshair(charts: Sequence[figure]) -> None:
    """Draw one vertical line through all charts at the pointer's time."""
    line = Span(dimension="height", line_color=QUIET, line_width=1, line_dash="dotted")
    for chart in charts:
        chart.add_tools(CrosshairTool(overlay=line, visible=False))


def finish_legend(chart: figure) -> figure:
    """Put the legend above the plot, where it hides nothing; a click hides a line. One line needs no legend.

    Charts are drawn back to front, so the legend is read in the opposite order.
    """
    legend = chart.legend[0]
    legend.items = legend.items[::-1]
    legend.visible = len(legend.items) > 1
    legend.orientation, legend.location = "horizontal", "top_left"
    legend.click_policy = "hide"
    chart.add_layout(legend, "above")
    return chart
