import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.contest import hold, hold_m4
from benchmarks.forecasters import (
    DAY_NAIVE,
    ENGINE,
    HOURLY_MODELS,
    MEMBER,
    MSTL_ETS,
    WEEK,
    WEEK_NAIVE,
    HourlyModel,
    hourly_means,
    in_logs,
    run_engine,
    run_hourly,
    run_naive,
)
from benchmarks.rolling import DAY, HOUR, Forecasts, Rolling, roll
from benchmarks.traces import first_part, m4_first_part
from forecasting import Series
from forecasting.series import Values

START = datetime(2026, 1, 5, tzinfo=UTC)
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "statsforecast_mstl.py"
HALF_HOUR = timedelta(minutes=30)


def a_rolling(past: Series) -> Rolling:
    """Return one origin at the end of a past; what came matters to no forecaster."""
    return Rolling("made", (past,), np.zeros((1, DAY // past.step)))


def days(*levels: float) -> Series:
    """Return hourly demand with one level a day."""
    return Series(START, HOUR, np.repeat(levels, 24))


def a_wave(seen: int, *, weekend: float = 1.0) -> Values:
    """Return so many hours of a day's wave, so many times as large at weekends."""
    hours = np.arange(seen)
    wave = 100 * (1 + 0.5 * np.sin(2 * np.pi * hours / 24))
    return np.asarray(np.where(hours // 24 % 7 >= 5, weekend * wave, wave))


def only(forecasts: Forecasts) -> Values:
    return np.asarray(forecasts.points[0])


@pytest.mark.parametrize(
    ("season", "levels", "expected"),
    [
        (DAY, [1, 2, 3], 3.0),
        (WEEK, [1, 2, 3, 4, 5, 6, 7, 8], 2.0),
        (WEEK, [1, 2, 3, 4, 5, 6, 7], 1.0),
        (WEEK, [1, 2, 3], 3.0),  # below a week, the day
    ],
)
def test_a_naive_forecast_repeats_the_newest_season(season: timedelta, levels: list[float], expected: float) -> None:
    assert set(only(run_naive(a_rolling(days(*levels)), season))) == {expected}


def test_a_naive_bound_adds_the_quantile_of_its_own_differences() -> None:
    made = run_naive(a_rolling(days(1, 2, 4, 7)), DAY)  # differences of 1, 2 and 3, a day of each

    assert made.bounds is not None
    assert set(made.bounds[0] - made.points[0]) == {3.0}


def test_a_gap_in_the_newest_season_is_filled_from_the_one_before() -> None:
    values = days(1, 2, 3).values.copy()
    values[-1] = np.nan
    path = only(run_naive(a_rolling(Series(START, HOUR, values)), DAY))

    assert path.tolist() == [3.0] * 23 + [2.0]


def test_hourly_means_are_counted_back_from_the_origin() -> None:
    past = Series(START, HALF_HOUR, np.array([9.0, 1.0, 3.0, 5.0, 7.0]))
    assert hourly_means(past).tolist() == [2.0, 6.0]


def test_a_gap_becomes_a_straight_line_for_those_who_know_none() -> None:
    assert hourly_means(Series(START, HOUR, np.array([1.0, np.nan, 3.0]))).tolist() == [1.0, 2.0, 3.0]


def test_the_shape_within_the_hour_is_put_back() -> None:
    past = Series(START, HALF_HOUR, np.tile([4.0, 12.0], 24 * 3))
    path = only(run_hourly(a_rolling(past), lambda hours, ahead: np.full(ahead, hours[-1])))

    np.testing.assert_allclose(path, np.tile([4.0, 12.0], 24))


def test_a_log_forecast_stays_within_three_times_what_was_seen() -> None:
    hours = np.array([1.0, 5.0])
    assert in_logs(lambda _, ahead: np.full(ahead, 1e3), hours, 2) == pytest.approx([15.0, 15.0])
    assert in_logs(lambda _, ahead: np.full(ahead, -1e3), hours, 2).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("model", HOURLY_MODELS.values(), ids=list(HOURLY_MODELS))
@pytest.mark.parametrize("seen", [24 * 5, 24 * 21])
def test_decompositions_go_on_with_a_day_that_repeats(model: HourlyModel, seen: int) -> None:
    wave = a_wave(seen + 24)
    assert in_logs(model, wave[:seen], 24) == pytest.approx(wave[seen:], rel=0.05)


def test_a_decomposition_by_weeks_knows_weekends() -> None:
    wave = a_wave(24 * 28, weekend=1.5)
    friday_night = 24 * 26
    path = in_logs(HOURLY_MODELS[MSTL_ETS], wave[:friday_night], 24)

    assert path == pytest.approx(wave[friday_night : friday_night + 24], rel=0.05)


def test_the_engine_speaks_at_every_origin_and_so_do_its_members() -> None:
    rolling = roll("purchase", first_part("purchase"))
    made = run_engine(rolling)
    own = made[ENGINE]

    assert own.points.shape == rolling.truth.shape
    assert own.bounds is not None
    assert (own.bounds >= own.points).mean() > 0.9
    assert all(name.startswith(MEMBER) for name in made if name != ENGINE)
    assert len(made) > 2


def test_a_member_that_needs_more_history_says_nothing_at_early_origins() -> None:
    young, old = days(*range(1, 5)), days(*range(1, 22))
    made = run_engine(Rolling("ageing", (young, old), np.zeros((2, 24))))
    weekly = made[f"{MEMBER} week_naive"].points

    assert np.isnan(weekly[0]).all()
    assert np.isfinite(weekly[1]).all()


@pytest.mark.slow
def test_everybody_is_scored_on_every_trace() -> None:
    contest = hold([roll("purchase", first_part("purchase"))], others=False)

    scores = contest["purchase"]
    assert {ENGINE, DAY_NAIVE, WEEK_NAIVE} < set(scores)
    assert all(np.isfinite(each.mase).all() for name, each in scores.items() if not name.startswith(MEMBER))


@pytest.mark.slow
def test_everybody_stands_somewhere_in_m4() -> None:
    standings = hold_m4(m4_first_part()[:3], others=False)

    assert list(standings) == [ENGINE, DAY_NAIVE, WEEK_NAIVE]
    assert all(np.isfinite(each.owa) for each in standings.values())


def test_the_other_environment_answers_in_files(tmp_path: Path) -> None:
    package = tmp_path / "statsforecast"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(
        "import numpy as np\n"
        "class MSTL:\n"
        "    def __init__(self, season_length):\n"
        "        self.seasons = len(season_length)\n"
        "    def forecast(self, y, h):\n"
        "        return {'mean': np.full(h, y[-1] + self.seasons)}\n"
    )
    asked, answered = tmp_path / "asked.npz", tmp_path / "answered.npz"
    np.savez(asked, ahead=2, values=np.arange(500.0), lengths=[100, 400])

    subprocess.run([sys.executable, SCRIPT, asked, answered], check=True, env={"PYTHONPATH": str(tmp_path)})

    with np.load(answered) as answer:
        assert answer["points"].tolist() == [[100.0, 100.0], [501.0, 501.0]]  # the longer one has a week's season too
        assert answer["seconds"] >= 0
