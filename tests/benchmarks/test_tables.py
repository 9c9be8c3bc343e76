from importlib import import_module

import pytest

from benchmarks.__main__ import TOPICS
from benchmarks.tables import Table, against, at_least


def test_a_table_reads_as_markdown_under_where_and_when() -> None:
    table = Table("Speed", "How fast.", ("what", "ms"), [("one", 1234.5), ("two", 0.0123)], ["L1: met"])

    assert table.markdown("here, today") == (
        "# Speed\n\nhere, today\n\nHow fast.\n\n"
        "| what | ms |\n| --- | ---: |\n| one | 1,234 |\n| two | 0.012 |\n\n- L1: met\n"
    )


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (60.0, "a bar: met, 60 of at most 60 s"),
        (62.0, "a bar: **missed**, 62 of at most 60 s"),
        (0.25, "a bar: met, 0.25 of at most 60 s"),
        (60.4, "a bar: **missed**, 60.4 of at most 60 s"),
        (1234.0, "a bar: **missed**, 1,234 of at most 60 s"),
    ],
)
def test_a_bar_that_is_missed_says_so(measured: float, sentence: str) -> None:
    assert against("a bar", measured, 60, "s") == sentence


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (0.95, "a floor: met, 0.95 of at least 0.95"),
        (0.961, "a floor: met, 0.961 of at least 0.95"),
        (0.949, "a floor: **missed**, 0.949 of at least 0.95"),
    ],
)
def test_a_floor_is_met_from_above(measured: float, sentence: str) -> None:
    assert at_least("a floor", measured, 0.95) == sentence


def test_a_page_may_hold_further_tables_and_pictures() -> None:
    more = Table("More", "And why.", ("what",), [("two",)])
    table = Table("Speed", "How fast.", ("what",), [("one",)], further=[more], pictures={"speed.svg": "<svg/>"})

    assert table.markdown("here") == (
        "# Speed\n\nhere\n\nHow fast.\n\n| what |\n| --- |\n| one |\n\n![speed](speed.svg)\n\n"
        "## More\n\nAnd why.\n\n| what |\n| --- |\n| two |\n"
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_returns_a_table(topic: str) -> None:
    assert import_module(f"benchmarks.{topic}").table.__annotations__["return"] is Table
