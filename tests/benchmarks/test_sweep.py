"""That the sweeps measured are what they are called; how fast they are, no test asserts."""

import pickle

import pytest

from benchmarks.loads import a_history
from benchmarks.sweep import BUSY, FRESH, QUIET, Figures, measure
from forecasting import fit


@pytest.fixture(scope="module")
def figures() -> Figures:
    flat = fit(a_history(1, swing=0, noise=0.01))
    return measure(3, [pickle.dumps(flat)])


def test_a_quiet_sweep_writes_nothing_and_a_busy_one_every_policy(figures: Figures) -> None:
    assert {kind: swept.patches for kind, swept in figures.kinds.items()} == {QUIET: 0, FRESH: 0, BUSY: 3}


def test_a_loop_is_held_up_by_no_more_than_the_sweep(figures: Figures) -> None:
    assert all(0 < swept.held_up <= swept.seconds for swept in figures.kinds.values())
