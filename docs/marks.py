"""Marks of a picture: lines, bands, bars and dots over axes, each as SVG. Pure.

Coordinates are rounded to a tenth of a pixel, so that how a machine rounds does not show.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from forecasting.series import Values

TICKS = 4  # about as many as fit beside a panel without crowding it


class Ink(StrEnum):
    """What a mark is drawn in; told apart by the colour-blind (Okabe and Ito), on light and on dark paper."""

    TRUTH = "truth"
    BLUE = "blue"
    ORANGE = "orange"
    GREEN = "green"


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
                parts.append(f"{pen}{px(x)} {px(y)}")
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
        points = " ".join(f"{px(x)},{px(y)}" for x, y in zip(across, down, strict=True))
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
        return rectangle("area", self.ink, (left, plot.top, max(1.0, right - left), plot.height))


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
        return "".join(
            rectangle("solid", self.ink, (left, top, right - left, foot - top)) for left, right, top in places
        )


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
            f'<circle class="solid {self.ink}" cx="{px(x)}" cy="{px(y)}" r="{self.radius:g}"/>'
            for x, y in places
            if not math.isnan(y)
        )


def rectangle(style: str, ink: Ink, box: tuple[float, float, float, float]) -> str:
    """Return a rectangle from its left, top, width and height in pixels."""
    x, y, width, height = map(px, box)
    return f'<rect class="{style} {ink}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def px(pixels: float) -> str:
    """Return pixels to a tenth."""
    return f"{pixels:.1f}".removesuffix(".0")
