"""Fewer points, the same line: extremes, gaps and steps survive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.reporting.sampling import changes, outline, spans

NAN = float("nan")
COLUMNS = st.integers(1, 3).flatmap(
    lambda count: st.lists(
        st.lists(st.one_of(st.floats(0, 1e6), st.just(NAN)), min_size=count, max_size=count), min_size=1, max_size=300
    )
)


@given(rows=COLUMNS, at_most=st.integers(6, 400))
def test_an_outline_keeps_the_ends_and_every_column_s_extremes_within_its_size(
    rows: list[list[float]], at_most: int
) -> None:
    columns = list(np.array(rows).T)

    kept = outline(columns, at_most=at_most)

    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(rows) - 1)
    assert len(kept) <= at_most + 2
    for column in columns:
        known, shown = column[~np.isnan(column)], column[kept][~np.isnan(column[kept])]
        assert not known.size or (shown.min(), shown.max()) == (known.min(), known.max())


def test_a_gap_wider_than_a_bucket_stays_a_gap() -> None:
    values = np.ones(1000)
    values[300:500] = np.nan

    kept = outline([values], at_most=40)

    assert np.isnan(values[kept]).any()


@given(rows=COLUMNS)
def test_a_step_line_can_be_drawn_again_from_its_changes(rows: list[list[float]]) -> None:
    columns = list(np.array(rows).T)

    kept = changes(columns)

    held = kept[np.searchsorted(kept, np.arange(len(rows)), side="right") - 1]
    for column in columns:
        np.testing.assert_array_equal(column[held], column)


@pytest.mark.parametrize(
    ("what", "holds", "expected"),
    [
        ("nothing holds", [0, 0, 0, 0, 0], []),
        ("one sample lasts until the next", [0, 1, 0, 0, 0], [(15, 30)]),
        ("the last sample lasts a step", [0, 0, 0, 0, 1], [(60, 75)]),
        ("neighbours are one window", [0, 1, 1, 1, 0], [(15, 60)]),
        ("a short pause does not end it", [1, 0, 1, 0, 0], [(0, 45)]),
        ("a longer one does", [1, 0, 0, 1, 0], [(0, 15), (45, 60)]),
    ],
)
def test_spans(what: str, holds: list[int], expected: list[tuple[float, float]]) -> None:
    windows = spans(np.arange(5) * 15.0, np.array(holds, dtype=bool), joined_within=15)

    assert [tuple(window) for window in windows] == expected, what
