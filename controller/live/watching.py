"""Watching: kopf lists and watches, and every event goes into the mirror. Nothing is decided here.

Only `on.event`: timers, daemons and change handlers would put a finalizer or an annotation on every object. kopf runs
in a thread with a loop of its own, because it cancels tasks it did not start when it exits; views cross over by
`call_soon_threadsafe`.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import kopf
import structlog
from kubernetes.aio.client.configuration import Configuration

from controller.cluster.targets import PROJECTED
from controller.errors import HeadroomError
from controller.live.mirror import Mirror, identify, parse_object
from controller.settings import ScaleTargetKind

log = structlog.get_logger()

CHUNK = 500  # objects a list page; keeps start-up memory flat
CLOSING_SECONDS = 0.25  # aiohttp lets go of connections a moment after their session is closed
SILENT_WATCH_SECONDS = 70.0  # a watch can die without a word; kopf then starts a new one
SERVER_CLOSES_WATCH_SECONDS = 300  # and no watch lives longer than this, so a silent one is bounded twice


@dataclass(frozen=True, slots=True)
class WatchedKind:
    """A kind to watch, as kopf and the API server name it."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """`group/version`; the core group has no name."""
        return f"{self.group}/{self.version}" if self.group else self.version


OUR_KINDS = (
    WatchedKind("headroom.dev", "v1alpha1", "scalingpolicies", "ScalingPolicy"),
    WatchedKind("headroom.dev", "v1alpha1", "demandevents", "DemandEvent"),
    WatchedKind("headroom.dev", "v1alpha1", "metricssources", "MetricsSource"),
    WatchedKind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
)


def watched_targets(kinds: Iterable[ScaleTargetKind]) -> tuple[WatchedKind, ...]:
    """Return the scale targets that can be watched; the others are read through their `/scale`."""
    watched = (WatchedKind(*kind.group_version, kind.resource, kind.kind) for kind in kinds)
    return tuple(kind for kind in watched if (kind.group, kind.kind) in PROJECTED)


Take = Callable[[WatchedKind, str | None, Mapping[str, Any]], None]
LogIn = Callable[..., Awaitable[kopf.ConnectionInfo]]


class Watcher:
    """kopf in its thread. `failed` is set when it ends without being asked to."""

    def __init__(
        self,
        kinds: Sequence[WatchedKind],
        mirror: Mirror,
        *,
        connection: Configuration,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Watch these kinds over `connection`; the mirror belongs to `loop`."""
        self._kinds, self._mirror, self._loop, self._connection = kinds, mirror, loop, connection
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watches", daemon=True)
        self.failed = asyncio.Event()

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    async def stop(self) -> None:
        """Stop watching and wait until the thread is done."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join, 10)

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except Exception:
            log.exception("watches failed")
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(self.failed.set)

    async def _watch(self) -> None:
        await kopf.operator(
            registry=_registry(self._kinds, self._take, self._log_in),
            settings=_settings(),
            clusterwide=True,
            standalone=True,
            stop_flag=self._stop,
        )
        await asyncio.sleep(CLOSING_SECONDS)

    async def _log_in(self, **_: object) -> kopf.ConnectionInfo:
        """Go where our own client goes, as whom it goes: asked again by kopf when a token has run out."""
        there = self._connection
        authorization = await there.get_api_key_with_prefix("BearerToken", "authorization") or ""
        scheme, token = authorization.rpartition(" ")[::2]
        return kopf.ConnectionInfo(
            server=there.host,
            ca_path=there.ssl_ca_cert,
            insecure=not there.verify_ssl,
            certificate_path=there.cert_file,
            private_key_path=there.key_file,
            scheme=scheme or None,
            token=token or None,
            proxy_url=there.proxy,
        )

    def _take(self, kind: WatchedKind, event_type: str | None, raw: Mapping[str, Any]) -> None:
        try:
            if event_type == "DELETED":
                self._loop.call_soon_threadsafe(self._mirror.forget, kind.kind, *identify(kind.kind, raw))
            else:
                self._loop.call_soon_threadsafe(self._mirror.show, kind.kind, *parse_object(kind.kind, raw))
        except HeadroomError as error:
            log.warning("object not understood", kind=kind.kind, error=str(error))


def _registry(kinds: Sequence[WatchedKind], take: Take, log_in: LogIn) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(log_in)
    for kind in kinds:
        kopf.on.event(kind.group, kind.version, kind.plural, registry=registry, id=kind.plural)(_handler(kind, take))
    return registry


def _handler(kind: WatchedKind, take: Take) -> Callable[..., Any]:
    async def handle(event: kopf.RawEvent, **_: object) -> None:
        take(kind, event["type"], dict(event["object"]))

    return handle


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.chunk_size = CHUNK
    settings.watching.inactivity_timeout = SILENT_WATCH_SECONDS
    settings.watching.server_timeout = SERVER_CLOSES_WATCH_SECONDS
    settings.queueing.idle_timeout = 0.5  # a worker task for each object lives only this long after its last event
    return settings
