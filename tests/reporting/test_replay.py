"""A Report from a replay: what it adds up must be what the scores say."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from controller.api.error_budget import ErrorBudget
from controller.reporting.replay import DAY, from_replay, verdict
from controller.reporting.report import Demand, Figure, Report
from controller.scaling.decision import Candidate, Limiter
from controller.scaling.judging.comparison import Comparison, Interval, Ratio
from controller.scaling.judging.score import Score
from controller.scaling.judging.timeline import Note, Timeline
from controller.scaling.reasons import Reason
from tests.reporting.examples import LIMIT_MS, START, replay_report, timeline

HPA = Score("HPA", 20_160, 340, 0.009, 10_000, 402, 90, 0.1, 0.2, 0.1, 0.8)
OURS = replace(HPA, policy="Headroom", violation_minutes=12, pod_hours=9_700)
NEAR = replace(HPA, policy="Near", pod_hours=9_750)
SURE = Ratio(0.5, Interval(0.4, 0.6))


def against(rival: Score, winner: str | None = None, ratio: Ratio = SURE) -> Comparison:
    return Comparison("Headroom", rival.policy, ratio, SURE, 1.0, fewer_violations=winner, fewer_pod_hours=None)


@pytest.fixture(scope="module")
def report() -> Report:
    return replay_report(days=2)


def test_the_totals_end_where_the_scores_say(report: Report) -> None:
    assert report.violation_minutes is not None
    assert report.pod_hours is not None

    minutes = {name: values[-1] for name, values in report.violation_minutes.values.items()}
    hours = {name: values[-1] for name, values in report.pod_hours.values.items()}

    assert minutes == {row.policy: row.violation_minutes for row in report.scores}
    assert hours == pytest.approx({row.policy: row.pod_hours for row in report.scores})


def calm(days: float, policy: str = "Headroom") -> Timeline:
    ticks = round(days * DAY / 15)
    made = timeline(policy, np.full(ticks, 50.0), np.full(ticks, 10.0))
    return replace(made, p95_ms=np.full(ticks, 100.0))


def shown(*timelines: Timeline) -> Report:
    return from_replay(timelines, Demand("requests", "requests/s"), title="t", subtitle="s", bounds=(1, 10))


def test_the_charts_open_on_the_day_the_rival_missed_most() -> None:
    p95 = np.full(3 * 5760, 100.0)
    p95[7000:7100] = np.inf

    report = shown(calm(3), replace(calm(3, "HPA"), p95_ms=p95))

    assert report.focus is not None
    begin = START.timestamp() + DAY
    assert (report.focus.begin, report.focus.end) == (begin, begin + DAY)
    assert "HPA" in report.focus.why


def test_verdict_headlines_and_charts_speak_of_the_same_rival_the_nearest_in_cost() -> None:
    days = np.full(3 * 5760, 100.0)
    late = np.where(np.arange(len(days)) < 100, np.inf, days)
    far = replace(calm(3, "Far"), created_replicas=np.full(len(days), 90.0))
    near = replace(calm(3, "Near"), created_replicas=np.full(len(days), 14.0), p95_ms=late)

    report = from_replay(
        (calm(3), far, near),
        Demand("requests", "requests/s"),
        title="t",
        subtitle="s",
        bounds=(1, 100),
        budget=ErrorBudget(target_percent=99, window_days=28),
    )

    assert "Near (of all rivals the nearest in cost) for 25" in report.verdict
    assert {figure.note.partition(":")[0] for figure in report.figures} == {"Near"}
    assert report.focus is not None
    assert "Near missed" in report.focus.why


def test_an_error_budget_is_a_headline_beside_the_rivals() -> None:
    p95 = np.full(3 * 5760, 100.0)
    p95[7000:7100] = 300
    timelines = (calm(3), replace(calm(3, "HPA"), p95_ms=p95))
    budget = ErrorBudget(target_percent=99, window_days=28)

    report = from_replay(
        timelines, Demand("requests", "requests/s"), title="t", subtitle="s", bounds=(1, 10), budget=budget
    )

    assert report.figures[-1] == Figure("Error budget burnt", "0 of 403 min", "HPA: 25")
    assert "budget" not in shown(*timelines).figures[-1].label


def test_where_nobody_missed_the_charts_open_on_the_first_day() -> None:
    focus = shown(calm(3), calm(3, "HPA")).focus

    assert focus is not None
    assert (focus.begin, focus.why) == (START.timestamp(), "its first day")


def test_a_replay_of_a_day_is_shown_whole() -> None:
    assert shown(calm(1)).focus is None


def test_several_late_ticks_are_one_minute_missed() -> None:
    p95 = np.full(5760, 100.0)
    p95[[3, 4, 5, 9]] = LIMIT_MS + 1  # the last tick of the first minute, two of the second, one of the third

    report = shown(replace(calm(1), p95_ms=p95))

    assert report.violation_minutes is not None
    assert list(report.violation_minutes.values["Headroom"][[2, 3, 4, 5, 9, -1]]) == [0, 1, 2, 2, 3, 3]


def test_only_changes_of_replicas_are_decisions() -> None:
    said = ((10, "Forecast"), (12, "Forecast"), (12, "WithinTolerance"), (11, "ScaleDownStabilized"))
    notes = tuple(
        Note(START + timedelta(minutes=minute), count, reason, "m") for minute, (count, reason) in enumerate(said)
    )

    report = shown(replace(calm(1), notes=notes))

    changes = [(row.before, row.after, row.reason) for row in report.decisions]
    assert changes == [(10, 12, "Forecast"), (12, 11, "ScaleDownStabilized")]


@pytest.mark.parametrize(
    ("rivals", "sentence"),
    [
        ((), "Headroom was above its objective for 12 minutes and used 9\u202f700 pod-hours."),
        ((HPA,), "for 12 minutes, HPA for 340; Headroom used 3.0\u202f% fewer pod-hours."),
        ((replace(HPA, pod_hours=9_000),), "Headroom used 7.8\u202f% more pod-hours."),
        ((replace(HPA, pod_hours=0),), "Headroom used 9\u202f700 instead of no pod-hours."),
    ],
)
def test_the_verdict_says_who_kept_the_objective_and_what_it_cost(rivals: tuple[Score, ...], sentence: str) -> None:
    said = verdict((OURS, *rivals), [against(rival) for rival in rivals])

    assert said.startswith("Over 14 days, ")
    assert said.endswith(sentence)


@pytest.mark.parametrize(
    ("rival", "sentence"),
    [
        (
            NEAR,
            "the same cost (pod-hours: \N{MINUS SIGN}0.51\u202f%), Headroom was above its objective for 12 minutes",
        ),
        (replace(NEAR, pod_hours=9_700), "at the same cost (pod-hours: the same), Headroom"),
    ],
)
def test_the_verdict_compares_with_the_rival_of_equal_cost(rival: Score, sentence: str) -> None:
    assert sentence in verdict((OURS, HPA, rival), [against(HPA), against(rival)])


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        (against(NEAR, "Near"), "Near for 340. Near did better."),
        (against(NEAR, "Headroom"), "Near for 340. Headroom did better."),
        (against(NEAR), "Near for 340. The days differ too much to say who did better."),
        (against(NEAR, ratio=Ratio(0.5, None)), "Near for 340."),
    ],
    ids=["lost", "won", "not told apart", "too few days"],
)
def test_who_did_better_is_said_only_where_intervals_lie_apart(compared: Comparison, sentence: str) -> None:
    assert verdict((OURS, NEAR), [compared]).endswith(sentence)


def test_the_report_compares_ours_with_every_rival() -> None:
    found = shown(calm(3), calm(3, "HPA"), calm(3, "KPA")).comparisons

    assert [(each.policy, each.rival) for each in found] == [("Headroom", "HPA"), ("Headroom", "KPA")]


def test_a_change_of_replicas_carries_all_voices_and_limits() -> None:
    voice = Candidate(Reason.FORECAST, "requests", 12, "needs 12 replicas")
    limit = Limiter(Reason.STEP_LIMITED_UP, 12, 11, "at most one more at a time")
    note = Note(START, 11, "ScaleUpLimit", "m", (voice,), (limit,))

    (row,) = shown(replace(calm(1), notes=(note,))).decisions

    assert (row.candidates, row.limiters) == ((voice,), (limit,))
