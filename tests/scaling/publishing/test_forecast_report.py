from datetime import timedelta
from typing import Any

import pytest

from controller.api.forecast_report import ForecastReport
from controller.api.policy_status import Memory
from controller.scaling.planning.ahead import HORIZON
from controller.scaling.publishing.forecast_report import SignalFit, forecast_report
from tests.builders import NOON, REQUESTS, a_fitted_forecast, a_policy


def test_an_open_forecast_is_told_hour_by_hour_and_as_a_plan() -> None:
    fits = {"requests": SignalFit(a_fitted_forecast(), None)}
    status = forecast_report(a_policy(minReplicas=2), fits, Memory(), now=NOON + timedelta(minutes=20)).status
    (signal,) = status.signals
    assert [point.time for point in signal.points] == [NOON + hour * timedelta(hours=1) for hour in range(48)]
    assert status.plan[0].start == NOON + timedelta(minutes=20)
    assert {(step.reason, step.source) for step in status.plan} == {("Forecast", "requests")}
    assert all(2 <= step.replicas <= 100 for step in status.plan)
    assert all(before.replicas != after.replicas for before, after in zip(status.plan, status.plan[1:], strict=False))
    assert status.plan[-1].start < NOON + HORIZON


@pytest.mark.parametrize(
    ("limits", "planned", "short"),
    [
        (
            {"cost": {"hourlyPerReplica": 2, "budget": {"name": "team", "hourly": 7}}},
            "3 replicas (budget team) throughout",
            " Up to 8 are asked for, first from Mon 12:00 UTC: budget team allows 3.",
        ),
        (
            {"maxReplicas": 4},
            "4 replicas (maxReplicas) throughout",
            " Up to 8 are asked for, first from Mon 12:00 UTC: maxReplicas allows 4.",
        ),
        ({"maxReplicas": 8}, "8 replicas (maxReplicas) throughout", ""),
    ],
    ids=["a budget", "maxReplicas", "no shortfall"],
)
def test_a_verdict_tells_what_a_bound_does_not_allow(limits: dict[str, Any], planned: str, short: str) -> None:
    fits = {"requests": SignalFit(a_fitted_forecast(), None)}
    verdict = forecast_report(a_policy(**limits), fits, Memory(), now=NOON).status.verdict
    assert verdict == f"{planned} the next 48 hours.{short}"


def test_a_closed_forecast_has_no_plan_and_says_why() -> None:
    fits = {"requests": SignalFit(a_fitted_forecast(gate_open=False), None)}
    status = forecast_report(a_policy(), fits, Memory(), now=NOON).status
    assert status.plan == ()
    assert status.verdict == "The forecast does not act yet. requests: 9 of 14 days of history"
    assert status.signals[0].points


def test_a_signal_that_was_removed_meanwhile_is_left_out() -> None:
    fits = {"requests": SignalFit(a_fitted_forecast(), None), "gone": SignalFit(a_fitted_forecast(), None)}
    assert [signal.name for signal in forecast_report(a_policy(), fits, Memory(), now=NOON).status.signals] == [
        "requests"
    ]


def test_a_report_about_many_signals_fits_its_schema() -> None:
    names = [f"requests-of-a-service-with-a-rather-long-name-{number}" for number in range(16)]
    policy = a_policy(*({**REQUESTS, "name": name} for name in names))
    closed = {name: SignalFit(a_fitted_forecast(gate_open=False), None) for name in names}
    report = forecast_report(policy, closed, Memory(), now=NOON)
    assert ForecastReport.model_validate(report.model_dump(mode="json", by_alias=True)) == report


def test_the_plan_holds_the_windows_of_schedules() -> None:
    tomorrow = {"name": "opening", "start": "08:00", "end": "10:00", "weekdays": ["Tuesday"], "minReplicas": 60}
    fits = {"requests": SignalFit(a_fitted_forecast(), None)}
    plan = forecast_report(a_policy(schedules=[tomorrow]), fits, Memory(), now=NOON).status.plan
    (opening,) = (step for step in plan if step.replicas == 60)
    assert (opening.start, opening.reason, opening.source) == (NOON + timedelta(hours=20), "Schedule", "opening")
