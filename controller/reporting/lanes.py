"""Lanes: charts with a row for each name and a mark wherever something happened to it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from bokeh.models import FixedTicker, PlainText, Range1d
from bokeh.models.annotations import Label
from bokeh.plotting import figure

from controller.reporting.frame import MILLISECONDS, WHEN, HoverRow, add_glyph_hover, make_frame, source_of, tooltip
from controller.reporting.report import DecisionRow, Latency
from controller.reporting.sampling import spans
from controller.reporting.style import FONT, OURS, POLICIES, QUIET

MINUTE = 60.0
LANE = 40  # pixels: a name above, marks beneath it
AXIS = 40  # pixels of the time axis
MARKS = 0.16  # of a lane beneath its middle
THICK = 0.4  # of a lane


def draw_misses(latency: Latency, x_range: Range1d) -> figure:
    """Return a lane for each policy, ours on top, marked wherever it was over the objective."""
    p95_ms = latency.p95_ms.values
    chart = _lanes(tuple(p95_ms), x_range)
    for lane, name in enumerate(p95_ms):
        color = POLICIES[lane % len(POLICIES)]
        windows = spans(latency.p95_ms.seconds, p95_ms[name] > latency.limit_ms, joined_within=MINUTE)
        table = source_of(windows[:, 0], {"minutes": np.diff(windows)[:, 0] / MINUTE})
        table.data["end"] = windows[:, 1] * MILLISECONDS
        marks = chart.hbar(lane + MARKS, left="t", right="end", height=THICK, source=table, fill_color=color)
        marks.glyph.line_color, marks.glyph.line_width = color, 1.5  # an outline keeps a single minute visible
        over = HoverRow(color, name, "minutes", unit="minutes over the objective")
        add_glyph_hover(chart, marks, tooltip("@t{%a %d %b %Y, %H:%M:%S} to @end{%H:%M:%S} UTC", (over,)))
    return chart


def draw_reasons(decisions: Sequence[DecisionRow], x_range: Range1d) -> figure:
    """Return a lane for each reason, the most frequent on top; a triangle points up or down, as the replicas went."""
    names = tuple(name for name, _ in Counter(row.reason for row in decisions).most_common())
    chart = _lanes(names, x_range)
    heights = {name: lane + MARKS for lane, name in enumerate(names)}
    table = source_of(
        np.array([row.time.timestamp() for row in decisions]),
        {
            "lane": np.array([heights[row.reason] for row in decisions]),
            "before": np.array([row.before for row in decisions], dtype=np.float64),
            "after": np.array([row.after for row in decisions], dtype=np.float64),
            "marker": ["triangle" if row.after > row.before else "inverted_triangle" for row in decisions],
            "reason": [row.reason for row in decisions],
            "message": [row.message for row in decisions],
        },
    )
    marks = chart.scatter("t", "lane", marker="marker", size=9, source=table, line_color=None, fill_color=OURS)
    rows = (HoverRow(OURS, "from", "before"), HoverRow(OURS, "to", "after"))
    add_glyph_hover(chart, marks, tooltip(WHEN, rows, "<b>@reason</b>: @message")).limit = 1
    return chart


def _lanes(names: Sequence[str], x_range: Range1d) -> figure:
    """Return an empty chart with these names down its left edge, from the top."""
    height = LANE * len(names) + AXIS
    chart = make_frame(x_range, "", height=height, y_range=Range1d(start=len(names) - 0.5, end=-0.5))
    chart.toolbar_location, chart.yaxis.visible = None, False
    chart.ygrid.ticker = FixedTicker(ticks=[lane + 0.5 for lane in range(len(names))])
    for lane, name in enumerate(names):
        label = Label(
            x=0, x_units="screen", y=lane - 0.42, text=PlainText(text=name), text_baseline="top", text_color=QUIET
        )
        label.text_font, label.text_font_size = FONT, "12px"
        chart.add_layout(label)
    return chart
