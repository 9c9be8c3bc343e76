"""Workers of the slow rhythms, as one plain object: what they come to is scripted, what they are given is kept."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, TypeVar, cast

from controller.live.fitting import FitRequest, OutlookRequest
from controller.telemetry.backfill import HistoryRefresh, HistoryRequest

P = ParamSpec("P")
R = TypeVar("R")
Request = TypeVar("Request", FitRequest, OutlookRequest)
Result = TypeVar("Result")


@dataclass
class PretendWorkers(Executor, Generic[Request, Result]):
    """Works by script: what a workload's history comes to, None where there is none yet, or what its worker dies of."""

    usual: Result
    results: dict[str, Result | Exception | None] = field(default_factory=dict)
    history: HistoryRefresh | Exception = field(default_factory=lambda: HistoryRefresh({"answered": 3}, {}))
    requests: list[Request] = field(default_factory=list)
    refreshed: list[HistoryRequest] = field(default_factory=list)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        del fn
        future: Future[R] = Future()
        result = self._work(*args, **kwargs)
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(cast("R", result))
        return future

    def workloads(self) -> list[str]:
        """Return the workloads whose signals they were given."""
        return sorted(request.asked.workload.name for request in self.requests)

    def _work(self, request: object) -> object:
        if isinstance(request, HistoryRequest):
            self.refreshed.append(request)
            return self.history
        asked = cast("Request", request)
        self.requests.append(asked)
        return self.results.get(asked.asked.workload.name, self.usual)
