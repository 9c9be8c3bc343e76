"""Charts: one Bokeh figure a question, over one shared time range. What the page says around them is the template's."""

from collections.abc import Iterator, Mapping

import numpy as np
from bokeh.layouts import column
from bokeh.models import DataRange1d, FactorRange, LayoutDOM, Range1d, RangeTool
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from controller.reporting.frame import (
    MILLISECONDS,
    WHEN,
    HoverRow,
    add_glyph_hover,
    add_hover,
    finish_legend,
    make_frame,
    share_crosshair,
    source_of,
    time_range,
    tooltip,
)
from controller.reporting.report import Band, DecisionRow, Demand, Latency, Lines, Report
from controller.reporting.sampling import changes, outline, spans
from controller.reporting.style import FORECAST, INK, OURS, QUIET, RIVAL, line_colors
from forecasting.series import Values

MAX_POINTS = 12_000  # a chart: two weeks keep the extremes of every few minutes, and a page stays a few megabytes
MINUTE = 60.0
SMALL = 130  # pixels
OVERVIEW = 84
ROW = 30  # pixels a policy in the chart of misses
AXIS = 34  # pixels of its time axis
LINE = 1.8  # pixels

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
    for number, demand in enumerate(report.demands):
        if demand.season is not None:
            slots[f"season-{number}"] = _season(demand.season, demand.unit)
    if report.violation_minutes is not None:
        slots["violation-minutes"] = _total(report.violation_minutes, "minutes")
    if report.pod_hours is not None:
        slots["pod-hours"] = _total(report.pod_hours, "pod-hours")
    return slots


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
        slots["replicas"] = _replicas(report, report.replicas, x_range)
    if report.latency is not None:
        slots["misses"] = _misses(report.latency, x_range)
        slots["latency"] = _latency(report.latency, x_range)
    return slots


def _demand(demand: Demand, x_range: Range1d) -> figure:
    chart = make_frame(x_range, demand.unit, y_range=DataRange1d(start=0))
    if demand.forecast is not None:
        _add_band(chart, demand.forecast, demand.unit)
    if demand.measured is not None:
        _add_lines(chart, demand.measured, demand.unit, colors=(INK, *line_colors(len(demand.measured.values))))
    return finish_legend(chart)


def _add_band(chart: figure, band: Band, unit: str) -> None:
    kept = outline((band.expected, band.planned), at_most=MAX_POINTS)
    floor = band.expected if band.lower is None else band.lower
    columns = {"expected": band.expected[kept], "planned": band.planned[kept], "floor": floor[kept]}
    table = source_of(band.seconds[kept], columns)
    name = "Planned for"
    chart.varea("t", "floor", "planned", source=table, fill_color=FORECAST, fill_alpha=0.16, legend_label=name)
    chart.line("t", "planned", source=table, line_color=FORECAST, line_dash=[5, 3], legend_label=name)
    chart.line("t", "expected", source=table, line_color=FORECAST, line_width=2, legend_label="Expected")
    labels = {"expected": "Expected", "planned": name}
    add_hover(chart, table, [HoverRow(FORECAST, label, key, unit=unit) for key, label in labels.items()])


def _add_lines(chart: figure, lines: Lines, unit: str, *, colors: tuple[str, ...], steps: bool = False) -> None:
    columns = tuple(lines.values.values())
    kept = changes(columns) if steps else np.arange(len(lines.seconds))
    kept = kept[outline([values[kept] for values in columns], at_most=MAX_POINTS)]
    table = source_of(lines.seconds[kept], {f"y{i}": values[kept] for i, values in enumerate(columns)})
    rows = [HoverRow(colors[i], name, f"y{i}", unit=unit) for i, name in enumerate(lines.values)]
    for row in reversed(rows):  # the first is ours: drawn last, on top
        x, y, name, color = "t", row.column, row.label, row.color
        if steps:
            chart.step(x, y, source=table, mode="after", line_color=color, line_width=LINE, legend_label=name)
        else:
            chart.line(x, y, source=table, line_color=color, line_width=LINE, legend_label=name)
    add_hover(chart, table, rows)


