"""Outlooks: when one is made anew, how far it reaches, and what stays usual through an outage."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from controller.scaling.expectations import Span, has_news, outlook_of
from forecasting import FittedForecast, Series
from tests.builders import NOON, a_fitted_forecast

MINUTE = timedelta(minutes=1)
FITTED, REFITTED = a_fitted_forecast(), a_fitted_forecast(gate_open=False)
LEVEL = 0.95


def measured(value: float, *, until: datetime = NOON) -> Series:
    """Return ten minutes of samples that end then."""
    return Series(until - 10 * MINUTE, MINUTE, np.full(10, value))


def a_span(*, now: datetime = NOON, disturbed: bool = False) -> Span:
    """Return the span of a decision that looks six minutes ahead and warns for two hours."""
    until = now + timedelta(hours=2)
    return Span(now + 6 * MINUTE, until, until, disturbed=disturbed)


FIRST = outlook_of(FITTED, measured(50), a_span(), level=LEVEL)


def test_an_outlook_starts_at_the_newest_sample_and_reaches_past_its_span() -> None:
    assert (FIRST.as_of, FIRST.level, FIRST.fitted) == (NOON, LEVEL, FITTED)
    assert FIRST.planned.end > a_span().until
    assert np.all(FIRST.planned.values >= FIRST.expected.values)


def test_an_outlook_is_kept_where_nothing_is_new() -> None:
    assert outlook_of(FITTED, measured(50), a_span(), level=LEVEL, known=FIRST) is FIRST


@pytest.mark.parametrize(
    ("fitted", "recent", "now", "level"),
    [
        (FITTED, measured(50, until=NOON + MINUTE), NOON, LEVEL),
        (REFITTED, measured(50), NOON, LEVEL),
        (FITTED, measured(50), NOON, 0.99),
        (FITTED, measured(50), NOON + timedelta(hours=1), LEVEL),
    ],
    ids=["a newer sample", "another fit", "another planning percentile", "it no longer reaches far enough"],
)
def test_an_outlook_is_made_anew_for(fitted: FittedForecast, recent: Series, now: datetime, level: float) -> None:
    again = outlook_of(fitted, recent, a_span(now=now), level=level, known=FIRST)
    assert again is not FIRST
    assert again.planned.end > a_span(now=now).until


def test_samples_that_were_taken_in_before_are_not_taken_in_again() -> None:
    updated = FITTED.update(measured(80))
    shared = outlook_of(FITTED, measured(50), a_span(), level=LEVEL, updated=updated)
    assert shared.expected == outlook_of(FITTED, measured(80), a_span(), level=LEVEL).expected


@pytest.mark.parametrize("hours", [-48, 24 * 14], ids=["a clock set back two days", "a signal silent for two weeks"])
def test_an_outlook_far_from_its_fit_is_still_an_outlook(hours: int) -> None:
    far = outlook_of(FITTED, None, a_span(now=NOON + timedelta(hours=hours)), level=LEVEL)
    assert far.as_of == FITTED.origin
    assert len(far.planned) > 0


@pytest.mark.parametrize(
    ("recent", "fitted", "is_news"),
    [
        (measured(50), FITTED, False),
        (measured(50, until=NOON + MINUTE), FITTED, True),
        (measured(50), REFITTED, True),
    ],
    ids=["neither a sample nor a fit", "a newer sample", "another fit"],
)
def test_news_is(recent: Series, fitted: FittedForecast, is_news: bool) -> None:  # noqa: FBT001  a table's column
    assert has_news(recent, fitted, FIRST) is is_news


def test_all_is_news_where_nothing_is_known() -> None:
    assert has_news(measured(50), FITTED, None)


# ── What is usual ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_usual_is_what_the_fit_says_without_the_newest_samples() -> None:
    usual = outlook_of(FITTED, measured(1, until=NOON + 10 * MINUTE), a_span(), level=LEVEL).usual
    assert usual.expected == FITTED.forecast(usual.expected.end - NOON).quantile(0.5)
    assert np.all(usual.low.values <= usual.expected.values)


def test_what_was_usual_before_an_outage_lasts_through_an_hour_of_it() -> None:
    hour = NOON + timedelta(hours=1)
    span = a_span(now=hour, disturbed=True)
    later = outlook_of(REFITTED, measured(1, until=hour), span, level=LEVEL, known=FIRST)
    assert later.usual is FIRST.usual


@pytest.mark.parametrize(
    "disturbed",
    [True, False],
    ids=["in an outage what was usual before it stays so", "else the newest fit knows best"],
)
def test_a_fit_made_within_an_outage_does_not_call_it_usual(disturbed: bool) -> None:  # noqa: FBT001  a table's column
    later = NOON + 5 * MINUTE
    refitted, span = FITTED.update(Series(NOON, MINUTE, np.full(5, 1.0))), a_span(now=later, disturbed=disturbed)
    second = outlook_of(refitted, measured(1, until=later), span, level=LEVEL, known=FIRST)
    assert (second.usual is FIRST.usual) is disturbed
