"""Due: which load signals the slow rhythms take next, and how what no policy names any more is forgotten.

Who is due is judged by what a job remembers of its last work on a signal; what the work is, the job knows.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from controller.api.scaling_policy import ScalingPolicy
from controller.cycle import SignalKey
from controller.live.mirror import Mirror
from controller.telemetry.questions import Asked, SignalRefused, ask

Key = TypeVar("Key")
Due = tuple[ScalingPolicy, Mapping[str, Asked]]  # a policy, and what is asked for its due signals by their names


class Done(Protocol):
    """The last work on a signal: for which spec, and when the next is due."""

    @property
    def generation(self) -> int:
        """The generation of the policy it was done for."""

    @property
    def next_at(self) -> datetime:
        """When it is to be done again, unless the spec changes before."""


def due_signals(mirror: Mirror, done: Mapping[SignalKey, Done], now: datetime) -> Sequence[Due]:
    """Return the policies with load signals that are due; none of those signals that cannot be asked for."""
    due = ((policy, _asked(mirror, policy, done, now=now)) for policy in mirror.policies())
    return [(policy, asked) for policy, asked in due if asked]


def _asked(
    mirror: Mirror, policy: ScalingPolicy, done: Mapping[SignalKey, Done], *, now: datetime
) -> Mapping[str, Asked]:
    asked = {}
    for signal in policy.spec.load_signals:
        last = done.get(SignalKey(policy.key, signal.name))
        if last is not None and last.generation == policy.metadata.generation and now < last.next_at:
            continue
        try:
            asked[signal.name] = ask(policy, signal, mirror.source)
        except SignalRefused:
            continue  # the sweep says so on the policy
    return asked


def signals_named(mirror: Mirror) -> set[SignalKey]:
    """Return every load signal that a policy names."""
    return {SignalKey(policy.key, each.name) for policy in mirror.policies() for each in policy.spec.load_signals}


def forget_all_but(kept: set[Key], *stores: MutableMapping[Key, Any]) -> None:
    """Drop what is known of all others."""
    for store in stores:
        for gone in store.keys() - kept:
            del store[gone]
