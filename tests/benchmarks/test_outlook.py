from datetime import date

import numpy as np
import pytest

from benchmarks.outlook import SPANS, _score, _shares
from forecasting import DailyPeaks

FIRST = date(2026, 1, 5)
WEEK = np.array([100, 101, 99, 102, 100, 60, 50.0])


def test_a_week_that_repeats_is_worth_more_than_the_spread_of_the_last_month() -> None:
    noise = np.random.default_rng(1).normal(1, 0.02, 350)

    scored = _score(DailyPeaks(FIRST, np.resize(WEEK, 350) * noise))

    assert max(scored.ratios.values()) < 0.7
    assert scored.origins == (350 - 210 - 30) // 7 + 1


def test_what_rises_without_a_sign_is_not_covered() -> None:
    level = np.where(np.arange(300) < 180, 1.0, 100.0)
    scored = _score(DailyPeaks(FIRST, np.resize(WEEK, 300) * level))

    assert {*scored.covered} == {*SPANS}
    assert scored.covered["30 days"][1] < 1


@pytest.mark.parametrize(("shares", "told"), [((0.8, 0.95), "80% / 95%"), ((1.0, 0.0), "100% / 0%")])
def test_shares_are_told_in_percent(shares: tuple[float, ...], told: str) -> None:
    assert _shares(shares) == told
