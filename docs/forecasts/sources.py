"""The table of all members there are: what each does, what it needs, and where it comes from, as their files say it."""

import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

from docs.forecasts.loads import Loads
from docs.forecasts.step import Step, span
from docs.tables import code, table
from forecasting import models
from forecasting.models import FALLBACK, MEMBERS, Model

SENTENCE = re.compile(r"(.*?)\.(?:\s|$)", re.DOTALL)
SOURCE = re.compile(r"^Source: (.*?)(?:\.\s|:?\n\n)", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"see (\w+)\.py")


def sources(_loads: Loads) -> Step:
    """Return the table."""
    rows = [[code(each.name), says(each), needs(each), takes_part(each), source(each)] for each in all_members()]
    return Step(figures={"member_sources": table(["member", "what it expects", "needs", "takes part", "source"], rows)})


def all_members() -> tuple[Model, ...]:
    """Return one of each member in forecasting/models: those that take part by themselves first, in their order."""
    modules = (import_module(f"{models.__name__}.{each.name}") for each in pkgutil.iter_modules(models.__path__))
    found = {model.name: model for module in modules for model in _members_of(module.__name__)}
    known = {model.name: model for model in (*MEMBERS, FALLBACK)}
    return (*known.values(), *(found[name] for name in sorted(found.keys() - known.keys())))


def _members_of(name: str) -> Iterator[Model]:
    """Yield what a module has: instances, and classes that need nothing to be made."""
    for each in vars(import_module(name)).values():
        kind = each if isinstance(each, type) else type(each)
        if kind.__module__ == name and hasattr(kind, "fit_at"):
            if not isinstance(each, type):
                yield each
            elif isinstance(vars(kind).get("name"), str):
                yield each()


def says(model: Model) -> str:
    """Return the first sentence about a member."""
    return _first(SENTENCE, type(model).__doc__ or "")


def needs(model: Model) -> str:
    """Return the shortest history it learns from."""
    return span(model.needs) if model.needs > timedelta(0) else "one sample"


def takes_part(model: Model) -> str:
    """Return when it takes part."""
    names = [each.name for each in MEMBERS]
    if model.name in names:
        return "always"
    return "while history is too short for any other" if model.name == FALLBACK.name else "when it is asked for"


def source(model: Model) -> str:
    """Return where its method was published, as its file or the file that this one names has it."""
    module = type(model).__module__
    text = _first(SOURCE, import_module(module).__doc__ or "")
    if elsewhere := ELSEWHERE.fullmatch(text):
        text = _first(SOURCE, import_module(f"{models.__name__}.{elsewhere[1]}").__doc__ or "")
    return text


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return " ".join(found[1].split()) if found else ""
