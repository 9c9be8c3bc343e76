"""The live reader: all signals of all policies in one sweep, with as many queries as there are different questions.

What is remembered lives in memory only: a restart asks again. Whatever goes wrong with a source becomes the problem of
the readings it concerns, and a source that is slow holds up nobody: a sweep goes on with what it has.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from controller.api.metadata import ObjectKey
from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.observation import Reading
from controller.telemetry.agenda import Agenda
from controller.telemetry.asking import Client
from controller.telemetry.client import OnQuery, PrometheusClient
from controller.telemetry.link import Learned, Link
from controller.telemetry.questions import Question, Sources
from controller.telemetry.topics import Topic

Connect = Callable[[MetricsSource], Client]
PATIENCE = timedelta(seconds=10)  # then a sweep decides with what it has: the next one is due 5 s later
_BREATH = 1000  # policies between two turns of the event loop, which also renews the Lease and answers probes
THREADS = 4  # questions asked at a time; Prometheus runs 20 queries at a time, and not only ours


class PrometheusTelemetry:
    """The cycle's Telemetry. Every read is given all policies: what is not asked for in one is forgotten."""

    def __init__(
        self,
        sources: Sources,
        *,
        on_query: OnQuery,
        connect: Connect | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Read from these sources, telling `on_query` of every query; nothing is sent before the first read."""
        self._sources = sources
        self._connect = connect or partial(PrometheusClient, on_query=on_query)
        self._patience = patience
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="prometheus")
        self._agenda = Agenda(sources)
        self._links: dict[str, Link] = {}
        self._late: dict[Question, Future[Learned]] = {}

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Mapping[str, Reading]]:
        """Return one reading for every signal of every policy, within the patience of one sweep."""
        self._agenda.update(policies, now)
        topics = self._agenda.topics
        self._link({topic.question.source for topic in topics})
        await self._ask(topics, now)
        readings = {}
        for number, policy in enumerate(policies):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            readings[policy.key] = self._agenda.readings(policy.key, now)
        return readings

    def close(self) -> None:
        """Drop what is waiting and close the connections; a query under way ends by its own deadline."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._link(set())

    def _link(self, names: set[str]) -> None:
        """Hold a link to each of these sources, made anew where its spec has changed, and to no other."""
        for name in [*self._links]:
            source = self._sources(name) if name in names else None
            if source is None or source.spec != self._links[name].spec:
                self._links.pop(name).close()
        for name in names - self._links.keys():
            if source := self._sources(name):
                self._links[name] = Link(source, self._connect(source))

    async def _ask(self, topics: Sequence[Topic], now: datetime) -> None:
        """Ask about all topics at once, and let each take what was learned before patience ends."""
        self._late = {question: future for question, future in self._late.items() if not future.done()}
        asked = {topic: self._submit(topic, now) for topic in topics if topic.question not in self._late}
        waiting = {topic: asyncio.wrap_future(future) for topic, future in asked.items()}
        if waiting:
            await asyncio.wait(waiting.values(), timeout=self._patience.total_seconds())
        for topic in topics:
            if topic in waiting and waiting[topic].done():
                topic.learn(waiting[topic].result(), now)
            else:
                topic.fail(f"MetricsSource {topic.question.source} has not answered in this sweep")
        for topic, future in asked.items():
            if not future.done() and not future.cancel():
                self._late[topic.question] = future
                waiting[topic].cancel()

    def _submit(self, topic: Topic, now: datetime) -> Future[Learned]:
        link = self._links[topic.question.source]
        workloads, unfilled = list(topic.remembered), topic.unfilled(now)
        return self._threads.submit(link.ask, topic.asking, workloads, now, unfilled=unfilled)
