"""A fit that knows an earlier one of the same series."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forecasting import Calendar, FittedForecast, Series, fit, fit_batch
from forecasting.models.harmonic import Harmonic
from tests.forecasting.loads import FIVE_MINUTES, HOUR, MONDAY, a_series, noisy_week

DAY = 288
LOAD = noisy_week(32)
EARLIER = fit(a_series(LOAD[: 28 * DAY]))


def history(hours: int) -> Series:
    """The load's last 28 days, so many hours after the earlier fit."""
    end = 28 * DAY + 12 * hours
    return a_series(LOAD[end - 28 * DAY : end], FIVE_MINUTES, MONDAY + (end - 28 * DAY) * FIVE_MINUTES)


def test_within_a_day_members_are_fitted_again_and_what_backtests_said_is_kept() -> None:
    again = fit(history(23), earlier=EARLIER)

    assert again.evaluation is EARLIER.evaluation
    assert again.evaluated == EARLIER.evaluated < again.origin
    afresh = fit(history(23))
    names = [each.name for each in afresh.weights]
    for name in names:
        np.testing.assert_array_equal(again.member_points()[name].values, afresh.member_points()[name].values)


def test_after_a_day_backtests_are_made_anew() -> None:
    again = fit(history(24), earlier=EARLIER)

    assert again.evaluated == again.origin
    np.testing.assert_array_equal(again.forecast().paths, fit(history(24)).forecast().paths)


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("lead_time", [FIVE_MINUTES, HOUR], ids=["5 min", "1 h"])
def test_another_use_is_judged_anew(level: float, lead_time: timedelta) -> None:
    again = fit(history(1), planning_level=level, lead_time=lead_time, earlier=EARLIER)

    assert (again.evaluation is EARLIER.evaluation) == (level == 0.95 and lead_time == FIVE_MINUTES)


def test_other_members_are_judged_anew() -> None:
    again = fit(history(1), members=(Harmonic(),), earlier=EARLIER)

    assert again.evaluated == again.origin


def test_an_evaluation_of_the_future_is_not_taken() -> None:
    late = replace(EARLIER, evaluated=EARLIER.evaluated + timedelta(days=2))

    assert fit(history(1), earlier=late).evaluated == EARLIER.origin + HOUR


def test_a_batch_judges_those_anew_that_nobody_judged() -> None:
    stranger = a_series(noisy_week(28, seed=9), FIVE_MINUTES, MONDAY + HOUR)

    known, fresh = fit_batch([history(1), stranger], earlier=[EARLIER, None])

    assert known.evaluation is EARLIER.evaluation
    assert fresh.evaluated == fresh.origin
    np.testing.assert_allclose(fresh.forecast().paths, fit(stranger).forecast().paths, rtol=1e-9)


def test_surprises_are_held_against_the_newest_patterns() -> None:
    def said(fitted: FittedForecast) -> float:
        return float(fitted.forecast(HOUR).point.values[0])

    doubled = a_series(
        np.concatenate([LOAD[: 28 * DAY], 2 * LOAD[28 * DAY : 28 * DAY + 12]])[-28 * DAY :], FIVE_MINUTES, MONDAY + HOUR
    )

    assert said(fit(doubled, calendar=Calendar(), earlier=EARLIER)) > 1.3 * said(fit(history(1), earlier=EARLIER))
