"""What a worker does for one signal, in this process: from the history file to a fit, or to a reason why not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from controller.api.forecast import Forecast, Holidays
from controller.live.fitting import FitRequest, fit_signal
from controller.telemetry.history import STEP, HistoryFile, row_key, step_number
from controller.telemetry.questions import Asked, Question
from forecasting import ForecastingError
from forecasting.marked_days import NO_MARKED_DAYS
from tests.builders import NOON, a_policy
from tests.telemetry.selectors import WEB, a_selector

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ASKED = Asked(Question("default", a_selector()), WEB)


def a_request(
    path: Path,
    holidays: Holidays | None = None,
    *,
    planning_percentile: int = 95,
    lead_time: timedelta = 3 * MINUTE,
    schedules: Sequence[Mapping[str, object]] = (),
) -> FitRequest:
    forecast = Forecast(planning_percentile=planning_percentile, holidays=holidays)
    return FitRequest(
        path, ASKED, a_policy(forecast=forecast, schedules=schedules).spec, events=(), lead_time=lead_time
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.f32"


def store(path: Path, *, days: int) -> None:
    """Store days of a daily wave around 100 that ends at noon."""
    times = np.arange(days * (DAY // STEP))
    values = 100 + 50 * np.sin(2 * np.pi * times / (DAY // STEP)) + np.random.default_rng(7).normal(0, 1, len(times))
    with HistoryFile(path) as file:
        file.write({row_key(ASKED): values}, step_number(NOON) - len(times))


def test_two_weeks_are_fitted_and_their_season_is_seen(path: Path) -> None:
    store(path, days=15)

    fit = fit_signal(a_request(path))

    assert fit is not None
    assert fit.fitted.origin == NOON
    assert fit.seasonality is not None


def test_a_day_is_fitted_without_a_season(path: Path) -> None:
    store(path, days=1)

    fit = fit_signal(a_request(path))

    assert fit is not None
    assert not fit.fitted.gate.open
    assert fit.seasonality is None


def test_without_history_there_is_no_fit(path: Path) -> None:
    assert fit_signal(a_request(path)) is None


def test_what_cannot_be_fitted_is_refused_with_a_reason(path: Path) -> None:
    store(path, days=1)

    with pytest.raises(ForecastingError, match="lead_time"):
        fit_signal(a_request(path, lead_time=-MINUTE))


def test_holidays_of_the_history_are_learned_and_those_ahead_are_marked(path: Path) -> None:
    store(path, days=28)

    fit = fit_signal(a_request(path, Holidays(country="US", subdivision="NY")))

    assert fit is not None
    marked = fit.fitted.calendar.marked_days
    assert {day.date.year for day in marked} == set(range(NOON.year - 3, NOON.year + 2))
    assert [seen.day for seen in fit.fitted.marked.past] == [
        day for day in marked if NOON.date() - 28 * DAY < day.date < NOON.date()
    ]


def test_ignored_holidays_are_ordinary_days(path: Path) -> None:
    store(path, days=1)

    fit = fit_signal(a_request(path, Holidays(country="US", ignored=("Columbus Day",))))

    assert fit is not None
    assert "Columbus Day" not in {day.name for day in fit.fitted.calendar.marked_days}


def test_what_an_earlier_fit_knew_of_holidays_is_handed_on(path: Path) -> None:
    store(path, days=28)
    with_holidays = a_request(path, Holidays(country="US"))
    first = fit_signal(with_holidays)
    assert first is not None
    younger = path.with_name("younger.f32")
    store(younger, days=1)

    second = fit_signal(replace(with_holidays, history=younger, earlier=first))

    assert second is not None
    assert first.fitted.marked.past
    assert [seen.day for seen in second.fitted.marked.past] == [seen.day for seen in first.fitted.marked.past]


def test_a_refit_within_a_day_keeps_what_backtests_and_the_decomposition_said(path: Path) -> None:
    store(path, days=28)
    first = fit_signal(a_request(path))
    assert first is not None

    again = fit_signal(replace(a_request(path), earlier=first))
    otherwise = fit_signal(replace(a_request(path, planning_percentile=70), earlier=first))

    assert again is not None
    assert otherwise is not None
    assert again.fitted.evaluation is first.fitted.evaluation
    assert again.seasonality is first.seasonality
    assert otherwise.fitted.evaluation is not first.fitted.evaluation


def test_without_holidays_nothing_is_marked(path: Path) -> None:
    store(path, days=28)

    fit = fit_signal(a_request(path))

    assert fit is not None
    assert fit.fitted.marked is NO_MARKED_DAYS


def test_holidays_of_an_unknown_place_are_refused_with_a_reason(path: Path) -> None:
    store(path, days=1)

    with pytest.raises(ForecastingError, match="no public holidays are known of ZZ;"):
        fit_signal(a_request(path, Holidays(country="ZZ")))


def test_windows_of_a_multiplier_are_left_out_of_learning_and_those_of_a_floor_are_not(path: Path) -> None:
    store(path, days=1)
    window = {"weekdays": ["Sunday"], "start": "20:00", "end": "22:00"}
    sale, opening = (
        {**window, "name": "sale", "multiplierPercent": 300},
        {**window, "name": "opening", "minReplicas": 9},
    )
    requests = (a_request(path, schedules=[schedule]) for schedule in (sale, opening))

    sold, opened = (fit_signal(request) for request in requests)

    assert sold is not None
    assert opened is not None
    evening = NOON.replace(hour=20) - DAY
    assert [(event.start, event.end) for event in sold.fitted.calendar.events] == [(evening, evening + 120 * MINUTE)]
    assert opened.fitted.calendar.events == ()
