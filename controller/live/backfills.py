"""Backfills: a history file of the workers kept up to date for whoever fits, each source in a worker of its own."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from controller.live.mirror import Mirror
from controller.telemetry.backfill import HistoryRefresh, HistoryRequest, refresh_history
from controller.telemetry.exporter import Exporter
from controller.telemetry.history import FIVE_MINUTES, Ring
from controller.telemetry.questions import Asked
from forecasting.fleet import explain

log = structlog.get_logger()

HISTORY_BATCH = 200  # signals a worker brings up to date at a time: at first some seconds, later one query


@dataclass(frozen=True)
class Backfill:
    """Brings the file at `path` up to date in workers, and tells what could not be had."""

    path: Path
    mirror: Mirror
    workers: Executor
    exporter: Exporter
    ring: Ring = FIVE_MINUTES
    batch: int = HISTORY_BATCH

    async def refresh(self, asked: Sequence[Asked], now: datetime) -> Mapping[Asked, str]:
        """Bring the history of these signals up to date, each source in a worker of its own; return what went wrong."""
        by_source: dict[str, list[Asked]] = defaultdict(list)
        for each in asked:
            by_source[each.question.source].append(each)
        problems = await asyncio.gather(*(self._refresh_source(name, parts, now) for name, parts in by_source.items()))
        return {each: why for part in problems for each, why in part.items()}

    async def _refresh_source(self, name: str, asked: Sequence[Asked], now: datetime) -> Mapping[Asked, str]:
        """Refresh in batches, so that none outlasts a worker's patience; what is stored is kept."""
        problems: dict[Asked, str] = {}
        source = self.mirror.source(name)
        if source is None:
            return problems
        for begin in range(0, len(asked), self.batch):
            batch = tuple(asked[begin : begin + self.batch])
            request = HistoryRequest(self.path, source, batch, now, self.ring)
            try:
                refresh = await asyncio.get_running_loop().run_in_executor(self.workers, refresh_history, request)
            except Exception as error:  # noqa: BLE001  whatever a worker dies of, the others go on
                why = explain(error).message
                problems |= dict.fromkeys(batch, why)
                log.warning("history not refreshed", source=name, signals=len(batch), error=why)
                continue
            problems |= refresh.problems
            self._tell_refresh(name, refresh)
        return problems

    def _tell_refresh(self, source: str, refresh: HistoryRefresh) -> None:
        for outcome, count in refresh.queries.items():
            self.exporter.record_query(source, outcome, count)
        for problem in sorted(set(refresh.problems.values())):
            log.warning("history incomplete", source=source, error=problem)
