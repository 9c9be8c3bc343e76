"""Pictures of lines, bands, bars and dots over axes, as SVG: no library, and the same bytes for the same numbers. Pure.

Coordinates are rounded to a tenth of a pixel, so that how a machine rounds does not show. The paper is part of the
picture and turns dark with the reader's screen, so that lines stand out wherever the page is shown.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Protocol

import numpy as np

from forecasting.series import Values

WIDTH, PANEL_HEIGHT = 760, 200
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 46, 26  # around the plot of each panel
LETTER = 6.3  # pixels that a letter of a legend takes, about
SWATCH = 18
TICKS = 4  # about as many as fit beside a panel without crowding it


class Ink(StrEnum):
    """What a mark is drawn in; told apart by the colour-blind (Okabe and Ito), on light and on dark paper."""

    TRUTH = "truth"
    BLUE = "blue"
    ORANGE = "orange"
    GREEN = "green"


STYLE = """
text{font:12px sans-serif;fill:#333}.paper{fill:#fff}.grid{stroke:#ddd}.truth{color:#777}.blue{color:#0072b2}
.orange{color:#d55e00}.green{color:#008060}.line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.dashed{stroke-dasharray:5 4}.area{fill:currentColor;fill-opacity:.22}.solid{fill:currentColor}.title{font-weight:bold}
@media(prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#0d1117}.grid{stroke:#30363d}.truth{color:#9a9a9a}
.blue{color:#56b4e9}.orange{color:#f08a4b}.green{color:#2fc49a}}
""".replace("\n", "")


@dataclass(frozen=True, slots=True)
class Axis:
    """What is measured along one side of a panel, from where to where, and the places that are named."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def share(self, values: Values) -> Values:
        """Return where values lie between the ends, 0 to 1, held inside."""
        share: Values = np.clip((values - self.low) / (self.high - self.low), 0.0, 1.0)
        return share


def measured(label: str, *values: Values, low: float | None = 0.0, percent: bool = False) -> Axis:
    """Return an axis that has room for all values, from their least on where `low` is None; shares as percent."""
    known = np.concatenate([np.ravel(each) for each in values])
    known = known[~np.isnan(known)]
    least, most = float(known.min()) if low is None else low, float(known.max())
    step = _round_step((most - least) / TICKS)
    first, last = math.floor(least / step), math.ceil(most / step)
    places = (number * step for number in range(first, last + 1))
    ticks = tuple((at, f"{100 * at:.10g} %" if percent else f"{at:,.10g}") for at in places)
    return Axis(label, first * step, last * step, ticks)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 ... that is at least so much."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


@dataclass(frozen=True, slots=True)
class Plot:
    """Where in the picture a panel's axes are, in pixels."""

    x: Axis
    y: Axis
    left: float
    top: float
    width: float
    height: float

    def across(self, values: Values) -> Values:
        """Return pixels from the left edge of the picture."""
        pixels: Values = self.left + self.x.share(values) * self.width
        return pixels

    def down(self, values: Values) -> Values:
        """Return pixels from its top."""
        pixels: Values = self.top + (1 - self.y.share(values)) * self.height
        return pixels


class Mark(Protocol):
    """Something drawn in a panel; it stands in the legend if it has a name."""

    @property
    def name(self) -> str:
        """Its name in the legend."""
        ...

    @property
    def ink(self) -> Ink:
        """What it is drawn in."""
        ...

    def drawn(self, plot: Plot) -> str:
        """Return it as SVG."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through places (n,); it is interrupted where one is NaN."""

    xs: Values
    ys: Values
    ink: Ink = Ink.TRUTH
    name: str = ""
    dashed: bool = False

    def drawn(self, plot: Plot) -> str:
        """Return a path."""
        pen, parts = "M", []
        for x, y in zip(plot.across(self.xs).tolist(), plot.down(self.ys).tolist(), strict=True):
            if math.isnan(y):
                pen = "M"
            else:
                parts.append(f"{pen}{_px(x)} {_px(y)}")
                pen = "L"
        style = "line dashed" if self.dashed else "line"
        return f'<path class="{style} {self.ink}" d="{"".join(parts)}"/>'


def stairs(edges: Values, heights: Values, ink: Ink = Ink.TRUTH, name: str = "") -> Line:
    """Return what is constant between edges (n + 1,) as a line."""
    return Line(np.repeat(edges, 2)[1:-1], np.repeat(heights, 2), ink, name)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """What lies between two lines (n,)."""

    xs: Values
    lows: Values
    highs: Values
    ink: Ink = Ink.BLUE
    name: str = ""

    def drawn(self, plot: Plot) -> str:
        """Return a polygon."""
        across = [*plot.across(self.xs).tolist(), *plot.across(self.xs[::-1]).tolist()]
        down = [*plot.down(self.highs).tolist(), *plot.down(self.lows[::-1]).tolist()]
        points = " ".join(f"{_px(x)},{_px(y)}" for x, y in zip(across, down, strict=True))
        return f'<polygon class="area {self.ink}" points="{points}"/>'


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the x axis that something is said about."""

    first: float
    last: float
    ink: Ink = Ink.ORANGE
    name: str = ""

    def drawn(self, plot: Plot) -> str:
        """Return a rectangle as high as the panel."""
        left, right = plot.across(np.array([self.first, self.last])).tolist()
        return _rect("area", self.ink, (left, plot.top, max(1.0, right - left), plot.height))


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of a width from the foot of the panel up to `ys`, around `xs` (n,)."""

    xs: Values
    ys: Values
    width: float
    ink: Ink = Ink.BLUE
    name: str = ""

    def drawn(self, plot: Plot) -> str:
        """Return rectangles."""
        lefts, rights = plot.across(self.xs - self.width / 2).tolist(), plot.across(self.xs + self.width / 2).tolist()
        tops, foot = plot.down(self.ys).tolist(), plot.top + plot.height
        places = zip(lefts, rights, tops, strict=True)
        return "".join(_rect("solid", self.ink, (left, top, right - left, foot - top)) for left, right, top in places)


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """Dots at places (n,)."""

    xs: Values
    ys: Values
    ink: Ink = Ink.TRUTH
    name: str = ""
    radius: float = 3.0

    def drawn(self, plot: Plot) -> str:
        """Return circles."""
        places = zip(plot.across(self.xs).tolist(), plot.down(self.ys).tolist(), strict=True)
        return "".join(
            f'<circle class="solid {self.ink}" cx="{_px(x)}" cy="{_px(y)}" r="{self.radius:g}"/>'
            for x, y in places
            if not math.isnan(y)
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """Marks over axes; those that come first lie beneath. It takes its `share` of the width of its row."""

    title: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]
    share: float = 1.0
    height: float = field(default=PANEL_HEIGHT)


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
    box = f'viewBox="0 0 {WIDTH} {_px(top)}" width="{WIDTH}" height="{_px(top)}"'
    head = f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
    paper = f'<rect class="paper" width="{WIDTH}" height="{_px(top)}"/>\n'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {box}>\n{head}{paper}{body}\n</svg>\n'


def _panel(panel: Panel, left: float, top: float, width: float) -> Iterator[str]:
    plot = Plot(panel.x, panel.y, left + LEFT, top + TOP, width - LEFT - RIGHT, panel.height - TOP - BOTTOM)
    yield _text(panel.title, (left + 10, top + 18), style="title")
    yield from _legend(panel, left + 10, top + 36)
    for at, label in panel.y.ticks:
        height = float(plot.down(np.array([at]))[0])
        yield f'<path class="grid" d="M{_px(plot.left)} {_px(height)}h{_px(plot.width)}"/>'
        yield _text(label, (plot.left - 6, height + 4), anchor="end")
    foot = plot.top + plot.height
    for at, label in panel.x.ticks:
        across = float(plot.across(np.array([at]))[0])
        yield f'<path class="grid" d="M{_px(across)} {_px(foot)}v4"/>'
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
    return _rect(style, mark.ink, (plot.left, plot.top, plot.width, plot.height))


def _rect(style: str, ink: Ink, box: tuple[float, float, float, float]) -> str:
    x, y, width, height = map(_px, box)
    return f'<rect class="{style} {ink}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def _text(text: str, place: tuple[float, float], *, anchor: str = "start", style: str = "") -> str:
    x, y = map(_px, place)
    styled = f' class="{style}"' if style else ""
    anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}"{anchored}{styled}>{escape(text)}</text>'


def _px(pixels: float) -> str:
    """Return pixels to a tenth."""
    return f"{pixels:.1f}".removesuffix(".0")
