"""Charts: one Bokeh figure a question, over one shared time range. What the page says around them is the template's."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from bokeh.layouts import column
from bokeh.models import BasicTicker, DataRange1d, LayoutDOM, PlainText, Range1d, RangeTool
from bokeh.models.annotations import Span, Title
from bokeh.plotting import figure

from controller.reporting.frame import (
    MILLISECONDS,
    HoverRow,
    Reading,
    add_hover,
    finish_legend,
    make_frame,
    share_crosshair,
    source_of,
    time_range,
)
from controller.reporting.lanes import draw_misses, draw_reasons
from controller.reporting.months_ahead import draw_months_ahead
from controller.reporting.report import Band, Component, Demand, Latency, Lines, Report
from controller.reporting.sampling import changes, outline
from controller.reporting.style import FORECAST, INK, OTHERS, POLICIES, QUIET, RIVAL
from controller.reporting.trade_off import draw_trade_off
from forecasting.series import Values

MAX_POINTS = 12_000  # a chart: two weeks keep the extremes of every few minutes, and a page stays a few megabytes
MAX_DECISIONS = 3000  # with all their candidates about 3 MB, and more than anybody reads
SMALL = 130  # pixels
OVERVIEW = 84
LINE = 1.5  # pixels

Slots = Mapping[str, LayoutDOM]


def draw(report: Report) -> Slots:
    """Return the charts the report has data for, by the slot of the page each belongs in."""
    slots: dict[str, LayoutDOM] = {}
    times = list(_times(report))
    if times:
        begin, end = min(float(t[0]) for t in times), max(float(t[-1]) for t in times)
        x_range = time_range(begin, end, report.focus)
        linked = _linked_charts(report, x_range)
        share_crosshair(list(linked.values()))
        slots.update(linked)
        if report.focus is not None:
            slots["overview"] = _overview(report, time_range(begin, end), x_range)
    return slots | dict(_on_their_own(report))


def _on_their_own(report: Report) -> Iterator[tuple[str, LayoutDOM]]:
    """Yield the charts that do not share the others' time."""
    for number, demand in enumerate(report.demands):
        if demand.season:
            yield f"season-{number}", _season(demand.season)
    if report.violation_minutes is not None:
        yield "violation-minutes", _total(report.violation_minutes, "minutes")
    if report.pod_hours is not None:
        yield "pod-hours", _total(report.pod_hours, "pod-hours")
    if report.months_ahead is not None:
        yield "months-ahead", draw_months_ahead(report.months_ahead)
    if report.trade_off is not None:
        yield "trade-off", draw_trade_off(report.trade_off)


def _times(report: Report) -> Iterator[Values]:
    for demand in report.demands:
        yield from (part.seconds for part in (demand.measured, demand.forecast) if part is not None)
    if report.replicas is not None:
        yield report.replicas.seconds
    if report.latency is not None:
        yield report.latency.p95_ms.seconds


def _linked_charts(report: Report, x_range: Range1d) -> dict[str, figure]:
    slots = {
        f"demand-{number}": _demand(demand, x_range)
        for number, demand in enumerate(report.demands)
        if demand.measured is not None or demand.forecast is not None
    }
    if report.replicas is not None:
        slots["replicas"] = _replicas(report.replicas, report.bounds or (), x_range)
    if report.decisions:
        slots["reasons"] = draw_reasons(report.decisions[-MAX_DECISIONS:], x_range)
    if report.latency is not None:
        slots["misses"] = draw_misses(report.latency, x_range)
        slots["latency"] = _latency(report.latency, x_range)
    return slots


def _demand(demand: Demand, x_range: Range1d) -> figure:
    chart = make_frame(x_range, demand.unit, y_range=DataRange1d(start=0))
    band = None if demand.forecast is None else _draw_band(chart, demand.forecast, demand.unit)
    lines = None if demand.measured is None else _draw_lines(chart, demand.measured, demand.unit, colors=(INK, *OTHERS))
    readings = [reading for reading in (lines, band) if reading is not None]
    add_hover(chart, readings[0] if len(readings) == 1 else _joined(*readings))
    return finish_legend(chart)


def _joined(first: Reading, second: Reading) -> Reading:
    """Return one reading of both at the times of the first; two hovers would lie on top of each other."""
    at, times = first.table.data["t"], second.table.data["t"]
    for row in second.rows:
        values = second.table.data[row.column]
        first.table.data[row.column] = np.interp(at, times, values, left=np.nan, right=np.nan)
    return Reading(first.table, (*first.rows, *second.rows))


