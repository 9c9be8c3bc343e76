"""Cleaning as a whole: what a fit learns from, and what is told about it."""

import numpy as np
import pytest

from forecasting.cleaning import NO_DEMAND, clean, clean_causally
from forecasting.masks import LeftOut, Masked, Reason
from forecasting.series import Values
from tests.forecasting.loads import FIVE_MINUTES, MONDAY, a_panel, noisy_week

DAY = 288


def spoiled(values: Values) -> Values:
    """The same load with an outage, a spike, a glitch, a hole of a sample and a long one, in this order."""
    result = values.copy()
    result[5000:5006] = 0.0
    result[5300:5306] *= 3
    result[5600] = 1e6
    result[5900] = np.nan
    result[6200:6300] = np.nan
    return result


SPOILED = (
    Masked(5000, 5006, Reason.OUTAGE),
    Masked(5300, 5306, Reason.SPIKE),
    Masked(5600, 5601, Reason.GLITCH),
    Masked(5900, 5901, Reason.GAP),
    Masked(6200, 6300, Reason.GAP),
)


def test_what_was_masked_and_why_is_told() -> None:
    panel = a_panel([noisy_week(28), spoiled(noisy_week(28))])

    cleaned = clean(panel)

    assert cleaned.masks == ((), SPOILED)
    masked = [step for mask in SPOILED for step in range(mask.first, mask.last)]
    assert np.flatnonzero(cleaned.masked(*Reason)[1]).tolist() == masked
    assert not cleaned.masked(*Reason)[0].any()
    assert np.flatnonzero(cleaned.masked(Reason.SPIKE)[1]).tolist() == list(range(5300, 5306))
    assert cleaned.shifts == (None, None)


def test_what_was_left_out_is_told_in_times_but_for_what_was_never_measured() -> None:
    cleaned = clean(a_panel(spoiled(noisy_week(28))))

    assert cleaned.left_out(0) == tuple(
        LeftOut(MONDAY + mask.first * FIVE_MINUTES, MONDAY + mask.last * FIVE_MINUTES, mask.reason)
        for mask in SPOILED[:3]
    )


def test_demand_as_it_would_have_been_takes_the_place_of_what_is_masked() -> None:
    values = noisy_week(28)

    cleaned = clean(a_panel([spoiled(values)]))

    error = np.abs(np.expm1(cleaned.panel.logs[0]) / values - 1)
    masked = cleaned.masked(*Reason)[0]
    assert error[masked].max() < 0.25
    assert error[~masked].max() < 1e-9


def test_without_hindsight_a_spike_is_told_but_stays_as_it_may_be_the_first_of_many() -> None:
    panel = a_panel(spoiled(noisy_week(28)))

    cleaned = clean_causally(panel)

    assert {mask.reason for mask in cleaned.masks[0]} == set(Reason)
    stays = ~cleaned.masked(*NO_DEMAND)
    np.testing.assert_array_equal(cleaned.panel.logs[stays], panel.logs[stays])
    spike = cleaned.masked(Reason.SPIKE)
    assert np.flatnonzero(spike[0] & stays[0]).tolist() == list(range(5300, 5306))


def test_a_quiet_load_stays_what_it_is() -> None:
    panel = a_panel(noisy_week(28))

    assert clean(panel).panel is panel
    assert clean_causally(panel).panel is panel


def test_older_samples_are_brought_to_the_newest_level() -> None:
    values = noisy_week(28)
    shifted = np.where(np.arange(28 * DAY) < 24 * DAY, values, 1.4 * values)

    cleaned = clean(a_panel(shifted))

    assert cleaned.masks == ((),)
    assert cleaned.shifts[0] is not None
    assert cleaned.shifts[0].position == pytest.approx(24 * DAY, abs=12)
    np.testing.assert_allclose(np.expm1(cleaned.panel.logs[0]), 1.4 * values, rtol=0.06)


def test_anomalies_are_found_on_both_sides_of_a_shift() -> None:
    values = spoiled(noisy_week(28))
    values[: 20 * DAY] *= 0.5

    assert clean(a_panel(values)).masks == (SPOILED,)


def test_a_new_level_of_some_hours_is_not_learned_yet() -> None:
    values = noisy_week(26)
    shifted = np.where(np.arange(26 * DAY) < 26 * DAY - 36, values, 1.6 * values)

    cleaned = clean(a_panel(shifted))

    np.testing.assert_allclose(np.expm1(cleaned.panel.logs[0, -36:]), values[-36:], rtol=0.3)


def test_without_hindsight_levels_stay_as_they_were() -> None:
    values = noisy_week(28)
    shifted = np.where(np.arange(28 * DAY) < 24 * DAY, values, 1.6 * values)

    cleaned = clean_causally(a_panel(shifted))

    assert cleaned.shifts == (None,)
    np.testing.assert_allclose(np.expm1(cleaned.panel.logs[0, : 24 * DAY]), values[: 24 * DAY])


@pytest.mark.parametrize("position", [15 * DAY, 5003 + 12 * DAY, 6000 + 2000])
def test_without_hindsight_nothing_after_a_position_changes_what_is_before_it(position: int) -> None:
    values = np.roll(spoiled(noisy_week(28)), 12 * DAY)
    changed = values.copy()
    changed[position:] = 500.0

    one, other = (clean_causally(a_panel(each)) for each in (values, changed))

    np.testing.assert_array_equal(one.panel.logs[:, :position], other.panel.logs[:, :position])
    np.testing.assert_array_equal(one.masked(*Reason)[:, :position], other.masked(*Reason)[:, :position])


@pytest.mark.parametrize(
    "values", [[5.0], [5.0] * 10, [0.0] * 5 * DAY, [np.nan] * DAY + [1.0] + [np.nan] * DAY], ids=len
)
def test_awkward_panels_come_back_without_gaps(values: list[float]) -> None:
    for cleaned in (clean(a_panel(values)), clean_causally(a_panel(values))):
        assert np.isfinite(cleaned.panel.logs).all()
