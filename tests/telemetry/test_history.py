from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.telemetry.compiler import Workload
from controller.telemetry.history import (
    ABANDONED_AFTER,
    HOURS,
    KEPT_STEPS,
    STEP,
    HistoryFile,
    load_series,
    row_key,
    step_number,
)
from controller.telemetry.questions import Asked, Question
from tests.telemetry.selectors import WEB, a_selector

START = step_number(datetime(2026, 3, 2, tzinfo=UTC))
A, B, C = (name.encode() * 32 for name in "abc")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def file(path: Path) -> Iterator[HistoryFile]:
    with HistoryFile(path, capacity=2) as file:
        yield file


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


def read(file: HistoryFile, key: bytes = A) -> tuple[int, list[float]]:
    row = file.read(key)
    assert row is not None
    return row[0] - START, row[1].tolist()


def test_a_row_nobody_wrote_is_not_there(file: HistoryFile) -> None:
    assert file.read(A) is None
    assert file.last_steps([A]) == {}


def test_what_was_written_is_read(file: HistoryFile) -> None:
    file.write({A: values(1, 2, 3)}, START)

    assert read(file) == (0, [1, 2, 3])
    assert file.last_steps([A, B]) == {A: START + 2}


def test_an_increment_is_added(file: HistoryFile) -> None:
    file.write({A: values(1, 2)}, START)
    file.write({A: values(3)}, START + 2)

    assert read(file) == (0, [1, 2, 3])


def test_steps_nobody_wrote_are_missing_and_not_zero(file: HistoryFile) -> None:
    file.write({A: values(1)}, START)
    file.write({A: values(2)}, START + 3)

    first, found = read(file)
    np.testing.assert_array_equal(found, [1, np.nan, np.nan, 2])
    assert first == 0


def test_what_is_written_again_replaces_what_was_there(file: HistoryFile) -> None:
    file.write({A: values(1, 2, 3)}, START)
    file.write({A: values(8, 9)}, START + 1)

    assert read(file) == (0, [1, 8, 9])


def test_the_oldest_steps_give_way_to_the_newest(file: HistoryFile) -> None:
    file.write({A: np.arange(KEPT_STEPS, dtype=np.float64)}, START)
    file.write({A: values(-1.5, -2.5)}, START + KEPT_STEPS)

    first, found = read(file)
    assert (first, len(found), found[0], found[-2:]) == (2, KEPT_STEPS, 2.0, [-1.5, -2.5])


def test_hours_are_kept_for_longer_than_a_year(path: Path) -> None:
    first = HOURS.number(datetime(2025, 1, 1, tzinfo=UTC))
    with HistoryFile(path, HOURS, capacity=1) as file:
        file.write({A: np.arange(HOURS.kept + 2, dtype=np.float64)}, first)

        row = file.read(A)

    assert row is not None
    assert (row[0], len(row[1]), row[1][0]) == (first + 2, HOURS.kept, 2.0)
    assert HOURS.begin(first) == datetime(2025, 1, 1, tzinfo=UTC)
    assert HOURS.kept * HOURS.step > timedelta(days=400)


def test_a_file_of_other_steps_is_replaced(path: Path) -> None:
    with HistoryFile(path, capacity=1) as file:
        file.write({A: values(1)}, START)

    with HistoryFile(path, HOURS, capacity=1) as file:
        assert file.read(A) is None


def test_after_a_silence_longer_than_is_kept_nothing_old_comes_back(file: HistoryFile) -> None:
    file.write({A: np.ones(KEPT_STEPS)}, START)
    file.write({A: values(2)}, START + 3 * KEPT_STEPS)

    _, found = read(file)
    assert np.isnan(found[:-1]).all()
    assert found[-1] == 2


def test_what_a_float32_cannot_hold_is_missing(file: HistoryFile) -> None:
    file.write({A: values(1e300, np.inf, 1)}, START)

    np.testing.assert_array_equal(read(file)[1], [np.nan, np.nan, 1])


@settings(max_examples=50)
@given(writes=st.lists(st.tuples(st.integers(0, 3 * KEPT_STEPS), st.integers(1, 2 * KEPT_STEPS)), max_size=6))
def test_a_row_is_what_a_plain_mapping_would_hold(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, int]]
) -> None:
    plain: dict[int, float] = {}
    with HistoryFile(tmp_path_factory.mktemp("history") / "history", capacity=1) as file:
        for number, (first, length) in enumerate(writes):
            file.write({A: np.full(length, float(number))}, START + first)
            kept = max([*plain, first + length - 1]) - KEPT_STEPS
            plain |= dict.fromkeys(range(first, first + length), float(number))
            plain = {step: value for step, value in plain.items() if step > kept}
        row = file.read(A)

    found = {} if row is None else {row[0] - START + i: value for i, value in enumerate(row[1]) if not np.isnan(value)}
    assert found == plain


