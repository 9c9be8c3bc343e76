"""FittedForecast: what was learned about one series, ready to be asked and to take in more. Learning is in batch.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from forecasting.accuracy import Accuracy
from forecasting.correction import Correction, surprises_of
from forecasting.errors import ForecastingError
from forecasting.forecast import Forecast
from forecasting.gate import Gate
from forecasting.intervals import Bounds
from forecasting.marked_days import MarkedDays, widened
from forecasting.models import FittedModel
from forecasting.models.persistence import fading, mean_deviation
from forecasting.occasions import Calendar
from forecasting.panel import HIGHEST_GROWTH, Panel, demand_of
from forecasting.seasons import HOUR, Steps, local_steps
from forecasting.selection import Weight
from forecasting.series import Series, Values

DEFAULT_HORIZON = timedelta(hours=24)
DEFAULT_LEVELS = (0.5, 0.9, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class FittedForecast:
    """One series' forecaster: small, picklable and never changed; new samples make a new one.

    `origin` is where its forecasts begin: the first step whose samples are not all in. `history` is how much time the
    fit rests on. `gate` says whether the forecast may act, `accuracy` and `weights` what backtests said.
    """

    origin: datetime
    step: timedelta
    history: timedelta
    calendar: Calendar
    gate: Gate
    accuracy: Accuracy
    weights: tuple[Weight, ...]
    members: tuple[FittedModel, ...]
    correction: Correction
    bounds: Bounds
    ceiling: Values  # (1, 1), the largest log value a forecast may take
    recent: Values  # log values of the hour before the origin, and of the step in progress; NaN where unknown
    marked: MarkedDays

    def forecast(self, horizon: timedelta = DEFAULT_HORIZON, levels: Sequence[float] = DEFAULT_LEVELS) -> Forecast:
        """Return the demand expected from the origin on, for every step that begins within the horizon.

        Raises ForecastingError for a horizon that is not positive or a level outside (0, 1).
        """
        if horizon <= timedelta(0):
            raise ForecastingError(f"the horizon must be positive, got {horizon}")
        if not all(0 < level < 1 for level in levels):
            raise ForecastingError(f"levels must lie between 0 and 1, got {', '.join(map(str, levels))}")
        steps = self._steps_around_origin(-(-horizon // self.step))
        target = steps.part(len(self.recent) - 1, len(steps))
        leads = np.arange(len(target)) * (target.seconds / HOUR)
        point = self._ordinary(steps, leads)
        rising = np.sort(np.asarray(levels, dtype=np.float64))
        offsets = widened(self.bounds.at(leads, rising)[0], rising, self.marked.doubts(target, self.calendar))
        order = np.argsort(np.argsort(np.asarray(levels)))
        paths = np.minimum(np.concatenate([point, point + offsets[order]]), self.ceiling)
        # What the calendar says acts after the cap: it was seen before, or is known to come.
        paths = np.maximum(paths + self.marked.deviations(target, self.calendar), 0.0)
        demand = np.expm1(paths) * self.calendar.multipliers(target.begins, target.seconds)
        return Forecast(self.origin, self.step, tuple(levels), demand)

    def member_points(self, horizon: timedelta = DEFAULT_HORIZON) -> Mapping[str, Series]:
        """Return what each member alone expects of ordinary days, by name, over the steps that forecast() has.

        Mixed by the weights and corrected, it is the point forecast.
        """
        steps = self._steps_around_origin(-(-horizon // self.step))
        known = len(self.recent)
        recent = self.recent - self.marked.deviations(steps.part(0, known), self.calendar)
        leads = np.arange(len(steps) - known + 1) * (steps.seconds / HOUR)
        _, expected = self._by_member(steps, leads, recent=recent)
        paths = demand_of(expected, self.ceiling)
        return {each.name: Series(self.origin, self.step, path) for each, path in zip(self.weights, paths, strict=True)}

    def update(self, recent: Series) -> "FittedForecast":
        """Return the forecaster with newer samples taken in, without a fit.

        The step of `recent` divides the fitted one; it may overlap what is known, and NaN changes nothing. The origin
        moves to the first step that is not all measured; a step in progress counts for the last hour's surprise.
        Raises SeriesRefused for a step that does not divide the fitted one.
        """
        known = np.flatnonzero(~np.isnan(recent.values))
        if not known.size:
            return self
        newest = recent.start + (int(known[-1]) + 1) * recent.step
        passed = max(0, (newest - self.origin) // self.step)
        hour = len(self.recent) - 1
        # From an hour before the old origin up to and with the step in progress at the new one.
        logs = self._logs_on_grid(recent, first=-hour, last=passed + 1)
        logs[: hour + 1] = np.where(np.isnan(logs[: hour + 1]), self.recent, logs[: hour + 1])
        return replace(
            self,
            origin=self.origin + passed * self.step,
            members=self._absorbed(logs[hour:-1]) if passed else self.members,
            ceiling=np.fmax(self.ceiling, np.log1p(HIGHEST_GROWTH * np.expm1(np.fmax.reduce(logs)))),
            recent=logs[passed:],
        )

    def _logs_on_grid(self, recent: Series, *, first: int, last: int) -> Values:
        """Return samples as log values of the fitted grid's steps [first, last) from the origin on, events left out."""
        buckets = recent.at_step(self.step, anchor=self.origin)
        offset = (buckets.start - self.origin) // self.step
        logs = np.full(last - first, np.nan)
        low, high = max(first, offset), min(last, offset + len(buckets))
        if low < high:
            logs[low - first : high - first] = np.log1p(buckets.values[low - offset : high - offset])
        if self.calendar.events:
            seconds = self.step.total_seconds()
            begins = self.origin.timestamp() + np.arange(first, last) * seconds
            logs[self.calendar.touched(begins, seconds)] = np.nan
        return logs

    def _absorbed(self, logs: Values) -> tuple[FittedModel, ...]:
        """Return the members with the samples of whole steps from the origin on, but for those of marked days."""
        steps = local_steps(self.origin.timestamp(), self.step.total_seconds(), len(logs), self.calendar.zone)
        marked = self.calendar.marked(steps.begins, steps.seconds) >= 0
        fresh = Panel(steps, np.where(marked, np.nan, logs)[None, :])
        return tuple(member.absorb(fresh) for member in self.members)

    def _steps_around_origin(self, ahead: int) -> Steps:
        """Return the steps of the hour before the origin and so many from it on."""
        before = len(self.recent) - 1
        seconds = self.step.total_seconds()
        return local_steps(self.origin.timestamp() - before * seconds, seconds, before + ahead, self.calendar.zone)

    def _ordinary(self, steps: Steps, leads: Values) -> Values:
        """Return log values (1, leads) from the origin on as if no day were marked.

        What surprised on a marked day is held against what was expected of it, and carried on to marked days only.
        """
        known = len(self.recent)
        marked = self.calendar.marked(steps.begins, steps.seconds) >= 0
        recent = self.recent - self.marked.deviations(steps.part(0, known), self.calendar)
        logs = self._corrected_mean(steps, leads, recent=recent)
        if not marked[:known].any():
            return logs
        ordinary = self._corrected_mean(steps, leads, recent=np.where(marked[:known], np.nan, recent))
        return np.where(marked[known - 1 :], logs, ordinary)

    def _corrected_mean(self, steps: Steps, leads: Values, *, recent: Values) -> Values:
        """Return the members' weighted mean from the origin on, corrected, as log values (1, leads)."""
        known = len(recent)
        shares = np.array([[each.weight for each in self.weights]])
        before, expected = self._by_member(steps, leads, recent=recent)
        mean = shares @ demand_of(expected, self.ceiling)
        usual = shares @ demand_of(before, self.ceiling)
        surprises = surprises_of(recent, np.log1p(usual), known - 1)
        corrected = np.log1p(mean) + self.correction.at(leads, surprises)
        return np.minimum(np.maximum(corrected, 0.0), self.ceiling)

    def _by_member(self, steps: Steps, leads: Values, *, recent: Values) -> tuple[Values, Values]:
        """Return log values by member: its pattern over `recent` (members, n), and its forecast (members, leads)."""
        known = len(recent)
        patterns = np.concatenate([member.pattern(steps) for member in self.members])
        persistence = np.concatenate([member.persistence for member in self.members])
        surprise = mean_deviation(recent, patterns[:, :known])
        carried = surprise[:, None] * fading(persistence, leads + 0.5 * steps.seconds / HOUR)
        return patterns[:, :known], patterns[:, known - 1 :] + carried
