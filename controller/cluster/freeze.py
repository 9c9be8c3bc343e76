"""The kill switch: while ConfigMap `headroom-freeze` is in the operator's namespace, no policy changes anything.

`kubectl create configmap headroom-freeze` is all it takes. Its data may say `by` whom, `until` when (RFC 3339), and in
which one `direction` changes are forbidden, ScaleUp or ScaleDown. Asked for anew with every sweep.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import TypeAdapter

from controller.api.behavior import PauseDirection
from controller.api.fields import Timestamp
from controller.cluster.address import CONFIG_MAPS
from controller.cluster.client import KubernetesClient
from controller.cluster.managed_fields import ManagedMeta, last_manager
from controller.cluster.wire import Wire, parse
from controller.errors import ClusterUnavailable, NotFound
from controller.scaling.observation import Freeze

NAME = "headroom-freeze"
BY, UNTIL, DIRECTION = "by", "until", "direction"
LONGEST_NAME = 200  # characters of what a person wrote that a condition repeats

Word = TypeVar("Word")

_TIME: TypeAdapter[Timestamp] = TypeAdapter(Timestamp)


class FreezeConfigMap(Wire):
    """The ConfigMap. Without data it freezes all changes for as long as it is there."""

    metadata: ManagedMeta
    data: Mapping[str, str] | None = None


class FreezeSwitch:
    """Reads the kill switch, and remembers what it said last: while it cannot be read, that holds.

    Until it could be read once it is taken for on: a restart must not undo somebody's freeze. `on_unread` is told why.
    """

    def __init__(
        self, client: KubernetesClient, namespace: str, on_unread: Callable[[ClusterUnavailable], None]
    ) -> None:
        self._client, self._on_unread = client, on_unread
        self._address = CONFIG_MAPS.at(namespace, NAME)
        self._was_read = False
        self._known: Freeze | None = None

    async def read(self) -> Freeze | None:
        """Return the freeze that is on, if there is one."""
        try:
            self._known = parse_freeze(await self._client.get(self._address))
            self._was_read = True
        except NotFound:
            self._known, self._was_read = None, True
        except ClusterUnavailable as error:
            self._on_unread(error)
            if not self._was_read:
                self._known = Freeze(f"ConfigMap {self._address.namespace}/{NAME}", note=f"it cannot be read: {error}")
        return self._known


def parse_freeze(raw: object) -> Freeze:
    """Return what the ConfigMap says. A word that makes no sense is told, and forbids all that it might have meant."""
    config = parse(FreezeConfigMap, raw, f"ConfigMap {NAME}")
    data, meta = config.data or {}, config.metadata
    until, odd_time = _read(data.get(UNTIL), _TIME.validate_python, f"{UNTIL} is no time like 2026-01-31T18:00:00Z")
    words = " or ".join(PauseDirection)
    direction, odd_word = _read(data.get(DIRECTION), PauseDirection, f"{DIRECTION} is none of {words}")
    by = data.get(BY, "").strip()[:LONGEST_NAME] or last_manager(meta.managed_fields) or "somebody"
    since = f" at {meta.creation_timestamp:%Y-%m-%d %H:%M} UTC" if meta.creation_timestamp else ""
    note = ", ".join(odd for odd in (odd_time, odd_word) if odd)
    return Freeze(f"ConfigMap {meta.key}, made by {by}{since},", direction or PauseDirection.BOTH, until, note)


def _read(text: str | None, convert: Callable[[str], Word], odd: str) -> tuple[Word | None, str]:
    """Return a word of the data, and what is odd about it."""
    if text is None:
        return None, ""
    try:
        return convert(text.strip()), ""
    except ValueError:
        return None, f"its {odd}"