def test_a_full_file_says_so_and_keeps_what_it_has(file: HistoryFile) -> None:
    refused = file.write({A: values(1), B: values(2), C: values(3)}, START)

    assert refused == [C]
    assert (read(file, A), read(file, B)) == ((0, [1]), (0, [2]))


def test_a_row_of_a_signal_that_is_gone_is_taken_by_another(file: HistoryFile) -> None:
    file.write({A: values(1), B: values(2)}, START)
    later = START + ABANDONED_AFTER // STEP + 1
    file.write({B: values(2)}, later)
    file.write({C: values(3)}, later)

    assert file.read(A) is None
    assert read(file, C) == (later - START, [3])
    assert read(file, B)[1][-1] == 2


def test_a_row_that_comes_back_in_time_is_not_given_away_beneath_it(file: HistoryFile) -> None:
    file.write({A: values(1), B: values(2)}, START)
    later = START + ABANDONED_AFTER // STEP + 1

    refused = file.write({C: values(3), A: values(1), B: values(2)}, later)

    assert refused == [C]
    assert read(file, A)[1][-1] == 1


def test_the_file_outlives_who_wrote_it(path: Path) -> None:
    with HistoryFile(path, capacity=2) as file:
        file.write({A: values(1)}, START)

    with HistoryFile(path, capacity=2) as file:
        assert read(file) == (0, [1])


def test_two_who_have_it_open_see_the_same(path: Path) -> None:
    with HistoryFile(path, capacity=2) as one, HistoryFile(path, capacity=2) as other:
        one.write({A: values(1)}, START)
        other.write({A: values(2), B: values(5)}, START + 1)

        assert (read(one), read(other)) == ((0, [1, 2]), (0, [1, 2]))


def test_room_for_many_signals_takes_no_disk_before_they_come(path: Path) -> None:
    with HistoryFile(path) as file:
        file.write({A: values(1)}, START)

    assert path.stat().st_blocks * 512 < 4 * 2**20


@pytest.mark.parametrize("change", ["magic", "version", "cut", "longer", "capacity", "empty"])
def test_a_file_that_is_not_whole_or_of_another_version_is_made_anew(path: Path, change: str) -> None:
    with HistoryFile(path, capacity=2) as file:
        file.write({A: values(1)}, START)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "magic": b"X" + whole[1:],
            "version": whole[:8] + b"\xff" + whole[9:],
            "cut": whole[:-1],
            "longer": whole + b"\0",
            "capacity": whole,
            "empty": b"",
        }[change]
    )

    with HistoryFile(path, capacity=3 if change == "capacity" else 2) as file:
        assert file.read(A) is None
        file.write({A: values(2)}, START)
        assert read(file) == (0, [2])


def test_a_row_that_was_torn_is_not_trusted_and_begins_anew(path: Path) -> None:
    with HistoryFile(path, capacity=2) as file:
        file.write({A: values(1, 2), B: values(3)}, START)
    content = bytearray(path.read_bytes())
    row_of_a = len(content) - 2 * KEPT_STEPS * 4
    content[row_of_a + (START % KEPT_STEPS) * 4] ^= 1
    path.write_bytes(content)

    with HistoryFile(path, capacity=2) as file:
        assert file.read(A) is None
        assert file.last_steps([A, B]) == {B: START}
        file.write({A: values(9)}, START + 1)
        assert read(file) == (1, [9])


def test_a_signals_history_is_a_series_from_the_first_known_step(path: Path) -> None:
    asked = Asked(Question("default", a_selector()), WEB)
    with HistoryFile(path) as file:
        file.write({row_key(asked): values(np.nan, 1, np.nan, 3, np.nan)}, START)

    series = load_series(path, asked)

    assert series is not None
    assert (series.start, series.step) == (datetime(2026, 3, 2, 0, 5, tzinfo=UTC), STEP)
    np.testing.assert_array_equal(series.values, [1, np.nan, 3, np.nan])


@pytest.mark.parametrize("stored", [None, values(np.nan, np.nan)])
def test_a_signal_nothing_is_known_of_has_no_series(path: Path, stored: np.ndarray | None) -> None:
    asked = Asked(Question("default", a_selector()), WEB)
    with HistoryFile(path) as file:
        if stored is not None:
            file.write({row_key(asked): stored}, START)

    assert load_series(path, asked) is None


def test_every_difference_in_what_is_asked_is_another_row() -> None:
    different = [
        Asked(Question(source, selector), workload)
        for source in ("default", "other")
        for selector in (a_selector(), a_selector(metric="other"), a_selector(aggregation="Max"))
        for workload in (WEB, Workload("bank", "web"), Workload("shop", "api"))
    ]

    assert len({row_key(asked) for asked in different}) == len(different)


def test_a_day_has_288_steps() -> None:
    assert timedelta(days=1) // STEP == 288
