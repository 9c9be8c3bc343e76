"""`headroom forecast`: the columns are a promise to programs, and nothing after a moment may reach its forecast."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from controller.cli.forecast import forecast
from controller.errors import InputRefused
from controller.simulation.traces import read_trace
from forecasting import Calendar, ForecastingError, fit, public_holidays
from tests.cli.running import answer_of, rows_of, run_command
from tests.cli.traces import TAXI, write_trace
from tests.forecasting.loads import noisy_week

NOON = "2014-10-20T12:00Z"
HEADER = ["origin", "timestamp", "point", "q0.5", "q0.95"]
LEVELS = ["--level", "0.5", "--level", "0.95"]
MINUTE = timedelta(minutes=1)


run = partial(run_command, forecast)


answer = partial(answer_of, forecast)


def refused(*arguments: object) -> str:
    problem = run(*arguments).exception
    assert isinstance(problem, InputRefused | ForecastingError)
    return str(problem)


def test_the_columns_are_as_promised() -> None:
    first, *_ = rows_of(answer(TAXI, "--at", NOON, *LEVELS))

    assert list(first) == HEADER
    assert (first["origin"], first["timestamp"]) == ("2014-10-20T12:00:00Z", "2014-10-20T12:00:00Z")


def test_every_step_of_the_horizon_has_a_row() -> None:
    found = rows_of(answer(TAXI, "--at", NOON, "--horizon", "24h", *LEVELS))

    times = [datetime.fromisoformat(row["timestamp"]) for row in found]
    assert times == [datetime(2014, 10, 20, 12, tzinfo=UTC) + step * timedelta(minutes=30) for step in range(48)]


def test_numbers_are_those_of_the_library_to_the_last_digit() -> None:
    trace = read_trace(TAXI)
    origin = datetime(2014, 10, 20, 12, tzinfo=UTC)
    expected = fit(trace.between(trace.start, origin)).forecast(levels=(0.95, 0.5))

    found = rows_of(answer(TAXI, "--at", NOON, "--level", "0.95", "--level", "0.5"))

    assert list(found[0]) == ["origin", "timestamp", "point", "q0.95", "q0.5"]
    assert [float(row["point"]) for row in found] == expected.point.values.tolist()
    assert [float(row["q0.95"]) for row in found] == expected.quantile(0.95).values.tolist()


def test_a_trace_cut_at_the_moment_gives_the_same_bytes(tmp_path: Path) -> None:
    lines = TAXI.read_text(encoding="utf-8").splitlines(keepends=True)
    known = [line for line in lines if line < "2014-10-20T12:00"]
    cut = tmp_path / "cut.csv"
    cut.write_text("".join([lines[0], *known]), encoding="utf-8")

    whole = answer(TAXI, "--at", NOON, *LEVELS)

    assert answer(cut, "--at", NOON, *LEVELS) == whole
    assert answer(cut, *LEVELS) == whole


def test_a_step_that_has_not_ended_is_not_known(tmp_path: Path) -> None:
    values = noisy_week(3, step=timedelta(minutes=15))
    trace = write_trace(tmp_path / "trace.csv", values, timedelta(minutes=15))
    values[192] = 1e6
    spoilt = write_trace(tmp_path / "spoilt.csv", values, timedelta(minutes=15))
    at = "2026-01-07T00:14:59Z"

    found = answer(trace, "--at", at)

    assert rows_of(found)[0]["origin"] == "2026-01-07T00:00:00Z"
    assert answer(spoilt, "--at", at) == found


def test_several_moments_give_what_each_gives_alone() -> None:
    moments = [NOON, "2014-10-22T05:30Z"]

    together = answer(TAXI, *(word for at in moments for word in ("--at", at)))

    first, second = (answer(TAXI, "--at", at) for at in moments)
    assert together == first + second.partition("\n")[2]


def test_without_a_moment_it_begins_where_the_trace_ends() -> None:
    assert rows_of(answer(TAXI, "--horizon", "1h"))[0]["origin"] == "2014-10-27T00:00:00Z"


def test_the_default_levels_are_those_of_the_library() -> None:
    assert answer(TAXI, "--horizon", "1h").startswith("origin,timestamp,point,q0.5,q0.9,q0.95\n")


@pytest.mark.parametrize("seconds", [15, 60, 300, 3600])
def test_the_step_is_the_traces_own(tmp_path: Path, seconds: int) -> None:
    step = timedelta(seconds=seconds)
    trace = write_trace(tmp_path / "trace.csv", noisy_week(2, step=step), step)

    found = rows_of(answer(trace, "--horizon", "2h"))

    times = [datetime.fromisoformat(row["timestamp"]) for row in found]
    assert len(times) == timedelta(hours=2) // step
    assert times[1] - times[0] == step


def test_missing_samples_before_the_moment_are_bridged(tmp_path: Path) -> None:
    values = noisy_week(7, step=timedelta(minutes=15))
    values[-12:] = np.nan
    trace = write_trace(tmp_path / "trace.csv", values, timedelta(minutes=15))

    found = rows_of(answer(trace, "--horizon", "6h"))

    assert found[0]["origin"] == "2026-01-12T00:00:00Z"
    assert all(np.isfinite(float(row["q0.95"])) for row in found)


def test_a_moment_within_a_day_after_the_end_is_answered_from_there() -> None:
    assert rows_of(answer(TAXI, "--at", "2014-10-27T09:40Z", "--horizon", "1h"))[0]["origin"] == "2014-10-27T09:30:00Z"


def test_seasons_follow_the_given_clock() -> None:
    local = answer(TAXI, "--at", NOON, "--time-zone", "America/New_York")
    trace = read_trace(TAXI)
    past = trace.between(trace.start, datetime(2014, 10, 20, 12, tzinfo=UTC))

    expected = fit(past, calendar=Calendar("America/New_York")).forecast()

    assert [float(row["point"]) for row in rows_of(local)] == expected.point.values.tolist()


def test_holidays_of_a_place_are_forecast_from_earlier_ones_without_those_that_are_ignored() -> None:
    flags = ["--holidays", "US/NY", "--ignored-holiday", "Columbus Day"]
    trace = read_trace(TAXI)
    midnight = datetime(2014, 10, 13, tzinfo=UTC)  # Columbus Day

    unmarked, marked, ignored = (answer(TAXI, "--at", midnight.isoformat(), *each) for each in ([], flags[:2], flags))

    days = public_holidays("US", "NY", years=[2014])
    expected = fit(trace.between(trace.start, midnight), calendar=Calendar(marked_days=days)).forecast()
    assert [float(row["point"]) for row in rows_of(marked)] == expected.point.values.tolist()
    assert ignored == unmarked != marked


def test_a_holiday_older_than_what_is_learned_from_is_remembered(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    usual = 100 * noisy_week(17 * 7, step=hour)  # up to May Day
    quiet = usual.copy()
    quiet[88 * 24 : 89 * 24] *= 0.2  # Good Friday
    traces = [write_trace(tmp_path / f"{name}.csv", each, hour) for name, each in (("usual", usual), ("quiet", quiet))]

    expected = [sum(float(row["point"]) for row in rows_of(answer(trace, "--holidays", "GB/ENG"))) for trace in traces]

    assert expected[1] < 0.7 * expected[0]


def test_json_says_what_a_forecast_rests_on() -> None:
    document = json.loads(answer(TAXI, "--at", NOON, "--horizon", "1h", *LEVELS, "--format", "json"))

    assert document["trace"] == TAXI.name
    (made,) = document["forecasts"]
    assert (made["origin"], made["step_seconds"], made["history_seconds"]) == ("2014-10-20T12:00:00Z", 1800, 28 * 86400)
    assert sum(made["weights"].values()) == pytest.approx(1)
    assert made["gate"].keys() == {"open", "reason", "message", "short_term"}
    assert [list(row) for row in made["values"]] == [HEADER[1:]] * 2


def test_json_and_csv_hold_the_same_numbers() -> None:
    flags = [TAXI, "--at", NOON, *LEVELS]
    document = json.loads(answer(*flags, "--format", "json"))

    found = [[row[name] for name in HEADER[2:]] for row in document["forecasts"][0]["values"]]

    assert [list(map(repr, row)) for row in found] == [
        [row[name] for name in HEADER[2:]] for row in rows_of(answer(*flags))
    ]


def test_the_table_has_a_row_an_hour_and_the_gates_verdict() -> None:
    said = answer(TAXI, "--at", NOON, "--horizon", "6h", "--format", "table")

    assert sum("2014-10-20 1" in line for line in said.splitlines()) == 7
    assert "one step of 1800 s an hour" in said
    assert "The gate is open (Predictable)" in said
    assert "q0.95" in said


def test_a_page_shows_it_beside_the_same_numbers(tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    assert answer(TAXI, "--at", NOON, "--plot", page) == answer(TAXI, "--at", NOON)

    assert "Forecast of nyc-taxi-30min.csv" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "sentences"),
    [
        (["--at", "2014-09-15T00:29Z"], ["outside", "from 2014-09-15T00:30:00Z", "to 2014-10-28T00:00:00Z"]),
        (["--at", "2014-10-28T00:01Z"], ["outside", "a day after its end"]),
        (["--at", "0001-01-01T00:00Z"], ["outside"]),
        (["--at", NOON, "--at", "2014-10-20T12:10Z"], ["--at gives 2014-10-20T12:00:00Z twice"]),
        (["--level", "0.5", "--level", ".5"], ["--level gives 0.5 twice"]),
        (["--time-zone", "Mars/Base"], ["unknown time zone", "Europe/Berlin"]),
        (["--holidays", "Mars"], ["no public holidays are known of Mars", "subdivision like NY"]),
        (["--holidays", "US/ZZ"], ["no public holidays are known of US, ZZ"]),
        (["--holidays", "US", "--ignored-holiday", "Easter"], ["called 'Easter'", "there are Christmas Day"]),
        (["--ignored-holiday", "Columbus Day"], ["needs the place", "add --holidays"]),
        (["--plot", "missing/page.html"], ["--plot", "there is no folder missing"]),
    ],
    ids=[
        "before",
        "after",
        "long before",
        "same step",
        "same level",
        "time zone",
        "no country",
        "no subdivision",
        "no holiday",
        "ignored of nowhere",
        "no folder",
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do(flags: list[str], sentences: list[str]) -> None:
    told = refused(TAXI, *flags)

    assert [sentence for sentence in sentences if sentence not in told] == []


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--at", "2014-10-20"], "has no time zone"),
        (["--at", "0001-01-01T00:00+14:00"], "is not an ISO 8601 time"),
        (["--horizon", "0h"], "is not above 0s"),
        (["--horizon", "29d"], "at most 28d"),
        (["--horizon", "tomorrow"], "is not a duration"),
        (["--level", "1"], "is not in the range"),
        (["--level", "nan"], "is not a finite number"),
        (["--format", "xml"], "is not one of"),
    ],
    ids=["no zone", "no time", "no horizon", "too far", "no duration", "no level", "no number", "no format"],
)
def test_a_wrong_flag_is_refused(flags: list[str], sentence: str) -> None:
    result = run(TAXI, *flags)

    assert result.exit_code == 2
    assert sentence in result.output


def test_a_trace_without_a_value_is_refused(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "trace.csv", np.full(48, np.nan), timedelta(hours=1))

    assert "no value at all" in refused(trace)


def test_a_moment_after_four_weeks_of_nothing_is_refused(tmp_path: Path) -> None:
    values = np.full(60 * 24, np.nan)
    values[:24] = 1.0
    trace = write_trace(tmp_path / "trace.csv", values, timedelta(hours=1))

    assert refused(trace).startswith("there is no forecast from 2026-03-06T00:00:00Z")


def test_a_trace_that_is_not_there_is_refused_by_name() -> None:
    assert "missing.csv cannot be read" in refused("missing.csv")


def front_door(*arguments: object, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "controller", "forecast", *map(str, arguments)]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, cwd=TAXI.parents[1])


def test_the_same_input_gives_the_same_bytes_from_another_process() -> None:
    done = front_door(TAXI, "--at", NOON, *LEVELS)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == answer(TAXI, "--at", NOON, *LEVELS)


def test_without_the_holidays_package_the_extra_that_brings_it_is_named() -> None:
    program = "import sys; sys.modules['holidays'] = None; from controller.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "forecast", str(TAXI), "--holidays", "US/NY"]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TAXI.parents[1])

    assert (done.returncode, done.stdout) == (2, "")
    assert "public holidays need the holidays package: run pip install '.[holidays]' in a checkout" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_refusal_is_one_sentence_and_exit_code_two() -> None:
    done = front_door(TAXI, "--at", "2013-01-01T00:00Z")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("headroom: --at 2013-01-01T00:00:00Z is outside")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_hangs_up_is_no_error() -> None:
    command = [sys.executable, "-m", "controller", "forecast", str(TAXI), "--horizon", "28d"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=TAXI.parents[1]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert said == b""
