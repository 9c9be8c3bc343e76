"""Refits: the slow rhythm. Brings history up to date, fits what is due in workers, and reports what came of it.

One job takes what is due; a signal is due when its fit is old, or was made for another spec. What hangs or dies is
killed by the pool and tried again later: the sweep goes on with the forecast it has.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from controller.api.capacity_outlook import CapacityOutlook
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.client import KubernetesClient
from controller.cluster.status import apply_report
from controller.cycle import SignalKey
from controller.live.backfills import Backfill
from controller.live.due import due_signals, forget_all_but, signals_named
from controller.live.fitting import FitRequest, fit_signal
from controller.live.mirror import Mirror
from controller.live.sweep import Sweep
from controller.scaling.learning.lead_time import lead_time
from controller.scaling.publishing.forecast_report import SignalFit, forecast_report
from controller.telemetry.backfill import SETTLING_TIME
from controller.telemetry.exporter import Exporter
from controller.telemetry.history import STEP
from controller.telemetry.questions import Asked
from forecasting.fleet import NotFitted, explain

log = structlog.get_logger()

RETRY = timedelta(minutes=1)  # after a fit that failed; soon enough for a Prometheus that was restarted
LONGEST_RETRY = timedelta(minutes=15)  # what failed so often, each time after twice as long, is not mended by haste
HISTORY_LAG = SETTLING_TIME + STEP  # the newest history is this old at most
NO_HISTORY, NO_SAMPLE = "NoHistory", "its source has no sample of it yet"
HISTORY_FILE = "history.f32"

OutlookOf = Callable[[ScalingPolicy], CapacityOutlook | None]


def _no_outlook(_policy: ScalingPolicy) -> None:
    """Know nothing of the next months."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt to fit a signal: for which spec, when the next is due, and the pause till then if it failed."""

    generation: int
    next_at: datetime
    pause: timedelta = timedelta(0)


@dataclass
class Refits:
    """Keeps `sweep.forecasts` young, says in `sweep.unfitted` what fails, and puts a ForecastReport beside each policy.

    `workers` are where slow work is done: top-level functions go there, and come back or raise. `outlook_of` says what
    is known of a policy's next months.
    """

    mirror: Mirror
    sweep: Sweep
    workers: Executor
    client: KubernetesClient
    exporter: Exporter
    data_dir: Path
    max_age: timedelta
    clock: Callable[[], datetime]
    outlook_of: OutlookOf = _no_outlook
    attempts: dict[SignalKey, Attempt] = field(default_factory=dict)
    fits: dict[SignalKey, SignalFit] = field(default_factory=dict)

    async def run_due(self) -> None:
        """Fit every signal that is due, and report on its policy. Does nothing while another process leads."""
        if not self.sweep.may_act():
            return
        now = self.clock()
        self._forget_the_gone()
        due = due_signals(self.mirror, self.attempts, now)
        backfill = Backfill(self.data_dir / HISTORY_FILE, self.mirror, self.workers, self.exporter)
        problems = await backfill.refresh([each for _, asked in due for each in asked.values()], now)
        await asyncio.gather(*(self._refit(policy, asked, problems) for policy, asked in due))

    async def _refit(self, policy: ScalingPolicy, asked: Mapping[str, Asked], problems: Mapping[Asked, str]) -> None:
        """Fit the due signals of one policy, then report on all of its signals."""
        begun = self.clock()
        outcomes = await asyncio.gather(*(self._fit(policy, signal, each) for signal, each in asked.items()))
        self.exporter.record_fit(self.clock() - begun)
        for (signal, each), outcome in zip(asked.items(), outcomes, strict=True):
            missing = NotFitted(NO_HISTORY, problems.get(each, NO_SAMPLE))
            self._take(policy, signal, outcome or missing)
        if any(isinstance(outcome, SignalFit) for outcome in outcomes):
            await self._report(policy)

    async def _fit(self, policy: ScalingPolicy, signal: str, asked: Asked) -> SignalFit | NotFitted | None:
        """Return the fit of a signal, what it failed of, or None while there is no history of it."""
        request = self._request(policy, signal, asked)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.workers, fit_signal, request)
        except Exception as error:  # noqa: BLE001  a refused, hung or crashed fit leaves the last one in force
            why = explain(error)
            log.warning("fit failed", policy=str(policy.key), signal=signal, reason=why.reason, error=why.message)
            return why

    def _take(self, policy: ScalingPolicy, signal: str, outcome: SignalFit | NotFitted) -> None:
        """Hand what a fit came to over to the sweep, and set when the next is due."""
        key = SignalKey(policy.key, signal)
        if isinstance(outcome, NotFitted):
            self.sweep.unfitted[key] = outcome
        else:
            self.sweep.unfitted.pop(key, None)
            self.fits[key] = outcome
            self.sweep.forecasts[key] = outcome.fitted
        self.attempts[key] = self._attempt(policy, self.attempts.get(key), outcome)

    def _attempt(self, policy: ScalingPolicy, last: Attempt | None, outcome: SignalFit | NotFitted) -> Attempt:
        """Return when the next fit is due: by the age of what this one learned from, later and later while it fails.

        A fit made on old history, because its source did not answer, is as old as that history.
        """
        generation, now = policy.metadata.generation, self.clock()
        if isinstance(outcome, SignalFit):
            next_at = min(now, outcome.fitted.origin + HISTORY_LAG) + self.max_age
            if next_at > now:
                return Attempt(generation, next_at)
        paused = last.pause if last is not None and last.generation == generation else timedelta(0)
        pause = min(LONGEST_RETRY, max(RETRY, 2 * paused))
        return Attempt(generation, now + pause, pause)

    def _request(self, policy: ScalingPolicy, signal: str, asked: Asked) -> FitRequest:
        last = self.fits.get(SignalKey(policy.key, signal))
        return FitRequest(
            history=self.data_dir / HISTORY_FILE,
            asked=asked,
            spec=policy.spec,
            events=self.mirror.events_of(policy),
            lead_time=lead_time(policy, self.sweep.memory_of(policy)),
            earlier=last,
        )

    async def _report(self, policy: ScalingPolicy) -> None:
        fits = {
            signal.name: self.fits[key]
            for signal in policy.spec.load_signals
            if (key := SignalKey(policy.key, signal.name)) in self.fits
        }
        try:
            events = self.mirror.events_of(policy)
            memory, outlook = self.sweep.memory_of(policy), self.outlook_of(policy)
            report = forecast_report(policy, fits, memory, events=events, outlook=outlook, now=self.clock())
            await apply_report(self.client, report, policy)
        except Exception as error:  # noqa: BLE001  a report that cannot be made or written keeps no other from it
            log.warning("report not written", policy=str(policy.key), error=str(error) or type(error).__name__)

    def _forget_the_gone(self) -> None:
        """Drop the forecasts of signals that no policy names any more."""
        kept = signals_named(self.mirror)
        forget_all_but(kept, self.attempts, self.fits)
        forget_all_but(kept, self.sweep.forecasts, self.sweep.unfitted)
