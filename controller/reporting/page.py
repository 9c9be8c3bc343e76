"""Page: a Report as one HTML file that explains itself: charts, tables, type and script inside, nothing fetched.

What may run is decided by a Content-Security-Policy in the file itself. Its only scripts are BokehJS, from Bokeh's
own wheel, and four constant lines that start it; the policy names both by hash. Data never becomes code: it stands in a
JSON block that browsers do not execute, and the template escapes everything else. Neither `unsafe-eval` nor any host
is granted, so BokehJS's functions from strings are dead, and no request leaves the page. `unsafe-inline` is granted to
styles alone: BokehJS sizes its canvases through style attributes and sheets that it writes as it goes, which no hash
can know ahead; a style cannot run code, and with every host forbidden it cannot call home.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any

from bokeh.document import Document
from bokeh.resources import Resources
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from controller.reporting.charts import MAX_DECISIONS, Slots, draw
from controller.reporting.report import DecisionRow, Report
from controller.reporting.style import THEME
from controller.reporting.wording import claim, number, percent, ratio, share, times

SCORE_COLUMNS = ("violation_minutes", "late_share", "pod_hours", "actions")


@dataclass(frozen=True, slots=True)
class Day:
    """The decisions of one day, and how often each reason stood behind them."""

    date: date
    rows: tuple[DecisionRow, ...]
    reasons: tuple[tuple[str, int], ...]


def render_page(report: Report) -> str:
    """Return the report as a self-contained HTML document; the same report gives the same text."""
    slots = draw(report)
    scripts = (_bokeh_script(), _template_text("start.js"))
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            slots=slots,
            charts=_chart_data(slots),
            scripts=[Markup(script) for script in scripts],  # noqa: S704  ours and Bokeh's, no data in them
            policy=content_security_policy(scripts),
            days=tuple(_days(report.decisions[-MAX_DECISIONS:])),
            dropped=max(0, len(report.decisions) - MAX_DECISIONS),
            best={key: min((getattr(row, key) for row in report.scores), default=0) for key in SCORE_COLUMNS},
        )
    )


def content_security_policy(scripts: tuple[str, ...]) -> str:
    """Return the policy under which exactly these inline scripts run, and nothing is fetched from anywhere."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _bokeh_script() -> str:
    """BokehJS without the parts no chart here needs (widgets, tables, WebGL, MathJax)."""
    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


def _template_text(name: str) -> str:
    return resources.files("controller.reporting").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "claim": claim,
        "number": number,
        "percent": percent,
        "ratio": ratio,
        "share": share,
        "times": times,
    }
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":"), "allow_nan": False}
    return environment


def _chart_data(slots: Slots) -> Any:  # noqa: ANN401  JSON
    """Return what `Bokeh.embed.embed_items` takes: the document, and which model goes into which element.

    Models are numbered anew in the order they appear: Bokeh's own count goes on through the life of a process.
    """
    document = Document(theme=THEME, title="")
    for model in slots.values():
        document.add_root(model)
    numbers: dict[str, str] = {}
    documents = {"report": _renumbered(document.to_json(deferred=False), numbers)}
    roots = {numbers[model.id]: f"chart-{slot}" for slot, model in slots.items()}
    return {"documents": documents, "items": [{"docid": "report", "roots": roots, "root_ids": list(roots)}]}


def _renumbered(value: Any, numbers: dict[str, str]) -> Any:  # noqa: ANN401  JSON
    """Return the same JSON with each model's `id` replaced by its number; `numbers` learns which became which."""
    if isinstance(value, dict):
        return {
            key: numbers.setdefault(item, f"m{len(numbers)}") if key == "id" else _renumbered(item, numbers)
            for key, item in value.items()
        }
    return [_renumbered(item, numbers) for item in value] if isinstance(value, list) else value


def _days(decisions: tuple[DecisionRow, ...]) -> Iterator[Day]:
    for day, group in groupby(decisions, key=lambda row: row.time.date()):
        rows = tuple(group)
        yield Day(day, rows, tuple(Counter(row.reason for row in rows).most_common()))
