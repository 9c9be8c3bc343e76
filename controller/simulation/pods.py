"""The pods of the pretend workload: created at once, Ready after a start-up time, removed newest first.

When and why they are created or removed is not known here. All times are seconds since the demand's start.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import numpy as np

START_UP_SIGMA = 0.25  # of the logarithm of start-up times
DRAWS_AT_ONCE = 1024


class Template(NamedTuple):
    """What pods are made from: since when, and how fast such a pod is beside the world's."""

    since: float = -math.inf
    speed: float = 1.0

    @property
    def revision(self) -> str:
        """What a cluster would name it: another for every template."""
        return f"{self.since:g}"


FIRST = Template()


class Pod(NamedTuple):
    """A pod: which one it was to be created, when it was, when it is Ready, and what it was made from."""

    number: int
    created: float
    ready: float
    template: Template = FIRST


class Pods:
    """The pods there are, oldest first. The k-th created pod takes the k-th start-up time, whoever decides.

    `settles_after` is the longest readiness that `ready` is asked for, in seconds.
    """

    def __init__(self, count: int, start_ups: "StartUps", *, settles_after: float) -> None:
        self.wanted = count
        self.template = FIRST
        self._pods = [Pod(-number, 0.0, -math.inf) for number in range(count, 0, -1)]
        self._start_ups, self._settles_after = start_ups, settles_after
        self._settled = 0  # how many at the front have been Ready for so long that nobody asks

    def __len__(self) -> int:
        return len(self._pods)

    @property
    def all(self) -> tuple[Pod, ...]:
        """Every pod, oldest first."""
        return tuple(self._pods)

    @property
    def young(self) -> tuple[Pod, ...]:
        """The pods created during the replay that have not been Ready for long, oldest first."""
        return tuple(pod for pod in self._pods[self._settled :] if pod.number >= 0)

    @property
    def rolling(self) -> bool:
        """True while pods of an older template are left, or more pods than wanted."""
        if self.template is FIRST:
            return False
        return any(pod.template is not self.template for pod in self._pods) or len(self._pods) > self.wanted

    def ready(self, now: float, *, since: float = 0.0) -> int:
        """Return how many pods have been Ready for at least `since` seconds."""
        if self._settled == len(self._pods):  # as in most ticks
            return self._settled
        latest = now - since
        return self._settled + sum([pod.ready <= latest for pod in self._pods[self._settled :]])

    def speed(self, now: float) -> float:
        """Return the mean speed of the Ready pods; 1 is that of the world's pod."""
        if self.template is FIRST:
            return 1.0
        speeds = [pod.template.speed for pod in self._pods if pod.ready <= now]
        return sum(speeds) / len(speeds) if speeds else self.template.speed

    def resize(self, count: int, now: float) -> None:
        """Create or remove pods until there are `count`; during a rollout, removing is left to it."""
        if count == self.wanted == len(self._pods):
            return
        rolling = self.rolling
        self.wanted = count
        self._create(count - len(self._pods), now)
        if not rolling:
            self._keep_oldest(count)

    def adopt(self, template: Template) -> None:
        """Make pods from a newer template from now on; an older one than the present changes nothing."""
        if template.since > self.template.since:
            self.template = template

    def roll(self, surge: float, now: float) -> None:
        """Go on with a rolling update: a share `surge` of pods on top, and an old one goes for each spare Ready one."""
        if not self.rolling:
            return
        spare = self.ready(now) - self.wanted
        old = [pod for pod in self._pods if pod.template is not self.template]
        self.lose(old[: max(0, spare)].__contains__, now)
        room = self.wanted + math.ceil(surge * self.wanted) - len(self._pods)
        young = sum(pod.template is self.template for pod in self._pods)
        self._create(min(room, self.wanted - young), now)
        if young == len(self._pods):
            self._keep_oldest(self.wanted)

    def lose(self, gone: Callable[[Pod], bool], now: float) -> None:
        """Lose the pods that are `gone`; those missing for the wanted number are created anew."""
        self._pods = [pod for pod in self._pods if not gone(pod)]
        self._create(self.wanted - len(self._pods), now)
        self._settled = 0
        self.settle(now)

    def settle(self, now: float) -> None:
        """Move the mark below which every pod has been Ready for longer than anybody asks."""
        latest = now - self._settles_after
        while self._settled < len(self._pods) and self._pods[self._settled].ready <= latest:
            self._settled += 1

    def _create(self, count: int, now: float) -> None:
        for _ in range(count):
            number = self._start_ups.taken
            self._pods.append(Pod(number, now, now + self._start_ups.take(), self.template))

    def _keep_oldest(self, count: int) -> None:
        del self._pods[count:]
        self._settled = min(self._settled, count)


class StartUps:
    """Start-up times in the order pods are created: lognormal around the median, the same for a seed."""

    def __init__(self, median: timedelta, seed: int) -> None:
        self.taken = 0
        self._logarithm = math.log(median.total_seconds())
        self._random = np.random.default_rng([seed, 1])
        self._drawn: list[float] = []

    def take(self) -> float:
        """Return the next start-up time in seconds."""
        if self.taken == len(self._drawn):
            self._drawn += self._random.lognormal(self._logarithm, START_UP_SIGMA, DRAWS_AT_ONCE).tolist()
        self.taken += 1
        return self._drawn[self.taken - 1]
