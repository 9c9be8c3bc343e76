"""Run: start everything in order, and end it in order. The wiring of the live operator, and nothing else."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from controller.api.metadata import ObjectKey
from controller.cluster.address import LEASES
from controller.cluster.applier import Outcome
from controller.cluster.client import ONE_TRY, KubernetesClient
from controller.cluster.connection import connect
from controller.cluster.freeze import FreezeSwitch
from controller.cluster.kubernetes_cluster import KubernetesCluster
from controller.cluster.lease import LeaderElection, SystemClock
from controller.cluster.quotas import quota_limit
from controller.errors import ClusterUnavailable, InputRefused
from controller.live.crd_check import check_served_crds
from controller.live.garbage import FULL_PASS_RHYTHM, put_off_full_passes
from controller.live.logs import set_up_logs
from controller.live.mirror import Mirror
from controller.live.outlooks import Outlooks
from controller.live.probes import Vitals, serve
from controller.live.quotas import QuotaReader
from controller.live.recording import Recorder
from controller.live.refits import Refits
from controller.live.relist import relist
from controller.live.source_status import SourceStatus
from controller.live.sweep import Sweep, sweep_forever
from controller.live.watching import OUR_KINDS, WatchedKind, Watcher, watched_targets
from controller.settings import Settings
from controller.telemetry.exporter import Exporter
from controller.telemetry.reader import PrometheusTelemetry
from forecasting.workers import WorkerPool

log = structlog.get_logger()

LEASE_NAME = "headroom"
REFIT_RHYTHM = timedelta(seconds=5)  # how often is looked for what is due; looking costs little
OUTLOOK_RHYTHM = timedelta(minutes=1)  # the first one a minute after the start: fits come first


@dataclass(frozen=True, slots=True)
class Operator:
    """The parts that live as long as the process."""

    election: LeaderElection
    sweep: Sweep
    vitals: Vitals
    watcher: Watcher


def clock() -> datetime:
    """Return the time. The one clock of the live operator."""
    return datetime.now(UTC)  # noqa: TID251  the live operator hands time to everybody else


async def run_operator(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then end everything in order.

    Raises HeadroomError where the cluster cannot be reached or does not serve our kinds, and when the Lease or the
    watches are lost: whoever started this process starts it again.
    """
    set_up_logs(settings.log_level)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _assembled(settings) as operator:
        await _operate(operator, stop)


async def _operate(operator: Operator, stop: asyncio.Event) -> None:
    """Sweep until stopped or lost; a sweep that has begun is finished, then the Lease is given back."""
    lost = asyncio.Event()
    election = asyncio.create_task(operator.election.run(lost.set))
    sweeping = asyncio.create_task(sweep_forever(operator.sweep, operator.vitals, clock, stop))
    ends = [asyncio.create_task(event.wait()) for event in (stop, lost, operator.watcher.failed)]
    await asyncio.wait([election, sweeping, *ends], return_when=asyncio.FIRST_COMPLETED)
    asked_to = stop.is_set()
    log.info("stopping", asked_to=asked_to, leading=operator.election.leading.is_set())
    stop.set()
    await sweeping
    for task in (election, *ends):
        task.cancel()
    (defect, *_) = await asyncio.gather(election, *ends, return_exceptions=True)
    if isinstance(defect, Exception):
        log.error("election failed", exc_info=defect)
    await operator.election.release()
    if not asked_to:
        why = operator.election.problem or "the Lease is held by another"
        raise ClusterUnavailable("the watches ended" if operator.watcher.failed.is_set() else f"lost the lead: {why}")


@asynccontextmanager
async def _assembled(settings: Settings) -> AsyncIterator[Operator]:
    """Start everything that sweeps need, in order; leaving it ends everything in the opposite order."""
    identity = settings.pod_name or f"{socket.gethostname()}-{os.getpid()}"
    targets = watched_targets(settings.scale_targets)
    exporter, mirror = Exporter(), Mirror(frozenset((kind.group, kind.kind) for kind in targets))
    async with AsyncExitStack() as running:
        api = await running.enter_async_context(connect(settings.kubeconfig))
        jitter = Random(identity).random  # noqa: S311  spreads retries, guards nothing
        lease = LEASES.at(settings.namespace, LEASE_NAME)
        unfenced = KubernetesClient(api, jitter, reads=ONE_TRY)
        election = LeaderElection(unfenced, lease, identity=identity, clock=SystemClock())
        client = KubernetesClient(api, jitter, before_write=election.require_fresh, on_write=exporter.record_write)
        vitals = await _probe(running, settings, exporter)
        watcher = await _watch(running, client, mirror, (*OUR_KINDS, *targets))
        telemetry = PrometheusTelemetry(mirror.source, on_query=exporter.record_query)
        running.callback(telemetry.close)
        cluster = KubernetesCluster(
            client,
            mirror,
            clock=clock,
            instance=identity,
            on_outcome=_tell_outcome,
            on_unread=_tell_unread,
            may_raise_floors=settings.hpa_min_replicas,
        )
        sweep = Sweep(
            mirror,
            telemetry,
            cluster,
            exporter,
            may_act=election.is_fresh,
            recorder=_recorder(settings),
            source_status=SourceStatus(mirror, client, telemetry.problems),
            read_freeze=FreezeSwitch(unfenced, settings.namespace, _tell_unread_freeze).read,
            give_back_floors=cluster.give_back_floors,
        )
        refits, outlooks = _slow_rhythms(running, settings, sweep, client)
        repair = partial(relist, client, mirror, (*OUR_KINDS, *targets))
        running.callback(_start_rhythms(settings, refits, outlooks, repair).shutdown, wait=False)
        log.info("started", identity=identity, policies=len(mirror.policies()))
        yield Operator(election, sweep, vitals, watcher)


