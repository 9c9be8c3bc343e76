"""Parameters are chosen on the first 60 % of each trace: nothing that chooses can reach the rest."""

import ast
import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.traces import TRACES, first_part, judged, m4_first_part, m4_judged

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for room in ("benchmarks", "controller", "docs", "forecasting", "testbed")
    for path in (ROOT / room).rglob("*.py")
)
WHOLE = {"judged", "recorded", "m4_judged"}
JUDGES = {"benchmarks/accuracy.py", "benchmarks/coverage.py", "benchmarks/outlook.py", "benchmarks/scenes.py"}
LOADER = "benchmarks/traces.py"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[tuple[str, str]]:
    """Return what a file imports as pairs of module and name, wherever in it; a whole module has the name `*`."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
            found |= {(f"{node.module}.{alias.name}", "*") for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "*") for alias in node.names}
    return found


def reached_from(name: str) -> set[str]:
    """Return the files of benchmarks/ that one of them imports, directly or through others."""
    reached, waiting = set(), {name}
    while waiting:
        path = ROOT / waiting.pop()
        reached.add(name_of(path))
        files = {module.replace(".", "/") + ".py" for module, _ in imported(path) if module.startswith("benchmarks.")}
        waiting |= {file for file in files if (ROOT / file).is_file()} - reached
    return reached


def strings(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_only_what_judges_asks_for_whole_traces() -> None:
    askers = {
        name_of(path)
        for path in SOURCES
        for module, name in imported(path)
        if module == "benchmarks.traces" and (name in WHOLE or name == "*" or name.startswith("_"))
    }

    assert askers == JUDGES


def test_what_chooses_reaches_nothing_that_judges() -> None:
    reached = reached_from("benchmarks/choosing.py")

    assert {LOADER, "benchmarks/contest.py"} <= reached
    assert reached & JUDGES == set()


def test_the_recordings_are_named_by_the_loader_alone() -> None:
    recordings = {*TRACES.values(), "m4_hourly_odd", "benchmarks/data"}
    namers = {
        name_of(path)
        for path in SOURCES
        for text in strings(path)
        if any(recording in text for recording in recordings)
    }

    assert namers == {LOADER}


@pytest.mark.parametrize("name", TRACES)
def test_a_first_part_ends_at_sixty_percent(name: str) -> None:
    with gzip.open(ROOT / "benchmarks/data" / f"{TRACES[name]}.csv.gz", "rt") as lines:
        samples = sum(1 for _ in lines) - 1
    whole, part = judged(name), first_part(name)
    cut = whole.start + (whole.end - whole.start) * 0.6

    assert part.end <= cut + part.step
    assert part.end > cut - 2 * part.step
    assert samples * 0.6 >= (part.end - part.start) / ((whole.end - whole.start) / samples) - 5


@pytest.mark.parametrize("name", TRACES)
def test_a_first_part_begins_as_the_whole_does(name: str) -> None:
    whole, part = judged(name), first_part(name)
    kept = len(part) - 1  # its last 5 minutes may lack some of their minutes

    assert (part.start, part.step) == (whole.start, whole.step)
    np.testing.assert_array_equal(part.values[:kept], whole.values[:kept])


def test_first_parts_of_m4_never_reach_beyond_sixty_percent_of_what_may_be_learned_from() -> None:
    for part, whole in zip(m4_first_part(), m4_judged(), strict=True):
        seen = np.concatenate([part.past, part.truth])
        assert len(seen) <= 0.6 * len(whole.past)
        np.testing.assert_array_equal(seen, whole.past[: len(seen)])
