"""The page on how a forecast is made says what the engine does, and only what was counted or checked."""

import pickle
import re
import runpy
import shlex
import tracemalloc
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import numpy as np
import pytest
from click.testing import CliRunner

from controller.cli import headroom
from docs.__main__ import main, stale_pages
from docs.forecasts.library import kilobytes
from docs.forecasts.loads import Loads, fitted_at
from docs.forecasts.page import TEMPLATE, Untrue, filled, forecasting_pages, made_from, rewrapped
from docs.forecasts.sources import all_members, says, source
from docs.forecasts.step import Step, moment, percent, span, time_axis
from docs.pages import pages
from forecasting import Series
from forecasting.models import MEMBERS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "forecasting.md").read_text(encoding="utf-8")
PICTURES = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "pictures").iterdir()}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LARGEST_PICTURE = 60_000  # bytes
ROUNDING = 1e-9  # a thousand times as much as libraries differ by

CODE, OUTPUT = (text for language, text in FENCE.findall(PAGE) if language in ("python", ""))
COMMANDS = [line for language, text in FENCE.findall(PAGE) if language == "sh" for line in text.splitlines()]


def prose_of(template: str) -> str:
    """The words of a template: no code, no names of figures, no link targets, no numbers of a list."""
    without = FENCE.sub("", template)
    for pattern in (r"\$\w+", r"\]\([^)]*\)", r"(?m)^\d\. "):
        without = re.sub(pattern, "", without)
    return without


@pytest.mark.slow
def test_the_page_and_its_pictures_are_what_the_code_makes() -> None:
    assert list(stale_pages(forecasting_pages(), DOCS)) == [], "make generate"


@pytest.mark.slow
def test_how_a_machine_rounds_does_not_show() -> None:
    loads = Loads()
    rng = np.random.default_rng(0)
    for name in ("taxi", "shop", "electricity", "database", "tweets"):
        series = getattr(loads, name)
        shaken = series.values * (1 + ROUNDING * rng.standard_normal(len(series)))
        vars(loads)[name] = Series(series.start, series.step, shaken)

    assert made_from(loads) == forecasting_pages()


def test_every_picture_is_shown_and_every_picture_shown_exists() -> None:
    assert set(re.findall(r"!\[[^]]+\]\(pictures/([^)]+)\)", PAGE)) == set(PICTURES)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_is_small_and_says_what_it_shows(name: str) -> None:
    picture = PICTURES[name]

    assert len(picture.encode()) < LARGEST_PICTURE
    assert re.search(r"<title>[^<]{20,}</title>", picture)
    assert "prefers-color-scheme:dark" in picture


def test_no_figure_is_typed() -> None:
    assert re.findall(r".*\d.*", prose_of(TEMPLATE.read_text(encoding="utf-8"))) == []


def test_the_code_on_the_page_prints_what_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(CODE, encoding="utf-8")

    with redirect_stdout(StringIO()) as printed:
        runpy.run_path(str(tmp_path / "example.py"))

    assert printed.getvalue() == OUTPUT