async def _probe(running: AsyncExitStack, settings: Settings, exporter: Exporter) -> Vitals:
    """Answer probes from here on: listing a large cluster takes longer than a kubelet waits for a first answer."""
    timer = asyncio.get_running_loop().time
    vitals = Vitals(timer(), settings.sweep_interval)
    try:
        runner, port = await serve(vitals, exporter.render, timer, host=settings.host, port=settings.port)
    except OSError as error:
        raise InputRefused(f"cannot listen on {settings.host}:{settings.port}: {error}; set another port") from error
    running.push_async_callback(runner.cleanup)
    log.info("listening", port=port)
    return vitals


async def _watch(
    running: AsyncExitStack, client: KubernetesClient, mirror: Mirror, kinds: tuple[WatchedKind, ...]
) -> Watcher:
    """List everything once, so that no sweep takes what is not listed yet for missing; then watch."""
    await check_served_crds(client)
    await relist(client, mirror, kinds)
    connection = client.api.configuration
    watcher = Watcher(kinds, mirror, connection=connection, loop=asyncio.get_running_loop())
    watcher.start()
    running.push_async_callback(watcher.stop)
    return watcher


def _slow_rhythms(
    running: AsyncExitStack, settings: Settings, sweep: Sweep, client: KubernetesClient
) -> tuple[Refits, Outlooks]:
    workers = WorkerPool(settings.fit_workers, timeout=timedelta(seconds=settings.fit_timeout_seconds))
    running.push_async_callback(asyncio.to_thread, workers.shutdown, cancel_futures=True)
    history = _folder(settings.data_dir, "--data-dir")
    max_age = timedelta(seconds=settings.refit_seconds)
    outlooks = Outlooks(sweep.mirror, sweep, workers, sweep.exporter, history, clock)
    if settings.resource_quotas:
        outlooks.read_quota = partial(quota_limit, client)
        sweep.read_quotas = QuotaReader(client, sweep.mirror).read
    parts = (sweep.mirror, sweep, workers, client, sweep.exporter, history, max_age, clock)
    return Refits(*parts, outlook_of=outlooks.outlook_of), outlooks


def _folder(path: Path, flag: str) -> Path:
    """Make a folder where there is none; InputRefused names the flag that asks for one that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputRefused(f"{flag}: {error}; name a folder that this process may write to") from error
    return path


def _start_rhythms(
    settings: Settings, refits: Refits, outlooks: Outlooks, repair: Callable[[], Awaitable[None]]
) -> AsyncIOScheduler:
    """Start one job a rhythm, each taking what is due: a missed run is made up once, and none overlaps itself."""

    async def quietly(run_due: Callable[[], Awaitable[None]]) -> None:
        with suppress(asyncio.CancelledError):  # who stops the operator ends its workers, and the fits in them
            await run_due()

    async def repair_quietly() -> None:
        try:
            await repair()
        except (ClusterUnavailable, ExceptionGroup) as error:
            log.warning("relist failed", error=str(error))

    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = AsyncIOScheduler(job_defaults=defaults, timezone=UTC)
    for run_due, rhythm, begin in (
        (refits.run_due, REFIT_RHYTHM, clock()),
        (outlooks.run_due, OUTLOOK_RHYTHM, clock() + OUTLOOK_RHYTHM),
    ):
        scheduler.add_job(quietly, "interval", (run_due,), seconds=rhythm.total_seconds(), next_run_time=begin)
    scheduler.add_job(repair_quietly, "interval", seconds=settings.relist_seconds, jitter=settings.relist_seconds / 10)
    put_off_full_passes()
    scheduler.add_job(gc.collect, "interval", seconds=FULL_PASS_RHYTHM.total_seconds())
    scheduler.start()
    return scheduler


def _recorder(settings: Settings) -> Recorder | None:
    if settings.record_dir is None:
        return None
    return Recorder(_folder(settings.record_dir, "--record"), days=settings.record_days)


def _tell_outcome(outcome: Outcome) -> None:
    if outcome.error is not None:
        log.warning("not written", policy=str(outcome.patch.policy), error=str(outcome.error))


def _tell_unread(policy: ObjectKey, error: ClusterUnavailable) -> None:
    log.warning("target not read", policy=str(policy), error=str(error))


def _tell_unread_freeze(error: ClusterUnavailable) -> None:
    log.warning("freeze not read; what it said last holds", error=str(error))
