"""Which policies ask what: kept from sweep to sweep, so that an unchanged policy is not worked out again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from controller.api.metadata import ObjectKey
from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.api.signals import Signal
from controller.scaling.observation import Reading
from controller.telemetry.compiler import Workload
from controller.telemetry.questions import Question, SignalRefused, Sources, ask
from controller.telemetry.topics import Topic


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one signal asks: about which workload, in which topic."""

    topic: Topic
    workload: Workload
    is_load: bool


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What one policy asks, by signal; a signal that cannot be asked has a sentence instead."""

    policy: ScalingPolicy
    source: MetricsSource | None
    since: datetime
    by_signal: Mapping[str, _Wish | str]


class Agenda:
    """The topics of all policies of a sweep. A topic that no policy has any more is forgotten."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._wishes: dict[ObjectKey, _Wishes] = {}
        self._topics: dict[Question, Topic] = {}

    @property
    def topics(self) -> list[Topic]:
        """The topics, those of most workloads first: one team's own metric waits for what everybody reads."""
        return sorted(self._topics.values(), key=lambda topic: -len(topic.remembered))

    def update(self, policies: Sequence[ScalingPolicy], now: datetime) -> None:
        """Take these policies, and no others."""
        self._wishes = {policy.key: self._wishes_of(policy, now) for policy in policies}
        wanted: dict[Topic, dict[Workload, bool]] = defaultdict(dict)
        for wishes in self._wishes.values():
            for wish in wishes.by_signal.values():
                if isinstance(wish, _Wish):
                    workloads = wanted[wish.topic]
                    workloads[wish.workload] = wish.is_load or workloads.get(wish.workload, False)
        for topic, workloads in wanted.items():
            topic.want(workloads, now)
        self._topics = {topic.question: topic for topic in wanted}

    def readings(self, policy: ObjectKey, now: datetime) -> Mapping[str, Reading]:
        """Return what is remembered of each signal of a policy."""
        wishes = self._wishes[policy]
        return {
            name: Reading(None, wishes.since, wish) if isinstance(wish, str) else wish.topic.reading(wish.workload, now)
            for name, wish in wishes.by_signal.items()
        }

    def _wishes_of(self, policy: ScalingPolicy, now: datetime) -> _Wishes:
        known, source = self._wishes.get(policy.key), self._sources(policy.spec.metrics_source)
        if known and known.policy is policy and known.source is source:
            return known
        by_signal = {signal.name: self._wish(policy, signal) for signal in policy.spec.signals}
        return _Wishes(policy, source, known.since if known else now, by_signal)

    def _wish(self, policy: ScalingPolicy, signal: Signal) -> _Wish | str:
        try:
            asked = ask(policy, signal, self._sources)
        except SignalRefused as refused:
            return str(refused)
        topic = self._topics.setdefault(asked.question, Topic(asked.question))
        return _Wish(topic, asked.workload, signal.load is not None)
