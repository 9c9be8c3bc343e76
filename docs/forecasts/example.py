"""How to use the library alone: the page shows the code, and what it prints."""
# ruff: noqa: T201 -- it shows what it made

from datetime import UTC, date, datetime, timedelta

import numpy as np

from forecasting import Calendar, Event, MarkedDay, Series, fit

# Two weeks of a made load; NaN would be a missing sample.
step, monday = timedelta(minutes=5), datetime(2026, 3, 2, tzinfo=UTC)
hours = np.arange(14 * 24 * 12) / 12
noise = np.random.default_rng(1).normal(1.0, 0.05, hours.size)
history = Series(start=monday, step=step, values=(200 - 80 * np.cos(hours * np.pi / 12)) * noise)

# Whose clock the load follows, what will be unusual, and which days are not as their weekday says.
launch = Event(monday + timedelta(days=14, hours=4), monday + timedelta(days=14, hours=5), multiplier=2.0)
holiday = MarkedDay(date(2026, 4, 3), "Good Friday")
calendar = Calendar(time_zone="Europe/Berlin", events=(launch,), marked_days=(holiday,))

fitted = fit(history, calendar=calendar, planning_level=0.95, lead_time=timedelta(minutes=10))
forecast = fitted.forecast(horizon=timedelta(hours=6), levels=(0.5, 0.95))
print("from", forecast.origin, "on, hour by hour:", forecast.point.values[::12].round())
print("95 % of demand stays below:", forecast.quantile(0.95).values[::12].round())
print("may act:", fitted.gate.open, "because", fitted.gate.message)
print("heaviest member:", max(fitted.weights, key=lambda each: each.weight).name)

# New samples come, higher than expected: the forecast rises without a fit.
recent = Series(start=history.end, step=step, values=np.array([136.0, 140.0, 143.0]))
later = fitted.update(recent)
print("expected at", later.origin, "before:", forecast.point.values[3].round())
print("expected at", later.origin, "now:", later.forecast(step).point.values[0].round())

# Fitted again within a day, with the earlier fit at hand, it keeps what backtests said.
longer = Series(monday, step, np.concatenate([history.values, recent.values]))
again = fit(longer, calendar=calendar, planning_level=0.95, lead_time=timedelta(minutes=10), earlier=fitted)
print("kept:", again.accuracy is fitted.accuracy)
