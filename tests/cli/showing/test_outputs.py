"""What commands print, for programs and for people."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from controller.cli.showing.outputs import (
    check_folder,
    figure,
    gate_sentence,
    iso,
    make_table,
    percent,
    plain,
    print_csv,
    print_json,
    print_terminal,
    progress,
    write_plot,
)
from controller.errors import InputRefused
from controller.reporting.report import Report
from forecasting import Gate


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2014, 12, 1, tzinfo=UTC), "2014-12-01T00:00:00Z"),
        (datetime(2014, 12, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2014-12-01T00:00:00Z"),
        (datetime(2014, 12, 1, 0, 0, 0, 500_000, tzinfo=UTC), "2014-12-01T00:00:00.500000Z"),
    ],
    ids=["utc", "another zone", "half a second"],
)
def test_times_are_iso_8601_in_utc(moment: datetime, text: str) -> None:
    assert iso(moment) == text


def test_csv_keeps_every_digit_and_leaves_the_unknown_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(["name", "value"], [["a,b", 0.1 + 0.2], ["c", math.nan], ["d", None], ["e", math.inf], ["f", 1e-7]])

    assert capsys.readouterr().out == 'name,value\n"a,b",0.30000000000000004\nc,\nd,\ne,inf\nf,1e-07\n'


def test_json_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": math.nan, "b": [1.5, (math.inf,)], "c": {"d": -math.inf, "e": "text"}})

    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, [None]], "c": {"d": None, "e": "text"}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.012345, "0.01235"),
        (1.0, "1.000"),
        (9.9996, "10.000"),
        (123.456, "123.5"),
        (15_432.1, "15,432"),
        (math.nan, "-"),
        (math.inf, "inf"),
    ],
)
def test_figures_have_four_digits_that_count(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(("part", "text"), [(0.1234, "12.3%"), (-0.5, "-50.0%"), (math.nan, "-"), (-math.inf, "-inf%")])
def test_shares_are_percentages(part: float, text: str) -> None:
    assert percent(part) == text


def test_a_table_sets_numbers_to_the_right_and_cuts_no_name(capsys: pytest.CaptureFixture[str]) -> None:
    table = make_table(["name"], ["value"])
    table.add_row(plain("x" * 100), "1")

    print_terminal(table)

    said = capsys.readouterr().out
    assert said.count("x") == 100
    assert any(line.rstrip().endswith("    1") for line in said.splitlines())


def test_names_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_terminal(plain("\x1b[31mred[bold]\x07"))

    assert capsys.readouterr().out == "\N{REPLACEMENT CHARACTER}[31mred[bold]\N{REPLACEMENT CHARACTER}\n"


def test_progress_says_nothing_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Working", 2) as done:
        done(1)
        done(1)

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("is_open", "state"), [(True, "open"), (False, "closed")])
def test_a_gate_is_one_sentence(*, is_open: bool, state: str) -> None:
    gate = Gate(open=is_open, reason="Word", message="0.9 of that")

    assert gate_sentence(gate) == f"The gate is {state} (Word): 0.9 of that."


def test_a_picture_needs_a_folder_before_the_work_begins(tmp_path: Path) -> None:
    check_folder(None)
    check_folder(tmp_path / "page.html")

    with pytest.raises(InputRefused, match="there is no folder"):
        check_folder(tmp_path / "missing" / "page.html")


def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be written"):
        write_plot(Report("title", "subtitle", "verdict"), tmp_path)
