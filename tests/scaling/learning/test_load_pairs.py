import numpy as np
import pytest
from pydantic import ValidationError

from controller.api.capacity_memory import MAX_PAIRS, LoadPairs
from controller.scaling.learning.load_pairs import FADED, FULL, HALF_LIFE_MINUTES, Pair, add_pair, as_matrix
from tests.scaling.seen import kept


def test_minutes_that_say_the_same_are_one_entry() -> None:
    summary = kept([Pair(5.0, 10, 100), Pair(5.1, 10, 102), Pair(4.9, 10, 98)])
    np.testing.assert_allclose(as_matrix(summary), [[3, 5, 10, 100]], rtol=1e-3)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Pair(6, 10, 100), "another load"),
        (Pair(5, 20, 100), "another number of replicas"),
        (Pair(5, 10, 150), "another latency"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_minutes_that_differ_are_kept_apart(other: Pair, why: str) -> None:
    assert len(kept([Pair(5, 10, 100), other]).minutes) == 2, why


def test_however_much_is_seen_the_summary_stays_small_and_spans_all_of_it() -> None:
    random = np.random.default_rng(3)
    loads, replicas = random.uniform(1, 10, 2000), random.integers(2, 100, 2000)
    summary = kept([Pair(load, count, 100) for load, count in zip(loads.tolist(), replicas.tolist(), strict=True)])
    assert len(summary.minutes) <= MAX_PAIRS
    assert min(summary.per_replica) < 1.5
    assert max(summary.per_replica) > 9


def test_an_entry_follows_the_newest_minutes() -> None:
    summary = kept([Pair(5, 10, 100)] * 500 + [Pair(5, 10, 107)] * 150)
    assert summary.milliseconds[-1] == pytest.approx(107, abs=0.5)
    assert max(summary.minutes) <= FULL


def test_what_was_seen_once_fades_by_half_a_week() -> None:
    summary = add_pair(LoadPairs(), Pair(9, 10, 240))
    for _ in range(100):
        summary = add_pair(summary, Pair(3, 10, 100))
    assert summary.minutes[0] == pytest.approx(0.5 ** (100 / HALF_LIFE_MINUTES), rel=1e-4)


def test_what_has_faded_is_forgotten() -> None:
    summary = kept([Pair(9, 10, 240, minutes=FADED), Pair(3, 10, 100)])
    assert summary.per_replica == (3,)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValidationError, match="equally long"):
        LoadPairs(minutes=(1.0,), per_replica=(1.0, 2.0), replicas=(1.0,), milliseconds=(1.0,))
