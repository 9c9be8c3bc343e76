"""Every page that is made from a table of the code, as text. Pure; writing them is `python -m docs`."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from pathlib import PurePosixPath

from controller.api.crds import RESOURCES
from controller.simulation.rivals.kinds import KINDS as RIVALS
from controller.simulation.rivals.kinds import Kind
from controller.simulation.variants.kinds import KINDS as VARIANTS
from controller.simulation.world import Variant
from controller.telemetry.exporter import EXPORTED
from controller.telemetry.presets import BUILT_IN
from docs.fields import resource_page
from docs.tables import code, table


def pages() -> Mapping[PurePosixPath, str]:
    """Return the text of each page by its path below docs/; the same text for the same code."""
    line = made_by("controller/api")
    references = {
        PurePosixPath("reference", f"{resource.kind.lower()}.md"): f"{line}\n{resource_page(resource)}"
        for resource in RESOURCES
    }
    return {
        PurePosixPath("metrics.md"): metrics_page(),
        PurePosixPath("presets.md"): presets_page(),
        PurePosixPath("rivals.md"): rivals_page(),
        PurePosixPath("variants.md"): variants_page(),
        **references,
    }


def made_by(source: str) -> str:
    """Return the line that tells an editor where to edit instead."""
    return f"<!-- Made from {source} by `python -m docs`; edit that, not this page. -->"


def metrics_page() -> str:
    """Return the page of our own metrics."""
    rows = [
        [code(metric.name), metric.type, ", ".join(map(code, metric.labels)), metric.help]
        for metric in sorted(EXPORTED, key=lambda metric: metric.name)
    ]
    return (
        f"{made_by('controller/telemetry/exporter.py')}\n# Metrics of Headroom itself\n\n"
        "Served at `/metrics` of the operator. Durations are in seconds.\n\n"
        + table(["metric", "type", "labels", "meaning"], rows)
    )


def presets_page() -> str:
    """Return the page of the built-in signal templates."""
    meanings = [[code(preset.template.name), preset.unit, preset.template.description] for preset in BUILT_IN]
    needs = [
        [
            code(preset.template.name),
            f"{code(preset.template.metric)}, a {preset.template.type}",
            ", ".join(map(code, preset.labels)),
            preset.exposed_by,
        ]
        for preset in BUILT_IN
    ]
    return (
        f"{made_by('controller/telemetry/presets.py')}\n# Built-in presets\n\n"
        "What a signal of a ScalingPolicy may name as `preset`. A MetricsSource adds its own under `spec.presets`, and "
        "one\nwith the name of a built-in one replaces it.\n\n"
        + table(["preset", "unit", "what it measures"], meanings)
        + "\n## What they read\n\n"
        + table(["preset", "metric", "labels its series need", "exposed by"], needs)
    )


def rivals_page() -> str:
    """Return the page of the rivals that a backtest may name."""
    rows = [[code(name), kind.about, _settings(kind)] for name, kind in RIVALS.items()]
    return (
        f"{made_by('controller/simulation/rivals/kinds.py')}\n# Rivals of a backtest\n\n"
        "`headroom backtest TRACE.csv --rivals hpa-rps=0.8/4,static=1,oracle` names rivals by kind and settings;\n"
        "settings come in the order below, the last ones may be left out, and `all` names all of them. A target is a\n"
        "share of what a pod serves. All of them meet the same world: the same demand, metrics of the same age, the\n"
        "same start-ups, and its bounds beside a minReplicas of their own. Where each comes from, and what differs,\n"
        "is told at the top of its file.\n\n" + table(["kind", "what it is", "settings, and their usual values"], rows)
    )


def variants_page() -> str:
    """Return the page of what else may happen in a backtest."""
    rows = [[code(name), " ".join((kind.__doc__ or "").split()), _fields(kind)] for name, kind in VARIANTS.items()]
    return (
        f"{made_by('controller/simulation/variants/')}\n# What else may happen in a backtest\n\n"
        "`headroom backtest TRACE.csv --with outage:begin=2014-10-20T12:00Z,length=30m,lost=0.8` adds to the world\n"
        "what the recorded demand does not hold; `--with` is repeatable. Rivals meet the same. Lengths are written\n"
        "like 90s or 20m, times in ISO 8601 with a time zone, within the evaluated window.\n\n"
        + table(["kind", "what happens", "fields, and their usual values"], rows)
    )


def _fields(kind: type[Variant]) -> str:
    told = []
    for field in fields(kind):  # type: ignore[arg-type]  # all kinds are dataclasses
        usual = field.default
        if isinstance(usual, timedelta):
            usual = f"{usual.total_seconds():g}s"
        told.append(f"{field.name} (required)" if usual is MISSING else f"{field.name} {usual or 'none'}")
    return ", ".join(told)


def _settings(kind: Kind) -> str:
    usual = ("of the policy" if setting.usual is None else f"{setting.usual:g}" for setting in kind.settings)
    return ", ".join(f"{setting.name} {value}" for setting, value in zip(kind.settings, usual, strict=True)) or "none"
