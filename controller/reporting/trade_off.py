"""The chart of a trade-off: what settings cost against what they miss. It has no time axis, so it has its own frame."""

from collections.abc import Sequence

from bokeh.models import BasicTicker, ColumnDataSource, DataRange1d, HoverTool, NumeralTickFormatter, PlainText
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from controller.reporting.frame import LEFT, RIGHT, TALL, HoverRow, tooltip
from controller.reporting.report import TradeOff, TradeOffPoint
from controller.reporting.style import INK, OURS, QUIET

DOT, RING = 9, 18  # pixels


def draw_trade_off(settings: TradeOff) -> figure:
    """Return a chart with a dot for each setting and a line along those that no other beats."""
    chart = figure(
        height=TALL,
        sizing_mode="stretch_width",
        x_axis_label=PlainText(text="pod-hours"),  # else $$ would be read as TeX
        y_axis_label=PlainText(text="minutes over the objective"),
        y_range=DataRange1d(start=0),
        tools="pan,box_zoom,reset",
        min_border_left=LEFT,
        min_border_right=RIGHT,
    )
    chart.toolbar.logo, chart.toolbar.autohide = None, True
    chart.xaxis.formatter = NumeralTickFormatter(format="0,0.[00]")  # settings may lie closer than a pod-hour
    chart.yaxis.formatter, chart.yaxis.ticker = NumeralTickFormatter(format="0,0"), BasicTicker(min_interval=1)
    front = [point for point in settings.by_cost if point.on_front]
    chart.line([each.pod_hours for each in front], [each.minutes for each in front], line_color=OURS, line_width=2)
    taken = [point for point in front if point.is_recommended]
    chart.scatter("cost", "missed", source=_table(taken), size=RING, fill_color=None, line_color=INK, line_width=2)
    _add_dots(chart, [point for point in settings.by_cost if not point.on_front], QUIET)
    _add_dots(chart, front, OURS)
    chart.add_layout(Span(location=settings.allowed_minutes, dimension="width", line_color=INK, line_dash=[6, 4]))
    return chart


def _add_dots(chart: figure, points: Sequence[TradeOffPoint], color: str) -> None:
    dots = chart.scatter("cost", "missed", source=_table(points), size=DOT, color=color)
    rows = (HoverRow(color, "minutes", "missed"), HoverRow(color, "pod-hours", "cost"))
    hover = HoverTool(renderers=[dots], tooltips=tooltip("@name", rows))
    hover.visible = False  # always on: a button that turns reading off helps nobody
    chart.add_tools(hover)


def _table(points: Sequence[TradeOffPoint]) -> ColumnDataSource:
    return ColumnDataSource(
        {
            "name": [point.name for point in points],
            "cost": [point.pod_hours for point in points],
            "missed": [point.minutes for point in points],
        }
    )
