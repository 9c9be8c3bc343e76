"""FittedForecast: what was learned about one series, ready to be asked and to take in more. Learning is in batch.py."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from forecasting.accuracy import Accuracy
from forecasting.ahead import Ahead, MembersAhead, ahead_of, members_ahead
from forecasting.bursts import with_bursts
from forecasting.errors import ForecastingError
from forecasting.evaluation import Evaluation
from forecasting.forecast import Forecast
from forecasting.gate import Gate
from forecasting.intervals import from_roots, roots_of
from forecasting.marked_days import MarkedDays, widened
from forecasting.masks import LeftOut
from forecasting.models import FittedModel
from forecasting.occasions import Calendar
from forecasting.panel import demand_of
from forecasting.seasons import Steps, local_steps
from forecasting.selection import Weight
from forecasting.series import LARGEST_SAMPLE, Series, Values
from forecasting.standing import Heard, Standing, belief_in_level, hear
from forecasting.surprises import CARRIED, renewed
from forecasting.updates import update_batch

DEFAULT_HORIZON = timedelta(hours=24)
DEFAULT_LEVELS = (0.5, 0.9, 0.95)
ROUNDING = 1e-12  # of the largest log value there may be: what is smaller is nothing


@dataclass(frozen=True, slots=True, eq=False)
class FittedForecast:
    """One series' forecaster: small, picklable and never changed; new samples make a new one.

    `origin` is where its forecasts begin: the first step whose samples are not all in. `history` is how much time the
    fit rests on. `evaluation` is what a backtest said when history ended at `evaluated`: `gate`, whether the forecast
    may act, `accuracy` and `weights` are parts of it.
    """

    origin: datetime
    step: timedelta
    history: timedelta
    calendar: Calendar
    members: tuple[FittedModel, ...]
    evaluation: Evaluation
    evaluated: datetime
    ceiling: Values  # (1, 1), the largest log value a forecast may take
    marked: MarkedDays
    left_out: tuple[LeftOut, ...]  # of the history
    standing: Standing  # of the newest whole steps
    surprises: Values  # (members, memories), how the newest whole steps deviated from each member's pattern
    newest: Values  # (members,), how the newest whole step alone did, NaN where it is not known
    in_progress: float  # log value of the step at the origin as far as it is measured, NaN where it is not

    @property
    def gate(self) -> Gate:
        """Whether the forecast may act, and why."""
        return self.evaluation.gate

    @property
    def accuracy(self) -> Accuracy:
        """How members, combination and baselines did from rolling origins."""
        return self.evaluation.accuracy

    @property
    def weights(self) -> tuple[Weight, ...]:
        """Who counts how much in the combination, and the errors behind it."""
        return self.evaluation.weights

    def forecast(self, horizon: timedelta = DEFAULT_HORIZON, levels: Sequence[float] = DEFAULT_LEVELS) -> Forecast:
        """Return the demand expected from the origin on, for every step that begins within the horizon.

        Raises ForecastingError for a horizon that is not positive or a level outside (0, 1).
        """
        _check_horizon(horizon)
        if not all(0 < level < 1 for level in levels):
            raise ForecastingError(f"levels must lie between 0 and 1, got {', '.join(map(str, levels))}")
        steps = self._steps(-(-horizon // self.step))
        rising = tuple(sorted(levels))
        ahead = ahead_of(self.evaluation, len(steps), steps.seconds, rising)
        point = self._corrected_mean(steps, ahead)
        offsets = ahead.offsets * self.evaluation.bounds.width[0, steps.hours_of_day]
        roots = roots_of(np.expm1(point))
        offsets = widened(offsets, rising, roots[0], self.marked.doubts(steps, self.calendar))
        order = [rising.index(level) for level in levels]
        paths = np.minimum(np.concatenate([point, np.log1p(from_roots(roots + offsets[order]))]), self.ceiling)
        # What the calendar says acts after the cap: it was seen before, or is known to come.
        paths = np.maximum(paths + self.marked.deviations(steps, self.calendar), 0.0)
        demand = np.expm1(paths) * self.calendar.multipliers(steps.begins, steps.seconds)
        return Forecast(self.origin, self.step, tuple(levels), np.minimum(demand, LARGEST_SAMPLE))

    def member_points(self, horizon: timedelta = DEFAULT_HORIZON) -> Mapping[str, Series]:
        """Return what each member alone expects of ordinary days from the origin on, by name, with nothing corrected.

        Raises ForecastingError for a horizon that is not positive.
        """
        _check_horizon(horizon)
        steps = self._steps(-(-horizon // self.step))
        members = members_ahead(self.members, steps)
        expected = members.after(self._surprises(steps, members.patterns))
        paths = np.minimum(demand_of(expected, self.ceiling), LARGEST_SAMPLE)
        return {each.name: Series(self.origin, self.step, path) for each, path in zip(self.weights, paths, strict=True)}

    def update(self, recent: Series) -> "FittedForecast":
        """Return the forecaster with newer samples taken in, without a fit.

        The step of `recent` divides the fitted one; it may overlap what is known, and NaN changes nothing. The origin
        moves to the first step that is not all measured; a step in progress counts as a surprise.
        Raises SeriesRefused for a step that does not divide the fitted one.
        """
        return update_batch([self], [recent])[0]

    def _deviations(self, steps: Steps, patterns: Values, logs: Values) -> Values:
        """Return how steps deviate from the patterns, (members, n); a marked day is expected to deviate."""
        deviations: Values = logs - self.marked.deviations(steps, self.calendar) - patterns
        return deviations

    def _hear(self, deviations: Values) -> Heard:
        """Return what is made of steps that follow the newest whole ones."""
        known = self.evaluation
        return hear(self.standing, known.mix.now @ deviations, known.limits, self.step.total_seconds())

    def _steps(self, ahead: int) -> Steps:
        """Return so many steps from the origin on."""
        return local_steps(self.origin.timestamp(), self.step.total_seconds(), ahead, self.calendar.zone)

    def _surprises(self, steps: Steps, patterns: Values) -> Values:
        """Return the surprises with what is measured of the step in progress, the first of the steps."""
        if math.isnan(self.in_progress):
            return self.surprises
        deviations = self._deviations(steps.part(0, 1), patterns[:, :1], np.array([self.in_progress]))
        return renewed(self.surprises, deviations + self._hear(deviations).added, steps.seconds)

    def _corrected_mean(self, steps: Steps, ahead: Ahead) -> Values:
        """Return the members' weighted mean from the origin on, corrected: log values (1, leads) of ordinary days."""
        members = members_ahead(self.members, steps)
        surprises = self._surprises(steps, members.patterns)
        expected = self._foreseen(members, surprises, ahead)
        left = self.in_progress - self.marked.deviations(steps.part(0, 1), self.calendar) - expected[:, :1]
        expected = with_bursts(expected, self._gap(members), self.evaluation.burst, ahead.centres, left=left)
        return np.minimum(expected, self.ceiling)

    def _gap(self, members: MembersAhead) -> float:
        """Return how far the newest whole step lies above what is forecast of it, as if it were to come next."""
        known, seconds = self.evaluation, self.step.total_seconds()
        level = self.standing.level(seconds)
        surprises = self.surprises - self.standing.told(seconds) if level else self.surprises
        lift = level or float(self.standing.lifts(np.zeros(1), known.limits, seconds)[0])
        carried = surprises[:, CARRIED] * members.left[:, 0]
        # Shares add up to 1, so this is the logarithm of the weighted mean, relative to the sample.
        mean = math.log(known.mix.now @ np.exp(lift + carried - self.newest))
        return -mean - float(known.mix.now @ surprises @ known.correction.now)

    def _foreseen(self, members: MembersAhead, surprises: Values, ahead: Ahead) -> Values:
        """Return what is expected without bursts, log values (1, leads)."""
        seconds = self.step.total_seconds()
        lifts = self.standing.lifts(ahead.leads, self.evaluation.limits, seconds)
        expected = self._combined(members.lifted(lifts), surprises, ahead)
        level = self.standing.level(seconds)
        if level:
            belief = belief_in_level(ahead.leads)
            lifted = self._combined(members.lifted(level), surprises - self.standing.told(seconds), ahead)
            expected = belief * lifted + (1 - belief) * expected
        # A square root, in which bounds are counted, makes 1e-8 of the 1e-16 that sums leave of nothing.
        return np.where(expected > ROUNDING * self.ceiling, np.minimum(expected, self.ceiling), 0.0)

    def _combined(self, members: MembersAhead, surprises: Values, ahead: Ahead) -> Values:
        """Return the weighted mean after surprises (members, memories), corrected by them: log values (1, leads)."""
        shares = ahead.shares
        mean = np.sum(shares * demand_of(members.after(surprises), self.ceiling), axis=0, keepdims=True)
        corrected: Values = np.log1p(mean) + ((shares[:, 0] @ surprises)[None, None] @ ahead.correction)[0]
        return corrected


def _check_horizon(horizon: timedelta) -> None:
    if horizon <= timedelta(0):
        raise ForecastingError(f"the horizon must be positive, got {horizon}")
