"""Step: what the newest samples say about the forecast's own error is carried into it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import Loads, came, hourly_updates
from docs.forecasts.step import HOUR, Step, line, listed, moment, off_by, percent, span, time_axis
from docs.marks import Ink, Span, measured
from forecasting import FittedForecast, Series
from forecasting.bursts import HALF_CARRIED
from forecasting.correction import no_correction
from forecasting.series import Values
from forecasting.surprises import CARRIED, MEMORIES

HOURS_WALKED = 36
JUMP = 1.5  # times: more than trials of this load saw
LITTLE = 0.05  # of the demand
SHOWN = timedelta(hours=3)  # before and after the origin of the picture


def correction(loads: Loads) -> Step:
    """Return what the correction does to the database's forecasts on a day and a half, hour by hour."""
    known = hourly_updates(loads.database, loads.midnight, HOURS_WALKED)
    bare = [_uncorrected(each) for each in known]
    with_it, without = (_first_hours(loads.database, each) for each in (known, bare))
    shown = int(np.argmax([_moved(*each) for each in zip(known, bare, strict=True)]))
    origin = known[shown].origin
    quarter, hour = (_after_a_jump(loads, length) for length in (HOUR / 4, HOUR))
    return Step(
        figures={
            "jump": f"{JUMP:g}",
            "next_minutes": f"{quarter[0]:.1f}",
            "an_hour_ahead": f"{quarter[-1]:.1f}",
            "after_an_hour": f"{hour.mean():.1f}",
            "half_carried": span(timedelta(hours=HALF_CARRIED)),
            "memories": listed([span(timedelta(hours=float(hours))) for hours in MEMORIES]),
            "carried": span(timedelta(hours=float(MEMORIES[CARRIED]))),
            "database_step": span(loads.database.step),
            "correction_at": moment(origin),
            "hours_walked": str(HOURS_WALKED),
            "first_hour_without": percent(without, 1),
            "first_hour_with": percent(with_it, 1),
            "error_left": percent(with_it / without),
        },
        holds={
            "A sample far above its forecast lifts the next minutes as far,": abs(quarter[0] - JUMP) < LITTLE,
            "Farther ahead it is passed over at first,": abs(quarter[-1] - 1) < LITTLE,
            "What stands for an hour is taken for real.": hour.mean() > 1 + (JUMP - 1) / 2,
            "The correction makes the first hour better.": with_it < without,
            "Each member carries the surprise of about $carried forward, and lets it fade.": all(
                bool((member.persistence >= 0).all() and (member.persistence < 1).all())
                for member in loads.midnight.members
            ),
        },
        picture=drawn(
            "Queries to a database, their forecast before and after the correction",
            [[_panel(loads.database, known[max(0, shown - SHOWN // HOUR)], known[shown])]],
        ),
    )


def _after_a_jump(loads: Loads, length: timedelta) -> Values:
    """Return how many times as much each step of the next hour is expected to have after samples so much larger."""
    fitted = loads.midnight
    samples = came(loads.database, fitted, length)
    jumped = Series(samples.start, samples.step, samples.values * JUMP)
    risen, plain = (fitted.update(each).forecast(HOUR).point.values for each in (jumped, samples))
    return risen / plain


def _uncorrected(fitted: FittedForecast) -> FittedForecast:
    return replace(fitted, evaluation=replace(fitted.evaluation, correction=no_correction()))


def _first_hours(series: Series, known: list[FittedForecast]) -> float:
    """Return how far forecasts were off over the hour after each origin, as a mean share."""
    return float(np.mean([off_by(came(series, each, HOUR), each.forecast(HOUR).point.values) for each in known]))


def _moved(corrected: FittedForecast, bare: FittedForecast) -> float:
    """Return how much the correction moves the next hour."""
    return float(np.abs(corrected.forecast(HOUR).point.values - bare.forecast(HOUR).point.values).sum())


def _panel(series: Series, before: FittedForecast, at: FittedForecast) -> Panel:
    """Return what was expected until an origin, and what is expected from there on, with and without a correction."""
    begin = at.origin - SHOWN
    truth = series.between(begin, at.origin + SHOWN)
    expected = _uncorrected(before).forecast(SHOWN).point
    bare, corrected = _uncorrected(at).forecast(SHOWN).point, at.forecast(SHOWN).point
    return Panel(
        f"Queries to a database, around {moment(at.origin)}",
        time_axis(begin, 2 * SHOWN, every=1),
        measured("queries/s", truth.values, expected.values, bare.values, corrected.values, low=None),
        [
            Span(SHOWN / HOUR, 2 * SHOWN / HOUR, Ink.TRUTH, "to come"),
            line(truth, begin, name="came"),
            line(expected, begin, Ink.ORANGE, dashed=True),
            line(bare, begin, Ink.ORANGE, name="members alone", dashed=True),
            line(corrected, begin, Ink.BLUE, name="corrected"),
        ],
        height=240,
    )
