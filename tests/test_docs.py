"""What the pages for people say is true: commands and flags exist, links lead somewhere, examples are valid."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from controller.api.crds import RESOURCES
from controller.cli import headroom
from controller.scaling.reasons import Reason

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])
MODELS = {resource.kind: resource.model for resource in RESOURCES}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")

EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def fenced(page: Path, *languages: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [block for language, block in FENCE.findall(text) if language in languages]


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the words of every command on a page, in a shell block or in running text."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    lines = [line for block in fenced(page, "sh", "") for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *INLINE.findall(prose)]:
        for command in re.split(r"\||&&", line.removeprefix("$ ")):
            try:
                words = shlex.split(command, comments=True)
            except ValueError:  # not a command: a sentence with an apostrophe
                continue
            if words:
                yield [words[0].removeprefix(".venv/bin/"), *words[1:]]


def calls_of(page: Path, program: str) -> list[list[str]]:
    return [words[1:] for words in command_lines(page) if words[0] == program]


def unknown_words(arguments: list[str]) -> list[str]:
    """Return what `headroom` would not know: the command, or flags of it."""
    command: click.Command = headroom
    if arguments and not arguments[0].startswith("-"):
        found = headroom.get_command(click.Context(headroom), arguments[0])
        if found is None:
            return arguments[:1]
        command = found
    known = {name for parameter in command.get_params(click.Context(command)) for name in parameter.opts}
    flags = [word.partition("=")[0] for word in arguments if word.startswith("-") and word != "-"]
    return [flag for flag in flags if flag not in known]


@EACH_PAGE
def test_every_headroom_command_and_flag_exists(page: Path) -> None:
    assert [call for call in calls_of(page, "headroom") if unknown_words(call)] == []


@EACH_PAGE
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert [call for call in calls_of(page, "make") if call and call[0] not in targets] == []


@EACH_PAGE
def test_every_module_to_run_exists(page: Path) -> None:
    modules = [call[1] for call in calls_of(page, "python") if call[:1] == ["-m"]]
    assert [module for module in modules if not (ROOT / module / "__main__.py").is_file()] == []


@EACH_PAGE
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@EACH_PAGE
def test_every_resource_shown_is_valid(page: Path) -> None:
    for block in fenced(page, "yaml"):
        for document in yaml.safe_load_all(block):
            if document.get("kind") in MODELS:
                MODELS[document["kind"]].model_validate(document)


def test_the_readme_shows_a_policy_and_the_two_commands() -> None:
    readme = ROOT / "README.md"
    assert "kind: ScalingPolicy" in "".join(fenced(readme, "yaml"))
    assert {"demo", "test"} <= {call[0] for call in calls_of(readme, "make")}


def test_every_field_and_reason_of_the_day_to_day_page_exists() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    reference = (ROOT / "docs" / "reference" / "scalingpolicy.md").read_text(encoding="utf-8")
    words = set(INLINE.findall(FENCE.sub("", text)))
    fields = {word for word in words if re.fullmatch(r"[a-z]+(\[\])?(\.[a-zA-Z]+)+", word)} - {"policy.yaml"}
    reasons = {word for row in re.findall(r"^\| (`[A-Z][^|]*) \|", text, re.MULTILINE) for word in INLINE.findall(row)}

    assert {field for field in fields if f"`spec.{field}`" not in reference} == set()
    assert reasons - set(Reason) == set()
    assert (len(fields), len(reasons)) > (9, 11)


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("backtest trace.csv --policy policy.yaml --spikes", []),
        ("--version", []),
        ("backtest trace.csv --polcy policy.yaml", ["--polcy"]),
        ("predict", ["predict"]),
    ],
)
def test_a_word_that_headroom_does_not_know_is_found(line: str, unknown: list[str]) -> None:
    assert unknown_words(line.split()) == unknown
