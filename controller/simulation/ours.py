"""Ourselves in a replay: the real cycle.py. Its forecasts are fitted on what has arrived, never on what lies ahead."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import Batch, Carried, SignalKey, run_cycle
from controller.scaling.admission import admit_fraction
from controller.scaling.dates.calendars import calendar_of
from controller.scaling.decision import Decision
from controller.scaling.judging.timeline import Note
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.observation import Observation
from controller.simulation.demand import TICK
from controller.simulation.doors import PretendDoors
from controller.simulation.world import PretendWorkload
from forecasting import FittedForecast, Series, fit

REFIT_TICKS = timedelta(days=1) // TICK
UPDATE_TICKS = timedelta(hours=1) // TICK  # in between, a fit takes in what has arrived since


class Expected(NamedTuple):
    """Demand at a time, as it was expected one lead time before: its median, and the bound that was planned for."""

    at: datetime
    median: float
    planned: float


Fit = Callable[..., FittedForecast]
"""Learns from a series: forecasting.fit, or what takes the same arguments in its place."""


class CyclePilot:
    """Steers by a ScalingPolicy. `forecasts` holds the newest fit of each load signal.

    `expected` is, for each load signal, the demand that decisions counted on one lead time ahead, for every minute.
    `heard` is told every decision. With `sheds` somebody in front refuses what is not admitted.
    """

    def __init__(
        self,
        workload: PretendWorkload,
        policy: ScalingPolicy,
        *,
        fit: Fit = fit,
        heard: Callable[[Decision], None] = lambda _: None,
        sheds: bool = False,
    ) -> None:
        self._workload, self._learn_from, self._heard, self._sheds = workload, fit, heard, sheds
        self._doors = PretendDoors(workload, policy)
        self._carried = Carried()
        self._first_tick = workload.tick
        self._notes: list[Note] = []
        self.forecasts: dict[SignalKey, FittedForecast] = {}
        self.expected: dict[SignalKey, list[Expected]] = defaultdict(list)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Why it decided as it did, where that changed."""
        return tuple(self._notes)

    async def steer(self) -> int:
        """Run one cycle through the pretend doors, after learning where that is due."""
        passed = self._workload.tick - self._first_tick
        if passed % UPDATE_TICKS == 0:
            self._learn(refit=passed % REFIT_TICKS == 0)
        batch = Batch((self._doors.policy,), self.forecasts, carried=self._carried)
        cycle = await run_cycle(batch, self._doors, self._doors, now=self._doors.now)
        self._expect(cycle.decisions[0].observation, known=self._carried)
        self._carried = cycle.carried
        self._heard(cycle.decisions[0])
        self._note(cycle.decisions[0])
        if self._sheds:
            admitted = admit_fraction(cycle.decisions[0].observation)
            self._workload.refused[self._workload.tick] = 1 - (1.0 if admitted is None else admitted)
        return cycle.decisions[0].desired_replicas

    def history(self, signal: str) -> Series:
        """Return what has arrived of a signal by now: what a fit would learn from."""
        return self._doors.instruments[signal].history()

    def _learn(self, *, refit: bool) -> None:
        """Bring the forecast of every load signal up to date; one without history stays without a forecast."""
        policy = self._doors.policy
        for signal in policy.spec.load_signals:
            key = SignalKey(policy.key, signal.name)
            history = self.history(signal.name)
            if key in self.forecasts and not refit:
                self.forecasts[key] = self.forecasts[key].update(history)
            elif len(history):
                self.forecasts[key] = self._fit(history, self.forecasts.get(key))

    def _fit(self, history: Series, last: FittedForecast | None) -> FittedForecast:
        policy = self._doors.policy
        return self._learn_from(
            history,
            calendar=calendar_of(policy.spec, history),
            planning_level=policy.spec.forecast.planning_percentile / 100,
            lead_time=lead_time(policy, self._carried.memories.get(policy.key, policy.status.memory)),
            earlier=last,
        )

    def _expect(self, observation: Observation, *, known: Carried) -> None:
        """Record what new outlooks say about the time one lead time ahead."""
        for name, outlook in observation.outlooks.items():
            key = SignalKey(observation.policy.key, name)
            if outlook is not known.outlooks.get(key):
                at = observation.now + lead_time(observation.policy, observation.memory)
                step = (at - outlook.planned.start) // outlook.planned.step
                median, planned = (float(series.values[step]) for series in (outlook.expected, outlook.planned))
                self.expected[key].append(Expected(at, median, planned))

    def _note(self, decision: Decision) -> None:
        last = self._notes[-1] if self._notes else None
        if last is None or (last.desired_replicas, last.reason) != (decision.desired_replicas, decision.reason):
            said = (decision.reason, decision.message, decision.plan.candidates, decision.limiters)
            self._notes.append(Note(decision.at, decision.desired_replicas, *said))