def _replicas(report: Report, lines: Lines, x_range: Range1d) -> figure:
    chart = make_frame(x_range, "replicas", y_range=DataRange1d(start=0))
    for bound in report.bounds or ():
        chart.add_layout(Span(location=bound, dimension="width", line_color=QUIET, line_dash=[2, 4]))
    _add_lines(chart, lines, "replicas", colors=line_colors(len(lines.values)), steps=True)
    if report.decisions:
        _mark_decisions(chart, report.decisions)
    return finish_legend(chart)


def _mark_decisions(chart: figure, decisions: tuple[DecisionRow, ...]) -> None:
    seconds = np.array([row.time.timestamp() for row in decisions])
    columns: dict[str, Values | list[str]] = {
        "before": np.array([row.before for row in decisions], dtype=float),
        "after": np.array([row.after for row in decisions], dtype=float),
        "reason": [row.reason for row in decisions],
        "message": [row.message for row in decisions],
    }
    marks = chart.scatter(
        "t",
        "after",
        source=source_of(seconds, columns),
        size=7,
        line_color=OURS,
        line_width=1.5,
        fill_color="white",
        legend_label="Decision",
    )
    html = tooltip(WHEN, (HoverRow(OURS, "from", "before"), HoverRow(OURS, "to", "after")), "<b>@reason</b>: @message")
    add_glyph_hover(chart, marks, html)


def _misses(latency: Latency, x_range: Range1d) -> figure:
    """One row a policy, marked in every minute it was over the objective."""
    names = list(latency.p95_ms.values)
    colors = line_colors(len(names))
    chart = make_frame(x_range, "", height=ROW * len(names) + AXIS, y_range=FactorRange(factors=names[::-1]))
    chart.ygrid.grid_line_color = None
    for name, color in zip(names, colors, strict=True):
        over = latency.p95_ms.values[name] > latency.limit_ms
        windows = spans(latency.p95_ms.seconds, over, joined_within=MINUTE)
        minutes = np.diff(windows)[:, 0] / MINUTE
        table = source_of(windows[:, 0], {"name": [name] * len(windows), "minutes": minutes})
        table.data["end"] = windows[:, 1] * MILLISECONDS
        marks = chart.hbar(
            "name", left="t", right="end", height=0.6, source=table, fill_color=color, line_color=color, line_width=1.5
        )
        row = HoverRow(color, name, "minutes", number="0,0.[0]", unit="minutes over the objective")
        add_glyph_hover(chart, marks, tooltip("@t{%a %d %b %Y, %H:%M} to @end{%H:%M} UTC", (row,)))
    return chart


def _latency(latency: Latency, x_range: Range1d) -> figure:
    """The latencies on a logarithmic axis: a growing queue is minutes, a good answer a tenth of a second."""
    chart = make_frame(x_range, "p95 latency, ms", y_axis_type="log")
    finite = {name: np.where(np.isfinite(p95), p95, np.nan) for name, p95 in latency.p95_ms.values.items()}
    lines = Lines(latency.p95_ms.seconds, finite)
    _add_lines(chart, lines, "ms", colors=line_colors(len(finite)))
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


def _season(lines: Lines, unit: str) -> LayoutDOM:
    """The parts of the history one under the other, over the history's own time."""
    x_range = time_range(float(lines.seconds[0]), float(lines.seconds[-1]))
    charts = []
    for name, values in lines.values.items():
        chart = make_frame(x_range, unit, height=SMALL)
        _add_lines(chart, Lines(lines.seconds, {name: values}), unit, colors=(INK,))
        chart.title = name
        charts.append(finish_legend(chart))
    share_crosshair(charts)
    return column(charts, sizing_mode="stretch_width")


def _total(lines: Lines, unit: str) -> figure:
    x_range = time_range(float(lines.seconds[0]), float(lines.seconds[-1]))
    chart = make_frame(x_range, f"{unit} since the start", y_range=DataRange1d(start=0))
    _add_lines(chart, lines, unit, colors=line_colors(len(lines.values)))
    return finish_legend(chart)
