"""Rules of the house that no linter knows: budgets, no reason that nothing gives, no address of a machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from controller.scaling.reasons import Reason

ROOT = Path(__file__).parents[1]
LONGEST_FUNCTION = 40  # lines beside its docstring
SOURCES = sorted(path for room in ("controller", "forecasting") for path in (ROOT / room).rglob("*.py"))
# Folders that only one machine has, and hosts that packages and images come from: both are the caller's to say.
ADDRESS = re.compile(
    r"(?<![\w./-])/(?:work|root|home|Users)/\w"
    r"|(?:pypi|pythonhosted)\.org|(?:proxy|sum)\.golang\.org|(?<![\w-])(?:docker|ghcr|quay|gcr)\.io|registry\.[\w-]+\.\w"
)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    docstring = ast.get_docstring(function, clean=False)
    return (function.end_lineno or 0) - function.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)


def tracked_texts() -> dict[str, str]:
    """Return the text of every file of the repository that is one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607  git of PATH
    texts = {}
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


def test_a_function_fits_a_screen() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}: {node.name} has {length(node)} lines"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_every_reason_is_given_by_something() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    given = set(re.findall(r"\bReason\.([A-Z_]+)\b", code))
    assert [reason.name for reason in Reason if reason.name not in given] == []


def test_nothing_names_a_folder_of_a_machine_or_a_registry() -> None:
    found = [f"{name}: {match.group()}" for name, text in tracked_texts().items() for match in ADDRESS.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("cd /" + "work/main", True),
        ("/" + "home/ann/checkout", True),
        ("https://pypi" + ".org/simple", True),
        ("FROM registry" + ".example.com/python", True),
        ("FROM quay" + ".io/python", True),
        ("framework/ and docs/homes", False),
        ("apiextensions.k8s.io and golang.org/x/net", False),
        ("/var/lib/headroom in the image", False),
    ],
)
def test_an_address_is_told_from_a_word(text: str, is_one: bool) -> None:  # noqa: FBT001  a column of the table
    assert bool(ADDRESS.search(text)) == is_one
