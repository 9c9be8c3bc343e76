"""No decision rests on what has not arrived, and nothing but its arguments decides what a replay returns."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.simulation.pilots import CLAIRVOYANT, EVERYBODY, HONEST, WINDOW, fly, mornings, with_a_surprise

TRACE = Path(__file__).parents[2] / "examples" / "nyc-taxi-30min.csv"


@pytest.mark.parametrize("name", HONEST)
def test_cutting_the_trace_anywhere_changes_no_decision_before_the_cut(name: str) -> None:
    demand = mornings()
    whole = fly(name, demand)
    for length in np.random.default_rng(11).integers(1, WINDOW, 3):
        cut = fly(name, replace(demand, rps=demand.rps[: demand.evaluated_from + length]))
        for column, values in cut.columns.items():
            np.testing.assert_array_equal(values, whole.columns[column][:length], err_msg=f"{column} of {length}")


@pytest.mark.parametrize("name", HONEST)
def test_nobody_moves_before_a_surprise_is_30_seconds_old(name: str) -> None:
    demand, at = mornings(), 200
    calm, surprised = (fly(name, each).desired_replicas for each in (demand, with_a_surprise(demand, at, 3.0)))
    np.testing.assert_array_equal(calm[: at + 3], surprised[: at + 3])
    if name != "static":
        assert (surprised[at + 3 : at + 40] > calm[at + 3 : at + 40]).any()


@pytest.mark.parametrize("name", CLAIRVOYANT)
def test_who_is_made_to_know_the_future_moves_before_a_surprise(name: str) -> None:
    demand, at = mornings(), 200
    calm, surprised = (fly(name, each).desired_replicas for each in (demand, with_a_surprise(demand, at, 3.0)))
    assert (surprised[at - 10 : at] > calm[at - 10 : at]).all()


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_same_replay_always_returns_the_same_bytes(name: str) -> None:
    first, second = (fly(name, mornings()) for _ in range(2))
    for column, values in first.columns.items():
        assert values.tobytes() == second.columns[column].tobytes(), column
    assert first.notes == second.notes


@pytest.mark.slow
def test_two_processes_write_the_same_timelines(tmp_path: Path) -> None:
    written = []
    for seed in ("0", "1"):
        path = tmp_path / f"{seed}.csv"
        flags = ["--rivals", "all", "--evaluate-from", "2014-10-26T23:30Z", "--timeline", str(path)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "controller", "backtest", str(TRACE), *flags]
        subprocess.run(command, check=True, env=environment, cwd=TRACE.parents[1], capture_output=True)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b"\n") == 1 + 19 * 120
