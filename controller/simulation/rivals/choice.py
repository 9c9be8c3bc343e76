"""Rivals as a person names them, such as `hpa-cpu=0.7/2`: which kind, which target, and how it may be set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controller.errors import InputRefused
from controller.simulation.rivals.hpa import DEFAULT_TOLERANCE, HPA, requests_hpa, utilization_hpa
from controller.simulation.world import World

SHAPE = "write it like hpa-cpu=0.7/2 (kind=target/minReplicas) or hpa-cpu=0.7/2/0.02 (.../tolerance)"


@dataclass(frozen=True, slots=True)
class Rival:
    """A rival by name: its kind, its target as a share of a pod's capacity, minReplicas and tolerance."""

    name: str
    kind: str
    target: float
    min_replicas: int
    tolerance: float = DEFAULT_TOLERANCE

    def build(self, world: World) -> HPA:
        """Return a fresh autoscaler for a world."""
        return KINDS[self.kind](self, world)


def _utilization(rival: Rival, world: World) -> HPA:
    return utilization_hpa(
        rival.target, min_replicas=rival.min_replicas, max_replicas=world.max_replicas, tolerance=rival.tolerance
    )


def _requests(rival: Rival, world: World) -> HPA:
    target = rival.target * world.pod.per_replica
    return requests_hpa(
        target, min_replicas=rival.min_replicas, max_replicas=world.max_replicas, tolerance=rival.tolerance
    )


KINDS: Mapping[str, Callable[[Rival, World], HPA]] = {"hpa-cpu": _utilization, "hpa-rps": _requests}


def parse_rivals(text: str) -> tuple[Rival, ...]:
    """Read rivals separated by commas; none from an empty text. Raises InputRefused on anything else."""
    rivals = tuple(_parse(each.strip()) for each in text.split(",")) if text.strip() else ()
    names = [rival.name for rival in rivals]
    if len(set(names)) != len(names):
        raise InputRefused(f"--rivals names one twice: {text}")
    return rivals


def _parse(text: str) -> Rival:
    kind, _, settings = text.partition("=")
    if kind not in KINDS:
        raise InputRefused(f"--rivals: there is no {kind!r}; there are {', '.join(KINDS)}")
    try:
        target, min_replicas, *tolerance = settings.split("/")
        rival = Rival(text, kind, float(target), int(min_replicas), *map(float, tolerance))
    except (TypeError, ValueError):
        raise InputRefused(f"--rivals: {text!r} cannot be read; {SHAPE}") from None
    if not (0 < rival.target <= 1 and rival.min_replicas >= 1 and 0 <= rival.tolerance < 1):
        raise InputRefused(f"--rivals: {text!r} needs 0 < target <= 1, minReplicas >= 1 and 0 <= tolerance < 1")
    return rival
