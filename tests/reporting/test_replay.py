"""A Report from a replay: what it adds up must be what the scores say."""

from dataclasses import replace

import numpy as np
import pytest

from controller.reporting.replay import DAY, Replay, Track, from_replay, verdict
from controller.reporting.report import Demand, Report, ScoreRow
from tests.reporting.examples import LIMIT_MS, START, replay_report

OURS = ScoreRow("Headroom", 12, 0.06, 0.02, 9_700, 310)
HPA = ScoreRow("HPA", 340, 1.7, 0.9, 10_000, 402)


@pytest.fixture(scope="module")
def report() -> Report:
    return replay_report(days=2)


def test_the_totals_end_where_the_scores_say(report: Report) -> None:
    assert report.violation_minutes is not None
    assert report.pod_hours is not None

    minutes = {name: values[-1] for name, values in report.violation_minutes.values.items()}
    hours = {name: values[-1] for name, values in report.pod_hours.values.items()}

    assert minutes == {row.name: row.violation_minutes for row in report.scores}
    assert hours == pytest.approx({row.name: row.pod_hours for row in report.scores})


def test_the_charts_open_on_the_day_the_rival_missed_most() -> None:
    seconds = START.timestamp() + np.arange(0, 3 * DAY, 60.0)
    calm, bad_second_day = np.full(len(seconds), 100.0), np.full(len(seconds), 100.0)
    bad_second_day[2000:2030] = np.inf
    tracks = (Track(OURS, np.ones(len(seconds)), calm), Track(HPA, np.ones(len(seconds)), bad_second_day))

    report = from_replay(a_replay(seconds, tracks))

    assert report.focus is not None
    assert (report.focus.begin, report.focus.end) == (seconds[0] + DAY, seconds[0] + 2 * DAY)
    assert "HPA" in report.focus.why


def test_a_replay_of_a_day_is_shown_whole() -> None:
    seconds = START.timestamp() + np.arange(0, DAY, 60.0)
    calm = np.full(len(seconds), 100.0)

    report = from_replay(a_replay(seconds, (Track(OURS, np.ones(len(seconds)), calm),)))

    assert report.focus is None


@pytest.mark.parametrize(
    ("rivals", "sentence"),
    [
        ((), "Headroom was above its objective for 12 minutes and used 9\u202f700 pod-hours."),
        ((HPA,), "for 12 minutes, HPA for 340; it used 3.0\u202f% fewer pod-hours."),
        ((replace(HPA, pod_hours=9_000),), "it used 7.8\u202f% more pod-hours."),
        ((replace(HPA, pod_hours=9_700),), "it used as many pod-hours."),
        ((replace(HPA, pod_hours=0),), "it used 9\u202f700 instead of no pod-hours."),
    ],
)
def test_the_verdict_says_who_kept_the_objective_and_what_it_cost(rivals: tuple[ScoreRow, ...], sentence: str) -> None:
    said = verdict((OURS, *rivals), length=14 * DAY)

    assert said.startswith("Over 14 days, ")
    assert said.endswith(sentence)


def a_replay(seconds: np.ndarray[tuple[int], np.dtype[np.float64]], tracks: tuple[Track, ...]) -> Replay:
    return Replay("t", "s", seconds, Demand("requests", "requests/s"), tracks, LIMIT_MS, bounds=(1, 10))
