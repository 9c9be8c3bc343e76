"""`headroom accuracy`: everybody's scores from the outside, in three shapes that say the same."""

import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.cli.accuracy import accuracy
from controller.errors import InputRefused
from controller.simulation.traces import read_trace
from forecasting import ForecastingError, fit
from tests.cli.running import answer_of, rows_of, run_command
from tests.cli.traces import TAXI, write_trace
from tests.forecasting.loads import HOUR, noise, noisy_week

MEMBERS = {"combination", "day_naive", "week_naive", "profile", "harmonic"}
WINDOWS = ("first_hour", "full_horizon")
MEASURES = {"mase", "wape", "quantile_loss", "coverage"}


run = partial(run_command, accuracy)


def document(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer_of(accuracy, *arguments, "--format", "json"))
    return found


def refused(*arguments: object) -> str:
    problem = run(*arguments).exception
    assert isinstance(problem, InputRefused | ForecastingError)
    return str(problem)


def test_json_scores_every_member_the_combination_and_the_naive() -> None:
    found = document(TAXI)

    assert (found["trace"], found["horizon_seconds"], found["level"]) == (TAXI.name, 86_400, 0.95)
    assert {each["name"] for each in found["forecasters"]} >= MEMBERS
    assert all(each[window].keys() == MEASURES for each in found["forecasters"] for window in WINDOWS)
    assert found["gate"].keys() == {"open", "reason", "message", "short_term"}


def test_origins_stand_at_mixed_hours_of_the_newest_part() -> None:
    trace = read_trace(TAXI)

    origins = [datetime.fromisoformat(text) for text in document(TAXI)["origins"]]

    assert len(origins) == 12
    assert len({origin.hour for origin in origins}) == 12
    assert origins[0] >= trace.start + 0.6 * (trace.end - trace.start)
    assert origins[-1] == trace.end - timedelta(days=1)


def test_a_stranger_can_recompute_an_error_from_forecasts() -> None:
    trace = read_trace(TAXI)
    found = document(TAXI, "--origins", "3", "--horizon", "6h")

    wrong, demand = 0.0, 0.0
    for origin in map(datetime.fromisoformat, found["origins"]):
        path = fit(trace.between(trace.start, origin)).forecast(timedelta(hours=6)).point
        truth = trace.between(origin, origin + timedelta(hours=6)).values
        wrong, demand = wrong + np.abs(truth - path.values).sum(), demand + truth.sum()

    ours = found["forecasters"][0]
    assert ours["name"] == "combination"
    assert ours["full_horizon"]["wape"] == pytest.approx(wrong / demand)


def test_csv_and_json_hold_the_same_numbers() -> None:
    rows = rows_of(answer_of(accuracy, TAXI, "--origins", "3", "--format", "csv"))
    forecasters = document(TAXI, "--origins", "3")["forecasters"]

    assert list(rows[0]) == [
        "forecaster",
        "window",
        "weight",
        "origins",
        "mase",
        "wape",
        "quantile_loss",
        "coverage",
    ]
    assert [(row["forecaster"], row["window"], float(row["mase"])) for row in rows] == [
        (each["name"], window, each[window]["mase"]) for each in forecasters for window in WINDOWS
    ]


def test_weights_of_the_newest_fit_add_up() -> None:
    forecasters = document(TAXI, "--origins", "2")["forecasters"]

    assert sum(each["weight"] or 0 for each in forecasters) == pytest.approx(1)
    assert forecasters[0]["weight"] is None


def test_the_table_has_both_windows_and_the_gates_verdict() -> None:
    said = run(TAXI).stdout

    for word in ("first hour", "full 24 hours", "quantile loss", "coverage", "combination", "week_naive", "profile"):
        assert word in said
    assert "The gate is open (Predictable): quantile loss" in said


def test_a_load_without_a_season_is_told_to_be_one(tmp_path: Path) -> None:
    walk = 100 * np.exp(np.cumsum(noise(20 * 24, seed=1)))
    trace = write_trace(tmp_path / "walk.csv", walk, HOUR)

    said = run(trace, "--origins", "4").stdout

    assert "The gate is closed (NotBetterThan" in said.replace("\n", " ")


def test_a_minutes_trace_is_judged_on_its_own_step(tmp_path: Path) -> None:
    minute = timedelta(minutes=1)
    trace = write_trace(tmp_path / "trace.csv", noisy_week(4, step=minute), minute)

    found = document(trace, "--origins", "2", "--horizon", "2h")

    assert found["horizon_seconds"] == 7200
    assert 0 < found["forecasters"][0]["first_hour"]["mase"] < 1


def test_seasons_follow_the_given_clock() -> None:
    flags = [TAXI, "--origins", "2", "--format", "json"]

    assert run(*flags, "--time-zone", "America/New_York").stdout != run(*flags).stdout


def test_holidays_of_a_place_are_marked() -> None:
    flags = [TAXI, "--origins", "6", "--format", "json"]
    unmarked, marked, ignored = (
        run(*flags, *more).stdout
        for more in ([], ["--holidays", "US/NY"], ["--holidays", "US/NY", "--ignored-holiday", "Columbus Day"])
    )

    assert ignored == unmarked != marked


def test_the_level_is_the_one_that_is_judged() -> None:
    low, high = (document(TAXI, "--origins", "6", "--level", level)["forecasters"][0] for level in ("0.5", "0.95"))

    assert low["full_horizon"]["coverage"] < 0.75 < high["full_horizon"]["coverage"]
    assert low["full_horizon"]["mase"] == high["full_horizon"]["mase"]


def test_a_page_shows_it_beside_the_same_numbers(tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    assert run(TAXI, "--origins", "3", "--plot", page).stdout == run(TAXI, "--origins", "3").stdout

    assert "Accuracy on nyc-taxi-30min.csv" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--horizon", "28d"], "bring 1682 h of samples or more"),
        (["--time-zone", "Mars"], "unknown time zone"),
        (["--holidays", "Mars"], "no public holidays are known of Mars"),
        (["--plot", "missing/page.html"], "there is no folder missing"),
    ],
    ids=["too far", "time zone", "no country", "no folder"],
)
def test_what_cannot_be_done_is_refused_with_what_to_do(flags: list[str], sentence: str) -> None:
    assert sentence in refused(TAXI, *flags)


@pytest.mark.parametrize(
    "flags", [["--origins", "1"], ["--origins", "many"], ["--level", "95"], ["--horizon", "0s"], ["--format", "xml"]]
)
def test_a_wrong_flag_is_refused(flags: list[str]) -> None:
    result = run(TAXI, *flags)

    assert result.exit_code == 2
    assert f"Invalid value for '{flags[0]}'" in result.output
