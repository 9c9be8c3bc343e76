"""Namespaces that made a shared query fail are asked apart, so that they cost the others one bad sweep, not every one.

Without it, each sweep would split again, and more guilty namespaces than the budget of a split tells apart would keep
innocent ones unhealthy for ever.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

RETRY_AFTER = timedelta(seconds=60)  # recovery is seen within minutes, at one more query a sweep at most


@dataclass
class Quarantine:
    """Who is asked apart for one question, why, and who may try again. Not shared between threads."""

    _problems: dict[str, str] = field(default_factory=dict)
    _retry_at: dict[str, datetime] = field(default_factory=dict)
    _trial_size: int = 1

    @property
    def problems(self) -> Mapping[str, str]:
        """What was wrong with each quarantined namespace when it was last asked."""
        return self._problems

    def put(self, problems: Mapping[str, str], now: datetime) -> None:
        """Ask these namespaces apart from now on."""
        self._problems.update(problems)
        self._retry_at.update(dict.fromkeys(problems, now + RETRY_AFTER))

    def trial(self, now: datetime) -> list[str]:
        """Return the namespaces to try again together now, the longest waiting first.

        One at first; twice as many after each success, so that an end of trouble for all is soon found out.
        """
        due = [namespace for namespace, time in self._retry_at.items() if time <= now]
        return sorted(due, key=lambda namespace: (self._retry_at[namespace], namespace))[: self._trial_size]

    def succeed(self, namespaces: Collection[str]) -> None:
        """Let these namespaces back into the shared query."""
        for namespace in namespaces:
            del self._problems[namespace], self._retry_at[namespace]
        self._trial_size *= 2

    def fail(self, problems: Mapping[str, str], now: datetime) -> None:
        """Keep these namespaces, and go back to trying them one by one."""
        self.put(problems, now)
        self._trial_size = 1

    def keep(self, namespaces: Collection[str]) -> None:
        """Forget all other namespaces: nobody asks for them any more."""
        for gone in self._problems.keys() - set(namespaces):
            del self._problems[gone], self._retry_at[gone]
