"""Expectations: the outlook of one load signal, made anew only where there is a newer sample, fit or wish.

How demand is forecast is forecasting's business, and what lies months ahead planning/outlook.py's.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from controller.scaling.observation import Outlook, Usual
from forecasting import FittedForecast, Series

MEDIAN = 0.5
LOW = 0.02  # demand falls below it by chance about once in fifty times
# Looked further ahead than needed, so that an outlook without newer samples is not made anew with every sweep.
MARGIN = timedelta(minutes=30)


class Span(NamedTuple):
    """How far decisions look, an outlook and what is usual reach, and whether demand is disturbed.

    In a disturbance newer fits know less.
    """

    soon: datetime
    until: datetime
    usual_until: datetime
    disturbed: bool


def has_news(recent: Series, fitted: FittedForecast, known: Outlook | None) -> bool:
    """Return whether there is a sample, or a fit, that the outlook known so far was not made from."""
    return known is None or known.fitted is not fitted or known.as_of != recent.end


def outlook_of(
    fitted: FittedForecast,
    recent: Series | None,
    span: Span,
    *,
    level: float,
    known: Outlook | None = None,
    updated: FittedForecast | None = None,
) -> Outlook:
    """Return what is expected of a load signal, planned at a level; what is known already where it still holds.

    `updated` is the fit with the recent samples taken in, where that was done before. Raises SeriesRefused for samples
    whose step does not divide the fitted one.
    """
    as_of = fitted.origin if recent is None else recent.end
    if known and (known.fitted, known.as_of, known.level) == (fitted, as_of, level) and known.planned.end > span.until:
        return known
    updated = updated or (fitted if recent is None else fitted.update(recent))
    forecast = updated.forecast(_horizon(updated, span.until), levels=(MEDIAN, level))
    usual = _usual(known.usual if known else None, fitted, span)
    return Outlook(as_of, level, forecast.quantile(MEDIAN), forecast.quantile(level), fitted, usual)


def _usual(known: Usual | None, fitted: FittedForecast, span: Span) -> Usual:
    """Return what is usual by the newest fit; in a disturbance by the one from before it, while that reaches."""
    if known and known.expected.end > span.soon and (span.disturbed or known.fitted is fitted):
        return known
    forecast = fitted.forecast(_horizon(fitted, span.usual_until), levels=(LOW, MEDIAN))
    return Usual(forecast.quantile(MEDIAN), forecast.quantile(LOW), fitted)


def _horizon(fitted: FittedForecast, until: datetime) -> timedelta:
    """Return how far to forecast. An origin after `until` is a clock set back: it then reaches no further."""
    return max(until - fitted.origin, timedelta(0)) + MARGIN
