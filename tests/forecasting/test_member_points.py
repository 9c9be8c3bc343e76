"""What each member alone expects, as a fitted forecast tells it."""

from datetime import timedelta

import numpy as np
import pytest

from forecasting import fit
from tests.forecasting.loads import HOUR, a_series, noisy_week

DAY = timedelta(days=1)


def test_every_member_with_a_weight_has_a_path_over_the_forecasts_steps() -> None:
    fitted = fit(a_series(noisy_week(15, step=HOUR), step=HOUR))

    points = fitted.member_points(timedelta(hours=5, minutes=1))

    assert list(points) == [each.name for each in fitted.weights]
    assert all(path.start == fitted.origin and len(path) == 6 for path in points.values())


def test_before_there_are_errors_to_correct_by_the_weighted_mean_is_the_point() -> None:
    fitted = fit(a_series(noisy_week(2, step=HOUR)[:40], step=HOUR))

    points = fitted.member_points(DAY)

    mixed = sum(each.weight * points[each.name].values for each in fitted.weights)
    assert mixed == pytest.approx(fitted.forecast(DAY).point.values)


def test_the_naive_member_repeats_the_last_day() -> None:
    values = noisy_week(15, step=HOUR)

    points = fit(a_series(values, step=HOUR)).member_points(DAY)

    assert points["day_naive"].values == pytest.approx(values[-24:])


def test_samples_that_came_since_the_fit_count() -> None:
    values = noisy_week(16, step=HOUR)
    series = a_series(values, step=HOUR)
    fitted = fit(series.between(series.start, series.end - DAY)).update(series)

    points = fitted.member_points(DAY)

    assert points["day_naive"].start == series.end
    assert points["day_naive"].values == pytest.approx(values[-24:])
    assert np.isfinite([path.values for path in points.values()]).all()
