"""A Report from a cluster's ForecastReport."""

from datetime import timedelta

import pytest

from controller.api.error_budget import BudgetStatus
from controller.api.forecast_report import ForecastReport
from controller.api.policy_status import ScalingPolicyStatus
from controller.reporting.forecast_report import NOT_YET, from_forecast_report
from controller.reporting.report import Figure
from tests.builders import a_policy
from tests.reporting.examples import START, forecast_report_object


def the_report(**status: object) -> ForecastReport:
    return ForecastReport.model_validate(forecast_report_object(**status))


def test_the_plan_becomes_a_step_line_to_the_end_of_the_forecast() -> None:
    plan = [{"start": START.isoformat(), "replicas": 4}, {"start": "2025-03-03T09:00:00Z", "replicas": 12}]

    report = from_forecast_report(the_report(plan=plan))

    assert report.replicas is not None
    hours = (report.replicas.seconds - START.timestamp()) / 3600
    assert list(zip(hours, report.replicas.values["planned"], strict=True)) == [(0, 4), (9, 12), (48, 12)]


def test_headlines_name_peak_low_and_lead_time() -> None:
    figures = {figure.label: (figure.value, figure.note) for figure in from_forecast_report(the_report()).figures}

    assert figures["Most replicas planned"] == ("20", "from Mon 03 Mar 2025, 14:00 UTC")
    assert figures["Fewest replicas planned"] == ("4", "from Mon 03 Mar 2025, 03:00 UTC")
    assert figures["Lead time"] == ("96 s", "from deciding to Ready; learned from 7 scale-ups")


def test_how_far_it_may_be_believed_is_carried_over() -> None:
    (demand,) = from_forecast_report(the_report()).demands

    assert demand.gate is not None
    assert demand.gate.message == "quantile loss is 0.58 of the best naive forecast's"
    assert [(row.name, row.error_percent, row.coverage_percent) for row in demand.accuracy] == [
        ("Headroom", 6.1, 95.8),
        ("Last week's copy", 9.4, None),
    ]
    assert [(row.model, row.weight_percent) for row in demand.weights] == [("profile", 58), ("harmonic", 42)]
    assert demand.basis == "From 21 days of history, 12 rolling origins."
    assert "rose by 2.4 % over the last week" in demand.season_sentence


def test_with_the_policy_it_says_what_runs_now_and_between_which_bounds() -> None:
    status = ScalingPolicyStatus(current_replicas=6, desired_replicas=9, message="the forecast needs 9")
    policy = a_policy(minReplicas=2, maxReplicas=40).model_copy(update={"status": status})

    report = from_forecast_report(the_report(), policy)

    assert report.bounds == (2, 40)
    assert (report.figures[0].label, report.figures[0].value) == ("Replicas now (Active)", "6 → 9")
    assert report.figures[0].note == "the forecast needs 9"


@pytest.mark.parametrize("current", [9, None])
def test_replicas_that_do_not_change_are_named_once(current: int | None) -> None:
    status = ScalingPolicyStatus(current_replicas=current, desired_replicas=9)

    report = from_forecast_report(the_report(), a_policy().model_copy(update={"status": status}))

    assert report.figures[0].value == ("9" if current else "unknown → 9")


def test_a_report_that_was_never_written_says_so_and_shows_nothing_else() -> None:
    raw = forecast_report_object() | {"status": {}}

    report = from_forecast_report(ForecastReport.model_validate(raw))

    assert report.verdict == NOT_YET
    assert "not computed yet" in report.subtitle
    assert (report.figures, report.demands, report.replicas) == ((), (), None)


def test_a_closed_gate_without_accuracy_is_shown_as_it_is() -> None:
    closed = {
        "name": "requests",
        "historyDays": 0.4,
        "gate": {"open": False, "reason": "HistoryTooShort", "message": "9 of 24 hours"},
    }

    (demand,) = from_forecast_report(the_report(signals=[closed], plan=[])).demands

    assert demand.gate is not None
    assert not demand.gate.open
    assert (demand.forecast, demand.accuracy, demand.basis) == (None, (), "From 0.4 days of history.")


def test_of_two_weeks_of_history_only_the_daily_season_is_told() -> None:
    raw = forecast_report_object()
    young = raw["status"]["signals"][0] | {"seasonality": {"dailySharePercent": 88}}  # type: ignore[index]

    (demand,) = from_forecast_report(the_report(signals=[young])).demands

    assert demand.season_sentence == "The daily season explains 88 % of the variation."


def test_a_plan_without_points_lasts_an_hour_more() -> None:
    plan = [{"start": START.isoformat(), "replicas": 4}]

    report = from_forecast_report(the_report(plan=plan, signals=[]))

    assert report.replicas is not None
    assert report.replicas.seconds[-1] == (START + timedelta(hours=1)).timestamp()


def test_what_is_left_of_the_error_budget_is_a_headline() -> None:
    left = BudgetStatus(allowed_minutes=40.3, burnt_minutes=12, left_percent=70)
    policy = a_policy().model_copy(update={"status": ScalingPolicyStatus(error_budget=left)})

    figures = from_forecast_report(the_report(), policy).figures

    assert Figure("Error budget left", "70 %", "12 of 40 minutes are burnt") in figures


OUTLOOK = {
    "days": [{"date": "2025-03-03", "lower": 3, "expected": 5, "bound80": 6, "bound95": 8}],
    "runways": [{"limit": "MaxReplicas", "replicas": 7, "source": "spec.maxReplicas", "earliest": "2025-03-03"}],
}


def test_an_outlook_is_drawn_with_its_bounds_and_what_limits_it() -> None:
    months = from_forecast_report(the_report(outlook=OUTLOOK)).months_ahead

    assert months is not None
    assert [each.item() for each in (months.lower, months.expected, months.bound80, months.bound95)] == [3, 5, 6, 8]
    assert months.limits == {"spec.maxReplicas": 7}
    (note,) = months.notes
    assert "2025-03-03" in note


def test_a_report_of_an_outlook_alone_says_so_and_tells_its_runway_once() -> None:
    months = from_forecast_report(the_report(outlook=OUTLOOK)).months_ahead
    assert months is not None

    alone = from_forecast_report(the_report(outlook=OUTLOOK, signals=[], plan=[], verdict=months.notes[0]))

    assert "next 90 days" in alone.subtitle
    assert alone.months_ahead is not None
    assert alone.months_ahead.notes == ()
