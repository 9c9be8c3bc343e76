"""The page docs/forecasting.md and its pictures, as text: words from a template, everything else from the steps."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from string import Template

from docs.forecasts.bounds import bounds
from docs.forecasts.cleaning import cleaning
from docs.forecasts.clock import clock
from docs.forecasts.correction import correction
from docs.forecasts.folds import folds
from docs.forecasts.gate import gate
from docs.forecasts.grid import grid
from docs.forecasts.library import library
from docs.forecasts.limits import limits
from docs.forecasts.loads import Loads
from docs.forecasts.marked import marked
from docs.forecasts.members import members
from docs.forecasts.sources import sources
from docs.forecasts.step import Step
from docs.forecasts.update import update
from docs.forecasts.weights import weights
from docs.pages import made_by

TEMPLATE = Path(__file__).with_name("page.md.txt")
PAGE = PurePosixPath("forecasting.md")
PICTURES = PurePosixPath("pictures")
WIDTH = 120
FENCE = "```"
TOGETHER = re.compile(r"`[^`\n]+`|\d [%a-z]")  # code, and a number with its unit
HELD = "\0"
STEPS: tuple[Callable[[Loads], Step], ...] = (
    grid,
    cleaning,
    clock,
    members,
    folds,
    weights,
    correction,
    bounds,
    gate,
    marked,
    update,
    limits,
    library,
    sources,
)


class Untrue(Exception):
    """The page claims what does not hold, or asks for what is not counted: mend its words, or what broke."""


@cache
def forecasting_pages() -> Mapping[PurePosixPath, str]:
    """Return the page and its pictures by their paths below docs/. Raises Untrue for a claim that does not hold."""
    return made_from(Loads())


def made_from(loads: Loads) -> Mapping[PurePosixPath, str]:
    """Return the same for other recordings of these loads."""
    steps = {step.__name__: step(loads) for step in STEPS}
    pictures = {PICTURES / f"{name}.svg": step.picture for name, step in steps.items() if step.picture}
    page = rewrapped(filled(TEMPLATE.read_text(encoding="utf-8"), steps))
    return {PAGE: f"{made_by('docs/forecasts')}\n{page}", **pictures}


def filled(template: str, steps: Mapping[str, Step]) -> str:
    """Return the template with the figures of all steps in it. Raises Untrue where it and the steps do not agree."""
    figures = {name: figure for step in steps.values() for name, figure in step.figures.items()}
    problems = [problem for name, step in steps.items() for problem in _problems(template, name, step)]
    unpaired = set(Template(template).get_identifiers()) ^ figures.keys()
    problems += [f"${name} is counted or asked for, but not both" for name in sorted(unpaired)]
    if len(figures) < sum(len(step.figures) for step in steps.values()):
        problems.append("two steps count something by the same name")
    if problems:
        raise Untrue("; ".join(problems))
    return Template(template).substitute(figures)


def rewrapped(page: str) -> str:
    """Return a page whose paragraphs have even lines again after figures were put in; all else stays as it is."""
    prose_and_code = page.split(FENCE)
    prose_and_code[::2] = ["\n\n".join(map(_paragraph, part.split("\n\n"))) for part in prose_and_code[::2]]
    return FENCE.join(prose_and_code)


def _paragraph(block: str) -> str:
    if not block[:1].isalpha() and not block.startswith("**"):
        return block
    held = TOGETHER.sub(lambda words: words[0].replace(" ", HELD), block)
    lines = textwrap.fill(held, WIDTH, break_long_words=False, break_on_hyphens=False)
    return lines.replace(HELD, " ") + "\n" * block.endswith("\n")


def _problems(template: str, name: str, step: Step) -> Iterator[str]:
    """Yield the claims of a step that do not hold, or are not on the page."""
    words = " ".join(template.split())
    for sentence, holds in step.holds.items():
        if not holds:
            yield f"{name}.py finds that this does not hold: {sentence!r}"
        if sentence not in words:
            yield f"{name}.py checks what is not on the page: {sentence!r}"
