"""A picture of a few curves over named places, as SVG: enough for a page on the web, and no library to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 60, 50, 40
LINES = 5  # across the picture
COLOURS = ("#0072b2", "#d55e00", "#009e73")  # told apart by the colour-blind (Okabe and Ito)
INK, PALE = "#333333", "#dddddd"


@dataclass(frozen=True, slots=True)
class Curve:
    """A named curve, one share from 0 to 1 a place, and the share that it should have everywhere."""

    name: str
    values: Sequence[float]
    target: float


def drawn(title: str, places: Sequence[str], curves: Sequence[Curve]) -> str:
    """Return the picture: curves with dots, their targets dashed."""
    width = (WIDTH - LEFT - RIGHT) / len(places)
    middles = [LEFT + width * (place + 0.5) for place in range(len(places))]
    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(title, WIDTH / 2, TOP / 2, size=15),
        *_grid(),
        *(_text(place, at, HEIGHT - BOTTOM / 2) for place, at in zip(places, middles, strict=True)),
    ]
    for curve, colour in zip(curves, COLOURS, strict=False):
        parts += _curve(curve, middles, colour)
    body = "\n".join(parts)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" fill="{INK}">\n{body}\n</svg>\n'


def _grid() -> list[str]:
    shares = [line / LINES for line in range(LINES + 1)]
    lines = [_line(LEFT, _height(share), WIDTH - RIGHT, f'stroke="{PALE}"') for share in shares]
    return lines + [_text(f"{share:.1f}", LEFT - 20, _height(share) + 4) for share in shares]


def _curve(curve: Curve, middles: Sequence[float], colour: str) -> list[str]:
    points = [(at, _height(value)) for at, value in zip(middles, curve.values, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [
        _line(LEFT, _height(curve.target), WIDTH - RIGHT, f'stroke="{colour}" stroke-dasharray="6 5"'),
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points),
        _text(curve.name, WIDTH - RIGHT / 2, _height(curve.target) + 4, colour=colour),
    ]


def _height(share: float) -> float:
    """Return where a share from 0 to 1 stands, in pixels from the top."""
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _line(left: float, height: float, right: float, style: str) -> str:
    return f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{height:.1f}" y2="{height:.1f}" {style}/>'


def _text(text: str, across: float, down: float, *, size: int = 12, colour: str = INK) -> str:
    place = f'x="{across:.1f}" y="{down:.1f}" text-anchor="middle" font-size="{size}"'
    return f'<text {place} fill="{colour}">{escape(text)}</text>'
