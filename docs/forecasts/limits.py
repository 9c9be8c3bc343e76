"""Step: where forecasts are weak."""

from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np

from docs.drawing import Panel, drawn
from docs.forecasts.loads import LEAD_TIME, Loads, fitted_at
from docs.forecasts.members import misses_of
from docs.forecasts.step import DAY, HOUR, Step, line, moment, percent, span, time_axis, whole
from docs.marks import Ink, measured
from docs.tables import code, table
from forecasting import Calendar, FittedForecast, Series
from forecasting.batch import DEFAULT_PLANNING_LEVEL
from forecasting.evaluation import COMBINATION, FULL_HORIZON
from forecasting.gate import SHORTEST_HISTORY
from forecasting.models import MEMBERS, fit_member
from forecasting.models.ridge import SHORTEST_WEEKLY
from forecasting.panel import HIGHEST_GROWTH, panel_of
from forecasting.seasons import local_steps

DAYS_OF_WEEK = 7
ALIKE = 0.1  # a tenth more or less: a weekend is farther away
SEARCHED = 7 * DAY  # before the end of the recording
BEFORE, AFTER = timedelta(hours=8), timedelta(hours=4)


def limits(loads: Loads) -> Step:
    """Return the largest burst of the last week of tweets, as it was forecast an hour before, and four gates."""
    series = loads.tweets
    week = series.between(series.end - SEARCHED, series.end)
    burst = week.start + int(np.argmax(week.values)) * week.step
    known = fitted_at(series, burst - HOUR, lead_time=LEAD_TIME)
    bound = known.forecast(AFTER).quantile(DEFAULT_PLANNING_LEVEL)
    fits = {
        "passengers of taxis": loads.mornings[0],
        "electricity of Victoria": fitted_at(loads.electricity, loads.electricity.end),
        "queries to a database": loads.midnight,
        "tweets about a company": known,
    }
    return Step(
        figures={
            "burst_at": moment(burst),
            "burst": whole(float(week.values.max())),
            "burst_bound": whole(float(bound.values[HOUR // series.step])),
            "tweets_step": span(series.step),
            **_worst_morning(loads),
            "gates": table(
                ["load", "gate", "why"],
                [[name, "open" if each.gate.open else "closed", each.gate.message] for name, each in fits.items()],
            ),
            "needed_history": span(SHORTEST_HISTORY),
            "weekly_needs": span(timedelta(hours=SHORTEST_WEEKLY)),
            "highest_growth": f"{HIGHEST_GROWTH:g}",
            "known_horizon": span(FULL_HORIZON),
        },
        holds={
            "Nobody had announced it, and no forecast knew of it.": bool(week.values.max() > 2 * bound.values.max()),
            "Before $weekly_needs most members take all days for alike.": _take_days_for_alike(loads.taxi),
            "A longer forecast is made with the weights and the widths of that distance,": _is_held(known),
            "No forecast exceeds $highest_growth times the largest value seen.": _is_capped(loads),
        },
        picture=drawn("A burst of tweets that no forecast knew of", [[_panel(series, known)]]),
    )


def _worst_morning(loads: Loads) -> dict[str, str]:
    """Return the morning whose forecast was off most, and who was off least then."""
    told = [(misses_of(loads.taxi, fitted), fitted.origin) for fitted in loads.mornings]
    misses, at = max(told, key=lambda each: each[0][COMBINATION])
    best = min((name for name in misses if name != COMBINATION), key=misses.__getitem__)
    return {
        "worst_morning": moment(at),
        "worst_off": percent(misses[COMBINATION]),
        "worst_member": code(best),
        "worst_alone": percent(misses[best]),
    }


def _take_days_for_alike(series: Series) -> bool:
    """Return whether most members expect the same of each day of a week, a day before they may know weeks."""
    panel = panel_of([series.between(series.start, series.start + timedelta(hours=SHORTEST_WEEKLY) - DAY)], Calendar())
    steps = local_steps(
        panel.steps.begin + len(panel) * panel.steps.seconds, panel.steps.seconds, panel.steps.per_week, UTC
    )
    weeks = [fit_member(member, panel).pattern(steps).reshape(DAYS_OF_WEEK, -1) for member in MEMBERS]
    alike = [float(np.ptp(week, axis=0).max()) < ALIKE for week in weeks]
    return sum(alike) > len(alike) / 2


def _is_held(fitted: FittedForecast) -> bool:
    """Return whether weights and bounds two days ahead are those of the end of the first day."""
    leads = np.array([1.0, 2.0]) * (FULL_HORIZON / HOUR)
    shares = fitted.evaluation.mix.at(leads)
    offsets = fitted.evaluation.bounds.at(leads, np.array([DEFAULT_PLANNING_LEVEL]), np.zeros(2, dtype=np.int64))
    return np.allclose(shares[..., 0], shares[..., 1]) and np.allclose(offsets[..., 0], offsets[..., 1])


def _is_capped(loads: Loads) -> bool:
    """Return whether a forecast that would rise tenfold stops where it must."""
    fitted = loads.midnight
    highest = HIGHEST_GROWTH * np.nanmax(loads.database.between(loads.database.start, fitted.origin).values)
    jumped = replace(fitted, surprises=fitted.surprises + np.log(10.0))
    return bool(jumped.forecast(DAY).paths.max() <= highest * (1 + 1e-9))


def _panel(series: Series, known: FittedForecast) -> Panel:
    begin = known.origin - BEFORE
    truth = series.between(begin, known.origin + AFTER)
    forecast = known.forecast(AFTER)
    bound = forecast.quantile(DEFAULT_PLANNING_LEVEL)
    return Panel(
        "Tweets about a company",
        time_axis(begin, BEFORE + AFTER, every=1),
        measured(f"tweets in {span(series.step)}", truth.values, bound.values),
        [
            line(truth, begin, name="came"),
            line(forecast.point, begin, Ink.BLUE, name="point"),
            line(bound, begin, Ink.ORANGE, name=f"{whole(100 * DEFAULT_PLANNING_LEVEL)} % bound"),
        ],
    )
