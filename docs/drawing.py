"""Pictures made of panels with marks over axes, as SVG: no library, and the same bytes for the same numbers. Pure.

The paper is part of the picture and turns dark with the reader's screen, so that lines stand out wherever the page is
shown. What is drawn in a panel is in marks.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from docs.marks import Axis, Bars, Dots, Line, Mark, Plot, px, rectangle

WIDTH, PANEL_HEIGHT = 760, 200
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 46, 26  # around the plot of each panel
LETTER = 6.3  # pixels that a letter of a legend takes, about
SWATCH = 18
STYLE = """
text{font:12px sans-serif;fill:#333}.paper{fill:#fff}.grid{stroke:#ddd}.truth{color:#777}.blue{color:#0072b2}
.orange{color:#d55e00}.green{color:#008060}.line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.dashed{stroke-dasharray:5 4}.area{fill:currentColor;fill-opacity:.22}.solid{fill:currentColor}.title{font-weight:bold}
@media(prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#0d1117}.grid{stroke:#30363d}.truth{color:#9a9a9a}
.blue{color:#56b4e9}.orange{color:#f08a4b}.green{color:#2fc49a}}
""".replace("\n", "")


@dataclass(frozen=True, slots=True)
class Panel:
    """Marks over axes; those that come first lie beneath. It takes its `share` of the width of its row."""

    title: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]
    share: float = 1.0
    height: float = PANEL_HEIGHT


def drawn(title: str, rows: Sequence[Sequence[Panel]]) -> str:
    """Return rows of panels as one picture; `title` is for who cannot see it."""
    parts: list[str] = []
    top = 0.0
    for row in rows:
        left, whole = 0.0, sum(panel.share for panel in row)
        for panel in row:
            width = WIDTH * panel.share / whole
            parts += _panel(panel, left, top, width)
            left += width
        top += max(panel.height for panel in row)
    box = f'viewBox="0 0 {WIDTH} {px(top)}" width="{WIDTH}" height="{px(top)}"'
    head = f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
    paper = f'<rect class="paper" width="{WIDTH}" height="{px(top)}"/>\n'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {box}>\n{head}{paper}{body}\n</svg>\n'


def _panel(panel: Panel, left: float, top: float, width: float) -> Iterator[str]:
    plot = Plot(panel.x, panel.y, left + LEFT, top + TOP, width - LEFT - RIGHT, panel.height - TOP - BOTTOM)
    yield _text(panel.title, (left + 10, top + 18), style="title")
    yield from _legend(panel, left + 10, top + 36)
    for at, label in panel.y.ticks:
        height = float(plot.down(np.array([at]))[0])
        yield f'<path class="grid" d="M{px(plot.left)} {px(height)}h{px(plot.width)}"/>'
        yield _text(label, (plot.left - 6, height + 4), anchor="end")
    foot = plot.top + plot.height
    for at, label in panel.x.ticks:
        across = float(plot.across(np.array([at]))[0])
        yield f'<path class="grid" d="M{px(across)} {px(foot)}v4"/>'
        rightmost = plot.left + plot.width + RIGHT - len(label) * LETTER / 2
        yield _text(label, (min(across, rightmost), foot + 17), anchor="middle")
    for mark in panel.marks:
        yield mark.drawn(plot)


def _legend(panel: Panel, left: float, down: float) -> Iterator[str]:
    """Yield the unit of the y axis, then the named marks with what they are drawn in."""
    yield _text(panel.y.label, (left, down))
    left += (len(panel.y.label) + 2) * LETTER
    for mark in panel.marks:
        if mark.name:
            line = Plot(Axis("", 0, 1, ()), Axis("", 0, 1, ()), left, down - 9, SWATCH, 10)
            yield _swatch(mark, line)
            yield _text(mark.name, (left + SWATCH + 4, down))
            left += SWATCH + 18 + len(mark.name) * LETTER


def _swatch(mark: Mark, plot: Plot) -> str:
    """Return a mark in small: a line as a line, anything else as a box."""
    if isinstance(mark, Line):
        return Line(np.array([0.0, 1.0]), np.array([0.5, 0.5]), mark.ink, dashed=mark.dashed).drawn(plot)
    if isinstance(mark, Dots):
        return Dots(np.array([0.5]), np.array([0.5]), mark.ink, radius=mark.radius).drawn(plot)
    style = "solid" if isinstance(mark, Bars) else "area"
    return rectangle(style, mark.ink, (plot.left, plot.top, plot.width, plot.height))


def _text(text: str, place: tuple[float, float], *, anchor: str = "start", style: str = "") -> str:
    x, y = map(px, place)
    styled = f' class="{style}"' if style else ""
    anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}"{anchored}{styled}>{escape(text)}</text>'
