"""Members that rest on statsmodels: asked for by name, slow, and otherwise members like all."""

import subprocess
import sys

import numpy as np
import pytest

from forecasting import ForecastingError, fit
from forecasting.models import MEMBERS, SLOW, Model, fit_member
from forecasting.models.decomposed import MSTL_ETS, STL_ETS
from forecasting.panel import Panel
from forecasting.series import Values
from tests.forecasting.loads import HOUR, a_panel, a_series, noise, noisy_week, usual_week

DAY, WEEK = 24, 168

AWKWARD = {
    "constant": np.full(16 * DAY, 7.0),
    "all zero": np.zeros(16 * DAY),
    "mostly zero": np.where(np.random.default_rng(1).random(16 * DAY) < 0.77, 0.0, 40.0),
    "huge": 1e12 * noisy_week(16, step=HOUR),
    "tiny": 1e-9 * noisy_week(16, step=HOUR),
    "two days": noisy_week(2, step=HOUR),
    "a day and a bit": noisy_week(2, step=HOUR)[: DAY + 5],
    "a steep ramp": np.linspace(0.0, 1e6, 16 * DAY),
}


def days_around(model: Model, values: Values) -> tuple[Values, Values]:
    """What a member expects of the last day of hourly values, and of the next, as demand."""
    panel = a_panel(np.concatenate([values, np.zeros(DAY)]), HOUR)
    (fitted,) = model.fit_at(panel, [len(values)])
    expected = np.expm1(fitted.pattern(panel.steps.part(len(values) - DAY, len(values) + DAY))[0])
    return expected[:DAY], expected[DAY:]


def test_they_take_no_part_unless_asked_for() -> None:
    assert not {model.name for model in SLOW} & {model.name for model in MEMBERS}


def test_they_are_members_of_the_combination_when_asked_for() -> None:
    fitted = fit(a_series(noisy_week(16, step=HOUR), HOUR), members=(*MEMBERS, STL_ETS))

    weights = {each.name: each.weight for each in fitted.weights}
    assert 0 < weights["stl_ets"] < weights["week_naive"]  # STL alone sees no weekend
    assert np.isfinite(fitted.forecast().paths).all()


def test_statsmodels_is_imported_by_the_first_fit() -> None:
    program = "import forecasting.models, sys; print('statsmodels' in sys.modules)"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("model", SLOW, ids=lambda model: model.name)
@pytest.mark.parametrize("values", AWKWARD.values(), ids=AWKWARD.keys())
def test_they_are_finite_on_awkward_series(model: Model, values: Values) -> None:
    last_day, next_day = days_around(model, values)

    assert np.isfinite([last_day, next_day]).all()


@pytest.mark.parametrize("model", SLOW, ids=lambda model: model.name)
def test_a_day_without_noise_goes_on(model: Model) -> None:
    wave = 100 * (1.5 + np.sin(2 * np.pi * np.arange(16 * DAY) / DAY))

    last_day, next_day = days_around(model, wave)

    np.testing.assert_allclose(last_day, wave[:DAY], rtol=0.01)
    np.testing.assert_allclose(next_day, wave[:DAY], rtol=0.01)


def test_only_mstl_knows_a_weekend() -> None:
    week = usual_week(33, HOUR)
    known, saturday = week[: 26 * DAY], week[26 * DAY : 27 * DAY]

    errors = {model.name: np.abs(days_around(model, known)[1] - saturday).mean() for model in SLOW}

    assert errors["mstl_ets"] < 0.15 * saturday.mean() < errors["stl_ets"]


@pytest.mark.parametrize("model", SLOW, ids=lambda model: model.name)
def test_a_trend_is_carried_on_and_fades(model: Model) -> None:
    wave = 100 * (1.5 + np.sin(2 * np.pi * np.arange(16 * DAY) / DAY))
    growing = wave * np.exp(0.002 * np.arange(len(wave)))

    _, next_day = days_around(model, growing)

    grown = next_day / growing[-DAY:]
    assert (grown > 1.0).all()
    assert (grown < np.exp(0.002 * DAY) * 1.05).all()


def test_a_deviation_lasts_as_errors_a_day_ahead_used_to() -> None:
    def persistence(of: float) -> float:
        wave = 100 * (1.5 + np.sin(2 * np.pi * np.arange(16 * DAY) / DAY))
        past = a_panel(wave * np.exp(noise(len(wave), seed=2, persistence=of, scale=0.1)), HOUR)
        return float(fit_member(STL_ETS, past).persistence[0])

    assert persistence(0.0) < 0.3
    assert persistence(0.95) > 0.7


def test_positions_and_series_are_fitted_each_by_itself() -> None:
    panel = a_panel([noisy_week(17, seed, step=HOUR) for seed in range(2)], HOUR)
    positions = [DAY + 3, 3 * DAY, 2 * WEEK, 16 * DAY]

    fitted = MSTL_ETS.fit_at(panel, positions)

    steps = panel.steps
    for position, together in zip(positions, fitted, strict=True):
        alone = fit_member(MSTL_ETS, Panel(steps.part(0, position), panel.logs[1:, :position]))
        np.testing.assert_array_equal(together.select(1).pattern(steps), alone.pattern(steps))


@pytest.mark.parametrize("model", SLOW, ids=lambda model: model.name)
@pytest.mark.parametrize("sample", [np.nan, np.inf], ids=["nan", "inf"])
def test_what_is_not_finite_is_refused_by_name(model: Model, sample: float) -> None:
    values = noisy_week(16, step=HOUR)
    values[100] = sample

    with pytest.raises(ForecastingError, match=rf"^{model.name} found no finite forecast"):
        fit_member(model, a_panel(values, HOUR))
