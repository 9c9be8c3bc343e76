"""Refits: the slow rhythm. Brings history up to date, fits what is due in workers, and reports what came of it.

One job takes what is due; a signal is due when its fit is old, or was made for another spec. What hangs or dies is
killed by the pool and tried again later: the sweep goes on with the forecast it has.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

import structlog

from controller.api.policy_status import Memory
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.client import KubernetesClient
from controller.cluster.status import apply_report
from controller.cycle import SignalKey
from controller.live.fitting import FitRequest, fit_signal
from controller.live.mirror import Mirror
from controller.live.sweep import Sweep
from controller.scaling.forecast_report import SignalFit, forecast_report
from controller.scaling.lead_time import lead_time
from controller.telemetry.backfill import HistoryRefresh, HistoryRequest, refresh_history
from controller.telemetry.exporter import Exporter
from controller.telemetry.questions import Asked, SignalRefused, ask
from forecasting import Calendar, Event

log = structlog.get_logger()

RETRY = timedelta(minutes=1)  # after a fit that failed; soon enough for a Prometheus that was restarted
HISTORY_FILE = "history.f32"
HISTORY_BATCH = 200  # signals a worker brings up to date at a time: at first some seconds, later one query


P = ParamSpec("P")
R = TypeVar("R")


class Workers(Protocol):
    """Where slow work is done."""

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a top-level function returns elsewhere; raise what it raises, or why it did not end."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt to fit a signal: when, for which spec, and whether it succeeded."""

    at: datetime
    generation: int
    succeeded: bool


@dataclass
class Refits:
    """Keeps `sweep.forecasts` young, and a ForecastReport beside each policy."""

    mirror: Mirror
    sweep: Sweep
    workers: Workers
    client: KubernetesClient
    exporter: Exporter
    data_dir: Path
    max_age: timedelta
    clock: Callable[[], datetime]
    attempts: dict[SignalKey, Attempt] = field(default_factory=dict)
    fits: dict[SignalKey, SignalFit] = field(default_factory=dict)

    async def run_due(self) -> None:
        """Fit every signal that is due, and report on its policy. Does nothing while another process leads."""
        if not self.sweep.may_act():
            return
        now = self.clock()
        policies = self.mirror.policies()
        self._forget_all_but(policies)
        due = [(policy, asked) for policy in policies if (asked := self._due(policy, now))]
        await self._refresh_history([each for _, asked in due for each in asked.values()], now)
        await asyncio.gather(*(self._refit(policy, asked) for policy, asked in due))

    def _due(self, policy: ScalingPolicy, now: datetime) -> dict[str, Asked]:
        """Return what the load signals of a policy ask, where their fits are due; none that cannot be asked for."""
        asked = {}
        for signal in policy.spec.load_signals:
            last = self.attempts.get(SignalKey(policy.key, signal.name))
            if last is not None and self._is_young(last, policy, now):
                continue
            try:
                asked[signal.name] = ask(policy, signal, self.mirror.source)
            except SignalRefused:
                continue  # the sweep says so on the policy
        return asked

    def _is_young(self, last: Attempt, policy: ScalingPolicy, now: datetime) -> bool:
        young = now - last.at < (self.max_age if last.succeeded else RETRY)
        return young and last.generation == policy.metadata.generation

    async def _refresh_history(self, asked: Sequence[Asked], now: datetime) -> None:
        """Bring the history of these signals up to date, each source in a worker of its own."""
        by_source: dict[str, list[Asked]] = defaultdict(list)
        for each in asked:
            by_source[each.question.source].append(each)
        await asyncio.gather(*(self._refresh_source(name, parts, now) for name, parts in by_source.items()))

    async def _refresh_source(self, name: str, asked: Sequence[Asked], now: datetime) -> None:
        """Refresh in batches, so that none outlasts a worker's patience; what is stored is kept."""
        source = self.mirror.source(name)
        if source is None:
            return
        for begin in range(0, len(asked), HISTORY_BATCH):
            batch = tuple(asked[begin : begin + HISTORY_BATCH])
            request = HistoryRequest(self.data_dir / HISTORY_FILE, source, batch, now)
            try:
                refresh = await self.workers.run(refresh_history, request)
            except Exception as error:  # noqa: BLE001  whatever a worker dies of, the others go on
                log.warning("history not refreshed", source=name, signals=len(batch), error=_say(error))
                continue
            self._tell_refresh(name, refresh)

    def _tell_refresh(self, source: str, refresh: HistoryRefresh) -> None:
        for outcome, count in refresh.queries.items():
            self.exporter.record_query(source, outcome, count)
        for problem in sorted(set(refresh.problems.values())):
            log.warning("history incomplete", source=source, error=problem)

    async def _refit(self, policy: ScalingPolicy, asked: Mapping[str, Asked]) -> None:
        """Fit the due signals of one policy, then report on all of its signals."""
        begun = self.clock()
        fitted = await asyncio.gather(*(self._fit(policy, name, each) for name, each in asked.items()))
        self.exporter.record_fit(self.clock() - begun)
        if any(fitted):
            await self._report(policy)

    async def _fit(self, policy: ScalingPolicy, signal: str, asked: Asked) -> bool:
        key = SignalKey(policy.key, signal)
        try:
            fit = await self.workers.run(fit_signal, self._request(policy, asked))
        except Exception as error:  # noqa: BLE001  a refused, hung or crashed fit leaves the last one in force
            log.warning("fit failed", policy=str(policy.key), signal=signal, error=_say(error))
            fit = None
        self.attempts[key] = Attempt(self.clock(), policy.metadata.generation, succeeded=fit is not None)
        if fit is None:
            return False
        self.fits[key] = fit
        self.sweep.forecasts[key] = fit.fitted
        return True

    def _request(self, policy: ScalingPolicy, asked: Asked) -> FitRequest:
        events = (event for event in self.mirror.events() if policy.key in event.policy_keys)
        return FitRequest(
            history=self.data_dir / HISTORY_FILE,
            asked=asked,
            calendar=Calendar(
                policy.spec.forecast.time_zone, tuple(Event(event.spec.start, event.spec.end) for event in events)
            ),
            planning_level=policy.spec.forecast.planning_percentile / 100,
            lead_time=lead_time(policy, self._memory(policy)),
        )

    async def _report(self, policy: ScalingPolicy) -> None:
        fits = {
            signal.name: self.fits[key]
            for signal in policy.spec.load_signals
            if (key := SignalKey(policy.key, signal.name)) in self.fits
        }
        try:
            report = forecast_report(policy, fits, self._memory(policy), now=self.clock())
            await apply_report(self.client, report, policy)
        except Exception as error:  # noqa: BLE001  a report that cannot be made or written keeps no other from it
            log.warning("report not written", policy=str(policy.key), error=_say(error))

    def _memory(self, policy: ScalingPolicy) -> Memory:
        return self.sweep.carried.memories.get(policy.key, policy.status.memory)

    def _forget_all_but(self, policies: Sequence[ScalingPolicy]) -> None:
        """Drop the forecasts of signals that no policy names any more."""
        kept = {SignalKey(policy.key, signal.name) for policy in policies for signal in policy.spec.load_signals}
        for store in (self.attempts, self.fits, self.sweep.forecasts):
            for gone in store.keys() - kept:
                del store[gone]


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__
