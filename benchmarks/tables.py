"""Tables: what a topic returns, and how it reads as Markdown under a line that says where and when it was measured."""

import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEN = 10  # from here on whole numbers say enough, below it two digits do
THOUSAND = 1000


@dataclass(frozen=True)
class Table:
    """One topic: what the columns mean, its rows, and what the figures say about a bar that was set.

    `further` are tables below it on the same page, `pictures` SVG by file name, which lie beside the page.
    """

    title: str
    intro: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | float]]
    verdicts: Sequence[str] = field(default=())
    further: Sequence["Table"] = field(default=())
    pictures: Mapping[str, str] = field(default_factory=dict)

    def markdown(self, where: str) -> str:
        """Return the page."""
        parts = [f"# {self.title}\n", f"{where}\n", *self._body()]
        for table in self.further:
            parts += [f"## {table.title}\n", *table._body()]  # noqa: SLF001  a table of the same kind
        return "\n".join(parts)

    def _body(self) -> list[str]:
        """Return what stands under the title."""
        align = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [self.header, align, *([_cell(value) for value in row] for row in self.rows)]
        parts = [f"{self.intro}\n", "".join(f"| {' | '.join(line)} |\n" for line in lines)]
        parts += [f"![{name.removesuffix('.svg')}]({name})\n" for name in self.pictures]
        if self.verdicts:
            parts.append("".join(f"- {verdict}\n" for verdict in self.verdicts))
        return parts


def against(bar: str, measured: float, limit: float, unit: str = "") -> str:
    """Return a sentence that says plainly whether a bar is met; at most `limit` is."""
    return _verdict(bar, f"{_figure(measured)} of at most {_figure(limit)} {unit}", met=measured <= limit)


def at_least(bar: str, measured: float, floor: float, unit: str = "") -> str:
    """Return a sentence that says plainly whether a bar is met; at least `floor` is."""
    return _verdict(bar, f"{_figure(measured)} of at least {_figure(floor)} {unit}", met=measured >= floor)


def _verdict(bar: str, figures: str, *, met: bool) -> str:
    return f"{bar}: {'met' if met else '**missed**'}, {figures.rstrip()}"


def where_and_when() -> str:
    """Return machine, date and commit in one line."""
    machine = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return f"{machine} · load {os.getloadavg()[0]:.1f} before the run · CPU time · {today} · commit {_commit()}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    commit = _git("rev-parse", "--short", "HEAD")
    return f"{commit} with changes" if _git("status", "--porcelain", "controller", "forecasting") else commit


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607  git of PATH


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= TEN or value == int(value) else f"{value:.2g}"


def _figure(value: float) -> str:
    """Return a figure of a verdict, told more exactly than a cell's: it may lie just beside the bar."""
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.3g}"
