"""When Python looks for cycles."""

import gc
from collections.abc import Iterator

import pytest

from controller.live.garbage import put_off_full_passes

OLDEST = 2  # generation


@pytest.fixture(autouse=True)
def _thresholds_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_sweep_full_of_objects_that_stay_starts_no_full_pass() -> None:
    put_off_full_passes()
    before = gc.get_stats()
    kept = [[number] for number in range(500_000)]
    passes = [after["collections"] - was["collections"] for was, after in zip(before, gc.get_stats(), strict=True)]
    assert passes[OLDEST] == 0, f"a full pass over {len(kept)} lists"
    assert min(passes[:OLDEST]) > 0, "the young are looked at as ever"
