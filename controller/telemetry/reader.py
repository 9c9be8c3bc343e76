"""The live reader: all signals of all policies in one sweep, with as many queries as there are different questions.

What is remembered lives in memory only: a restart asks again. Whatever goes wrong with a source becomes the problem of
the readings it concerns, and a source that is slow holds up nobody: a sweep goes on with what it has.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from controller.api.metadata import ObjectKey
from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.scaling.observation import Reading
from controller.telemetry.agenda import Agenda
from controller.telemetry.asking import Client
from controller.telemetry.client import OnQuery, PrometheusClient
from controller.telemetry.desk import Desk
from controller.telemetry.link import Fetched, Learned, Link
from controller.telemetry.questions import Sources
from controller.telemetry.topics import Topic

Connect = Callable[[MetricsSource], Client]
PATIENCE = timedelta(seconds=10)  # then a sweep decides with what it has: the next one is due 5 s later
ERRAND_PATIENCE = timedelta(seconds=1)  # most are done within it, and then they need not wait for the next sweep
QUESTION_THREADS = 4  # Prometheus runs 20 queries at a time, and not only ours
ERRAND_THREADS = 2
_BREATH = 1000  # policies between two turns of the event loop, which also renews the Lease and answers probes


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
        self._agenda = Agenda(sources)
        self._links: dict[str, Link] = {}
        self._questions: Desk[Topic, Learned] = Desk(QUESTION_THREADS, patience)
        self._errands: Desk[Topic, Fetched] = Desk(ERRAND_THREADS, min(patience, ERRAND_PATIENCE))

    async def read(self, policies: Sequence[ScalingPolicy], now: datetime) -> Mapping[ObjectKey, Mapping[str, Reading]]:
        """Return one reading for every signal of every policy, within the patience of one sweep."""
        self._agenda.update(policies, now)
        topics = self._agenda.topics
        self._link({topic.question.source for topic in topics})
        learned = await self._ask(topics, now)
        await self._run_errands(learned, now)
        readings = {}
        for number, policy in enumerate(policies):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            readings[policy.key] = self._agenda.readings(policy.key, now)
        return readings

    def problems(self) -> Mapping[str, str]:
        """Return why each source that was asked did not answer last; empty for those that did."""
        return {name: link.problem for name, link in self._links.items() if link.problem is not None}

    def close(self) -> None:
        """Drop what is waiting and close the connections; a query under way ends by its own deadline."""
        self._questions.close()
        self._errands.close()
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

    async def _ask(self, topics: Sequence[Topic], now: datetime) -> list[Topic]:
        """Ask about all topics at once; return those that learned something before patience ended."""
        asked = {
            topic: partial(self._links[topic.question.source].ask, topic.question.selector, topic.trusted(), now)
            for topic in topics
        }
        done = await self._questions.work(asked)
        for topic, learned in done:
            topic.learn(learned)
        fresh = {topic for topic, learned in done if learned.at == now}
        for topic in topics:
            if topic not in fresh:
                topic.fail(f"MetricsSource {topic.question.source} has not answered in this sweep")
        return [topic for topic, learned in done if learned.at == now and not learned.problem]

    async def _run_errands(self, topics: Sequence[Topic], now: datetime) -> None:
        """Run what can wait; what takes longer than a moment is collected in a later sweep."""
        errands = {
            topic: partial(self._links[topic.question.source].run, topic.question.selector, errand, now)
            for topic in topics
            if (errand := topic.errand(now)) is not None
        }
        for topic, fetched in await self._errands.work(errands):
            topic.collect(fetched, now)