def _draw_band(chart: figure, band: Band, unit: str) -> Reading:
    kept = outline((band.expected, band.planned), at_most=MAX_POINTS)
    floor = band.expected if band.lower is None else band.lower
    columns = {"expected": band.expected[kept], "planned": band.planned[kept], "floor": floor[kept]}
    table = source_of(band.seconds[kept], columns)
    name = "Planned for"
    chart.varea("t", "floor", "planned", source=table, fill_color=FORECAST, fill_alpha=0.16, legend_label=name)
    chart.line("t", "planned", source=table, line_color=FORECAST, line_dash=[5, 3], legend_label=name)
    chart.line("t", "expected", source=table, line_color=FORECAST, line_width=2, legend_label="Expected")
    labels = {"expected": "Expected", "planned": name}
    return Reading(table, tuple(HoverRow(FORECAST, label, key, unit=unit) for key, label in labels.items()))


def _draw_lines(chart: figure, lines: Lines, unit: str, colors: Sequence[str], *, steps: bool = False) -> Reading:
    columns = tuple(lines.values.values())
    kept = changes(columns) if steps else np.arange(len(lines.seconds))
    kept = kept[outline([values[kept] for values in columns], at_most=MAX_POINTS)]
    table = source_of(lines.seconds[kept], {f"y{i}": values[kept] for i, values in enumerate(columns)})
    rows = tuple(HoverRow(colors[i % len(colors)], name, f"y{i}", unit=unit) for i, name in enumerate(lines.values))
    for row in reversed(rows):  # the first is ours: drawn last, on top
        x, y, name, color = "t", row.column, row.label, row.color
        if steps:
            chart.step(x, y, source=table, mode="after", line_color=color, line_width=LINE, legend_label=name)
        else:
            chart.line(x, y, source=table, line_color=color, line_width=LINE, legend_label=name)
    return Reading(table, rows)


def _replicas(lines: Lines, bounds: tuple[int, ...], x_range: Range1d) -> figure:
    chart = make_frame(x_range, "replicas", y_range=DataRange1d(start=0))
    for bound in bounds:
        chart.add_layout(Span(location=bound, dimension="width", line_color=QUIET, line_dash=[2, 4]))
    add_hover(chart, _draw_lines(chart, lines, "replicas", POLICIES, steps=True))
    return finish_legend(chart)


def _latency(latency: Latency, x_range: Range1d) -> figure:
    """The latencies on a logarithmic axis: a growing queue is minutes, a good answer a tenth of a second."""
    chart = make_frame(x_range, "p95 latency, ms", y_axis_type="log")
    finite = {name: np.where(np.isfinite(p95), p95, np.nan) for name, p95 in latency.p95_ms.values.items()}
    add_hover(chart, _draw_lines(chart, Lines(latency.p95_ms.seconds, finite), "ms", POLICIES))
    chart.add_layout(Span(location=latency.limit_ms, dimension="width", line_color=INK, line_dash=[6, 4]))
    return finish_legend(chart)


def _overview(report: Report, whole: Range1d, window: Range1d) -> figure:
    """The whole time at a glance, with a window to drag that moves all other charts."""
    chart = make_frame(whole, "", height=OVERVIEW)
    chart.toolbar_location, chart.yaxis.visible, chart.ygrid.grid_line_color = None, False, None
    lines = next((demand.measured for demand in report.demands if demand.measured is not None), report.replicas)
    if lines is not None:
        first = next(iter(lines.values.values()))
        kept = outline((first,), at_most=MAX_POINTS // 4)
        chart.varea(lines.seconds[kept] * MILLISECONDS, 0, first[kept], fill_color=QUIET, fill_alpha=0.35)
    tool = RangeTool(x_range=window)
    tool.overlay.fill_color, tool.overlay.fill_alpha, tool.overlay.line_color = RIVAL, 0.12, RIVAL
    chart.add_tools(tool)
    return chart


def _season(components: tuple[Component, ...]) -> LayoutDOM:
    """The parts of the history one under the other, over the history's own time."""
    seconds = components[0].seconds
    x_range = time_range(float(seconds[0]), float(seconds[-1]))
    charts = []
    for part in components:
        chart = make_frame(x_range, "", height=SMALL)
        chart.title, chart.toolbar_location = Title(text=PlainText(text=f"{part.name}, {part.unit}")), None
        chart.yaxis.ticker = BasicTicker(desired_num_ticks=3)
        add_hover(chart, _draw_lines(chart, Lines(part.seconds, {part.name: part.values}), part.unit, colors=(INK,)))
        charts.append(finish_legend(chart))
    share_crosshair(charts)
    return column(*charts, sizing_mode="stretch_width")


def _total(lines: Lines, unit: str) -> figure:
    x_range = time_range(float(lines.seconds[0]), float(lines.seconds[-1]))
    chart = make_frame(x_range, f"{unit} since the start", y_range=DataRange1d(start=0))
    add_hover(chart, _draw_lines(chart, lines, unit, POLICIES))
    return finish_legend(chart)
