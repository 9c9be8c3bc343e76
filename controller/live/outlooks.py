"""Outlooks: once a local day, months of daily peaks of every load signal, looked ahead for in workers.

What comes of them is told by the sweep (a runway for each policy) and by the refits (the outlook in a ForecastReport).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

import structlog

from controller.api.capacity_outlook import CapacityOutlook
from controller.api.metadata import ObjectKey
from controller.api.scaling_policy import ScalingPolicy
from controller.cluster.targets import TargetView
from controller.cycle import SignalKey
from controller.errors import HeadroomError
from controller.live.backfills import Backfill
from controller.live.due import due_signals, forget_all_but, signals_named
from controller.live.fitting import OutlookRequest, outlook_signal
from controller.live.mirror import Mirror
from controller.live.refits import HISTORY_FILE
from controller.live.sweep import Sweep
from controller.scaling.dates.demand_windows import window_of
from controller.scaling.dates.schedules import schedule_windows
from controller.scaling.planning.budget import budget_limit
from controller.scaling.planning.outlook import DAY, Limit, Peaks
from controller.telemetry.exporter import Exporter
from controller.telemetry.history import HOURS
from controller.telemetry.questions import Asked
from forecasting import PeakOutlook
from forecasting.fleet import explain
from forecasting.outlook import HORIZON_DAYS

log = structlog.get_logger()

HOURS_FILE = "hours.f32"
HOURS_BATCH = 50  # signals at a time: at first some 16 queries, a month of hours each
SETTLED = timedelta(minutes=10)  # after midnight: the last hour is complete and has arrived
RETRY = timedelta(hours=1)  # of what failed or knew too little; months ahead there is no hurry
NO_HISTORY = "its source has no history of it yet"


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The last look at a signal: for which spec, what came of it, and when the next is due."""

    generation: int
    peaks: PeakOutlook | str
    next_at: datetime


ReadQuota = Callable[[TargetView], Awaitable[Limit | None]]


async def _no_quota(_target: TargetView) -> None:
    """Know nothing of quotas: without the right to read them."""


@dataclass
class Outlooks:
    """Keeps `sweep.runways` up to date, and tells the outlook of a policy. `read_quota` asks for its ResourceQuotas."""

    mirror: Mirror
    sweep: Sweep
    workers: Executor
    exporter: Exporter
    data_dir: Path
    clock: Callable[[], datetime]
    read_quota: ReadQuota = _no_quota
    limits: dict[ObjectKey, tuple[Limit, ...]] = field(default_factory=dict)
    looked: dict[SignalKey, Looked] = field(default_factory=dict)

    async def run_due(self) -> None:
        """Look ahead for every signal that is due. Does nothing while another process leads."""
        if not self.sweep.may_act():
            return
        now = self.clock()
        self._forget_the_gone()
        due = due_signals(self.mirror, self.looked, now)
        backfill = Backfill(self.data_dir / HOURS_FILE, self.mirror, self.workers, self.exporter, HOURS, HOURS_BATCH)
        problems = await backfill.refresh([each for _, asked in due for each in asked.values()], now)
        await asyncio.gather(*(self._look(policy, asked, problems) for policy, asked in due))

    def outlook_of(self, policy: ScalingPolicy) -> CapacityOutlook | None:
        """Return what is known of a policy's next months; None before the first look."""
        names = [signal.name for signal in policy.spec.load_signals]
        known = {name: looked for name in names if (looked := self.looked.get(SignalKey(policy.key, name)))}
        if not known:
            return None
        now = self.clock()
        events = map(window_of, self.mirror.events_of(policy))
        windows = (*events, *schedule_windows(policy.spec, now, now + HORIZON_DAYS * DAY))
        peaks = {name: looked.peaks for name, looked in known.items()}
        limits = self.limits.get(policy.key, ())
        return Peaks(policy, self.sweep.memory_of(policy), peaks, windows).outlook(limits)

    async def _look(self, policy: ScalingPolicy, asked: Mapping[str, Asked], problems: Mapping[Asked, str]) -> None:
        """Look ahead for the due signals of one policy, then for the policy."""
        tomorrow = self._next_day(policy)
        for name, each in asked.items():
            peaks, problem = await self._peaks(policy, name, each), problems.get(each)
            done = isinstance(peaks, PeakOutlook) and problem is None
            next_at = tomorrow if done else min(tomorrow, self.clock() + RETRY)
            said = peaks or problem or NO_HISTORY
            self.looked[SignalKey(policy.key, name)] = Looked(policy.metadata.generation, said, next_at)
        self.limits[policy.key] = await self._limits(policy)
        outlook = self.outlook_of(policy)
        if outlook and outlook.runways:
            self.sweep.runways[policy.key] = outlook.runways[0]

    async def _limits(self, policy: ScalingPolicy) -> tuple[Limit, ...]:
        """Return what limits the replicas beside maxReplicas; what cannot be read limits nothing."""
        target = self.mirror.target(policy.metadata.namespace, policy.spec.scale_target_ref)
        quota = None
        try:
            quota = await self.read_quota(target) if target else None
        except HeadroomError as error:
            log.warning("quota not read", policy=str(policy.key), error=str(error))
        return tuple(limit for limit in (budget_limit(policy, self.mirror.policies()), quota) if limit)

    async def _peaks(self, policy: ScalingPolicy, signal: str, asked: Asked) -> PeakOutlook | str | None:
        """Return the outlook of a signal, why there is none, or None while there is no history of it."""
        request = OutlookRequest(
            hours=self.data_dir / HOURS_FILE,
            history=self.data_dir / HISTORY_FILE,
            asked=asked,
            spec=policy.spec,
            events=self.mirror.events_of(policy),
        )
        try:
            return await asyncio.get_running_loop().run_in_executor(self.workers, outlook_signal, request)
        except Exception as error:  # noqa: BLE001  a refused, hung or crashed look keeps no other from it
            why = explain(error)
            log.info("no outlook", policy=str(policy.key), signal=signal, reason=why.reason, error=why.message)
            return why.message

    def _next_day(self, policy: ScalingPolicy) -> datetime:
        """Return when the local day that is on now will be complete in the history."""
        zone = policy.spec.forecast.zone
        today = (self.clock() - SETTLED).astimezone(zone).date()
        return datetime.combine(today + DAY, time(), zone) + SETTLED

    def _forget_the_gone(self) -> None:
        """Drop what is known of signals that no policy names any more, and of their policies."""
        kept = signals_named(self.mirror)
        forget_all_but(kept, self.looked)
        policies = {key.policy for key in kept}
        forget_all_but(policies, self.sweep.runways)
        forget_all_but(policies, self.limits)