def test_the_forecast_of_the_example_rises_as_its_comment_says() -> None:
    before, now = map(float, re.findall(r"(?:before|now): ([\d.]+)", OUTPUT))

    assert now > before


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_on_the_page_run(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(line)

    result = CliRunner().invoke(headroom, words)

    assert (program, result.exit_code) == ("headroom", 0)


@pytest.mark.parametrize("command", ["forecast", "accuracy", "scan"])
def test_the_commands_take_the_flags_that_the_page_names(command: str) -> None:
    found = headroom.get_command(click.Context(headroom), command)
    known = {name for parameter in found.params for name in parameter.opts} if found else set()
    promised = {"--time-zone", "--format"}
    if command != "scan":
        promised |= {"--plot", "--holidays", "--ignored-holiday"}

    assert promised <= known
    assert [flag for flag in promised if f"`{flag}" not in PAGE] == []


def test_a_forecaster_takes_no_more_memory_than_the_page_says() -> None:
    numbers, at_most = map(float, re.findall(r"(\d+) kB", PAGE))
    loads = Loads()
    fitted = fitted_at(loads.tweets, loads.tweets.end)
    pickled = pickle.dumps(fitted)
    tracemalloc.start()
    copies = [pickle.loads(pickled) for _ in range(50)]  # noqa: S301 -- pickled above
    in_memory = tracemalloc.get_traced_memory()[0] / len(copies) / 1000
    tracemalloc.stop()

    assert kilobytes(fitted) == pytest.approx(numbers, abs=1)
    assert numbers <= len(pickled) / 1000 <= in_memory <= at_most


def test_every_member_is_on_the_page_with_its_source() -> None:
    missing = [
        each.name for each in all_members() if not (says(each) and source(each) and f"| `{each.name}` |" in PAGE)
    ]

    assert missing == []
    assert {each.name for each in MEMBERS} < {each.name for each in all_members()}


@pytest.mark.slow
def test_a_check_passes_where_everything_is_fresh(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["--folder", str(tmp_path)])

    assert CliRunner().invoke(main, ["--folder", str(tmp_path), "--check"]).exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("spoiled", ["forecasting.md", "pictures/gate.svg"])
@pytest.mark.parametrize("missing", [False, True], ids=["another figure", "missing"])
def test_a_check_fails_on_a_stale_page(spoiled: str, missing: bool, tmp_path: Path) -> None:  # noqa: FBT001
    CliRunner().invoke(main, ["--folder", str(tmp_path)])
    page = tmp_path / spoiled
    text = page.read_text(encoding="utf-8")
    if missing:
        page.unlink()
    else:
        page.write_text(re.sub(r"\d", lambda digit: str(9 - int(digit[0])), text, count=1), encoding="utf-8")

    result = CliRunner().invoke(main, ["--folder", str(tmp_path), "--check"])

    assert result.exit_code == 1
    assert result.stderr == f"{page} is stale: make generate\n"


def test_a_template_is_filled_with_what_its_steps_counted() -> None:
    step = Step({"origins": "288"}, holds={"It looked back.": True})

    assert filled("It looked\nback. $origins origins.", {"folds": step}) == "It looked\nback. 288 origins."


@pytest.mark.parametrize(
    ("template", "steps", "problem"),
    [
        pytest.param("Rain.", {"a": Step({}, {"Rain.": False})}, "does not hold: 'Rain.'", id="a claim that is false"),
        pytest.param("Sun.", {"a": Step({}, {"Rain.": True})}, "not on the page: 'Rain.'", id="a claim nobody reads"),
        pytest.param("$days days.", {"a": Step({})}, "$days is counted or asked for", id="a figure nobody counted"),
        pytest.param("Days.", {"a": Step({"days": "3"})}, "$days is counted or asked for", id="a figure nobody reads"),
        pytest.param("$n", {"a": Step({"n": "1"}), "b": Step({"n": "2"})}, "by the same name", id="two of one name"),
    ],
)
def test_a_page_that_claims_what_is_not_so_is_not_made(template: str, steps: Mapping[str, Step], problem: str) -> None:
    with pytest.raises(Untrue) as refused:
        filled(template, steps)

    assert problem in str(refused.value)


def test_paragraphs_are_even_again_and_all_else_stays() -> None:
    long = "word " * 30 + "`code that stays together`"
    page = f"# Title\n\n{long}\n\n| a | b |\n\n```\n{long}\n```\n"

    lines = rewrapped(page).splitlines()

    assert lines[2].startswith("word")
    assert max(len(line) for line in lines[2:4]) <= 120
    assert "`code that stays together`" in lines[3]
    assert lines[5:] == ["| a | b |", "", "```", long, "```"]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=28), "28 days"),
        (timedelta(hours=36), "36 h"),
        (timedelta(minutes=130), "130 min"),
        (timedelta(seconds=150), "2.5 min"),
        (timedelta(seconds=15), "15 s"),
    ],
    ids=str,
)
def test_lengths_of_time_are_told_in_units_that_fit(length: timedelta, words: str) -> None:
    assert span(length) == words


@pytest.mark.parametrize(
    ("share", "digits", "words"), [(0.5, 0, "50 %"), (0.0123, 1, "1.2 %"), (0.001, 0, "< 1 %"), (0.0, 0, "0 %")]
)
def test_a_small_share_is_not_called_nothing(share: float, digits: int, words: str) -> None:
    assert percent(share, digits) == words


def test_moments_are_told_by_a_clock() -> None:
    at = datetime(2013, 6, 9, 14, tzinfo=UTC)

    assert moment(at) == "Sunday, 9 June, 14:00"
    assert moment(at, ZoneInfo("Australia/Melbourne")) == "Monday, 10 June, 00:00"


def test_a_time_axis_names_days_at_local_midnights() -> None:
    axis = time_axis(
        datetime(2013, 6, 9, 14, tzinfo=UTC), timedelta(hours=12), every=6, zone=ZoneInfo("Australia/Melbourne")
    )

    assert axis.ticks == ((0.0, "Mon 10 Jun"), (6.0, "06:00"), (12.0, "12:00"))


def test_other_pages_do_not_wait_for_this_one() -> None:
    assert [path for path in pages() if "forecasting" in str(path)] == []
