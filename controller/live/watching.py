"""Watching: kopf lists and watches, and every event goes into the mirror. Nothing is decided here.

Only `on.event`: timers, daemons and change handlers would put a finalizer or an annotation on every object. kopf runs
in a thread with a loop of its own, because it cancels tasks it did not start when it exits; views cross over by
`call_soon_threadsafe`.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import kopf
import structlog

from controller.errors import HeadroomError
from controller.live.mirror import Mirror, identify, parse_object

log = structlog.get_logger()

CHUNK = 500  # objects a list page; keeps start-up memory flat
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


class Watcher:
    """kopf in its thread. `failed` is set when it ends without being asked to."""

    def __init__(self, kinds: tuple[WatchedKind, ...], mirror: Mirror, loop: asyncio.AbstractEventLoop) -> None:
        self._kinds, self._mirror, self._loop = kinds, mirror, loop
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
            asyncio.run(
                kopf.operator(
                    registry=_registry(self._kinds, self._take),
                    settings=_settings(),
                    clusterwide=True,
                    standalone=True,
                    stop_flag=self._stop,
                )
            )
        except Exception:
            log.exception("watches failed")
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(self.failed.set)

    def _take(self, kind: WatchedKind, event_type: str | None, raw: Mapping[str, Any]) -> None:
        try:
            if event_type == "DELETED":
                self._loop.call_soon_threadsafe(self._mirror.forget, kind.kind, *identify(kind.kind, raw))
            else:
                self._loop.call_soon_threadsafe(self._mirror.show, kind.kind, *parse_object(kind.kind, raw))
        except HeadroomError as error:
            log.warning("object not understood", kind=kind.kind, error=str(error))


def _registry(
    kinds: tuple[WatchedKind, ...], take: Callable[[WatchedKind, str | None, Mapping[str, Any]], None]
) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)
    for kind in kinds:
        kopf.on.event(kind.group, kind.version, kind.plural, registry=registry, id=kind.plural)(_handler(kind, take))
    return registry


def _handler(
    kind: WatchedKind, take: Callable[[WatchedKind, str | None, Mapping[str, Any]], None]
) -> Callable[..., Any]:
    async def handle(event: kopf.RawEvent, **_: object) -> None:
        take(kind, event["type"], dict(event["object"]))

    return handle


def _login(**kwargs: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401  kopf's own keyword arguments
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.chunk_size = CHUNK
    settings.watching.inactivity_timeout = SILENT_WATCH_SECONDS
    settings.watching.server_timeout = SERVER_CLOSES_WATCH_SECONDS
    settings.queueing.idle_timeout = 0.5  # a worker task for each object lives only this long after its last event
    return settings
