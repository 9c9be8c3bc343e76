"""The chart of the months ahead: replicas that each day's peak needs, with bounds, and the lines that limit them."""

from bokeh.models import DataRange1d
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from controller.reporting.frame import HoverRow, Reading, add_hover, finish_legend, make_frame, source_of, time_range
from controller.reporting.report import MonthsAhead
from controller.reporting.style import FORECAST, RIVAL

UNIT = "replicas"
NAMES = {"bound95": "95 % bound", "bound80": "80 % bound", "expected": "median"}
DASHES = {"bound95": [5, 3], "bound80": [2, 3], "expected": []}


def draw_months_ahead(ahead: MonthsAhead) -> figure:
    """Return the chart, over its own time: the others show days."""
    chart = make_frame(
        time_range(float(ahead.seconds[0]), float(ahead.seconds[-1])), UNIT, y_range=DataRange1d(start=0)
    )
    columns = {name: getattr(ahead, name) for name in ("lower", *NAMES)}
    table = source_of(ahead.seconds, columns)
    chart.varea("t", "lower", "bound95", source=table, fill_color=FORECAST, fill_alpha=0.16, legend_label="5 to 95 %")
    for name, label in NAMES.items():
        width = 1 if DASHES[name] else 2
        chart.line(
            "t", name, source=table, line_color=FORECAST, line_dash=DASHES[name], line_width=width, legend_label=label
        )
    for limit in ahead.limits.values():
        chart.add_layout(Span(location=limit, dimension="width", line_color=RIVAL, line_dash=[6, 4]))
    add_hover(chart, Reading(table, tuple(HoverRow(FORECAST, label, name, unit=UNIT) for name, label in NAMES.items())))
    return finish_legend(chart)
