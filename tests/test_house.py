"""Rules of the house that no linter knows: budgets, no reason that nothing gives, no address of a machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from controller.scaling.reasons import Reason

ROOT = Path(__file__).parents[1]
LONGEST_FILE, LONGEST_FUNCTION = 300, 40  # lines, beside docstrings: those of fields are what `kubectl explain` shows
SOURCES = sorted(path for room in ("controller", "forecasting") for path in (ROOT / room).rglob("*.py"))
# Folders that only one machine has, and hosts that packages and images come from: both are the caller's to say.
ADDRESS = re.compile(
    r"(?<![\w./-])/(?:work|root|home|Users)/\w"
    r"|(?:pypi|pythonhosted)\.org|(?:proxy|sum)\.golang\.org|(?<![\w-])(?:docker|ghcr|quay|gcr)\.io|registry\.[\w-]+\.\w"
)


def length(code: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef, end: int) -> int:
    """Return the lines of a file or function up to `end`, without its docstrings and those of its parts."""
    docstrings = [
        node
        for node in ast.walk(code)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    first = 1 if isinstance(code, ast.Module) else code.lineno
    return end - first + 1 - sum((node.end_lineno or 0) - node.lineno + 1 for node in docstrings)


def tracked_texts() -> dict[str, str]:
    """Return the text of every file of the repository that is one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607  git of PATH
    texts = {}
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


def test_a_file_is_one_idea() -> None:
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in SOURCES}
    lengths = {name: length(ast.parse(text), text.count("\n")) for name, text in texts.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_a_function_fits_a_screen() -> None:
    functions = [
        (f"{path.relative_to(ROOT)}: {node.name}", length(node, node.end_lineno or 0))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [(name, lines) for name, lines in functions if lines > LONGEST_FUNCTION] == []


def test_a_length_leaves_docstrings_out() -> None:
    text = '"""A\nmodule."""\nx: int\n"""A field."""\n\ndef f() -> None:\n    """Do\n    much."""\n    return None\n'
    module = ast.parse(text)
    (function,) = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    assert (length(module, 9), length(function, 9)) == (4, 2)


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
