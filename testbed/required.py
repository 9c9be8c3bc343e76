"""A pytest plugin for `.ci/run`: tests that need the real servers must have run. Load it with `-p testbed.required`.

A skipped or deselected test says nothing, and a run without any of them says nothing about the real servers.
"""

from collections.abc import Generator, Sequence
from typing import Protocol, cast

import pytest

MARKERS = ("cluster", "prometheus")
NEEDS, LEFT_OUT = "needs", "left_out"  # under these names a worker of pytest-xdist tells what it saw


class Worker(Protocol):
    """A worker of pytest-xdist that is done."""

    workeroutput: dict[str, object]


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    config.pluginmanager.register(_Watch())


class _Watch:
    """What ran and what was left out; in a worker of pytest-xdist a part of it, which its controller joins."""

    def __init__(self) -> None:
        self._ran: set[str] = set()
        self._left_out: dict[str, None] = {}  # in order, each once: every worker deselects the same

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note the tests that an option left out."""
        self._left_out.update((item.nodeid, None) for item in items if _needs(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Write on the report what the test needs: it may be read in another process."""
        report = yield
        report.user_properties.append((NEEDS, _needs(item)))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what each test that needs a real server did."""
        needs = cast("list[str]", dict(report.user_properties).get(NEEDS, []))
        skipped = report.skipped and not hasattr(report, "wasxfail")  # what was expected to fail did run
        if skipped and needs:
            self._left_out[report.nodeid] = None
        if report.when == "call" and not skipped:
            self._ran.update(needs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker, error: object) -> None:
        """Take over what a worker left out; one that died fails the run by itself."""
        if error is None:
            self._left_out.update(dict.fromkeys(cast("list[str]", node.workeroutput[LEFT_OUT])))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would have passed, when something was left out."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[LEFT_OUT] = list(self._left_out)
        elif session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} and self._complaints():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was left out, before the closing line."""
        if complaints := self._complaints():
            terminalreporter.section("tests that need the real servers", red=True, bold=True)
            for complaint in complaints:
                terminalreporter.line(complaint)

    def _complaints(self) -> list[str]:
        never = [f"no test marked {marker} ran" for marker in MARKERS if marker not in self._ran]
        return [*never, *(f"left out: {nodeid}" for nodeid in self._left_out)]


def _needs(item: pytest.Item) -> list[str]:
    return [marker for marker in MARKERS if item.get_closest_marker(marker) is not None]
