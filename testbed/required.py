"""A pytest plugin for `.ci/run`: tests that need the real servers must have run. Load it with `-p testbed.required`.

A skipped or deselected test says nothing, and a run without any of them says nothing about the real servers.
"""

from collections.abc import Generator, Sequence

import pytest

MARKERS = ("cluster", "prometheus")
RAN = pytest.StashKey[set[str]]()
LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[RAN] = set()
    config.stash[LEFT_OUT] = []


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note the tests that an option left out."""
    for item in items:
        if _needs(item):
            item.config.stash[LEFT_OUT].append(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what each test that needs a real server did."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")  # what was expected to fail did run
    if skipped and _needs(item):
        item.config.stash[LEFT_OUT].append(item.nodeid)
    if report.when == "call" and not skipped:
        item.config.stash[RAN].update(_needs(item))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that would have passed, when something was left out."""
    if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} and _complaints(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out, before the closing line."""
    if complaints := _complaints(config):
        terminalreporter.section("tests that need the real servers", red=True, bold=True)
        for complaint in complaints:
            terminalreporter.line(complaint)


def _complaints(config: pytest.Config) -> list[str]:
    never = [f"no test marked {marker} ran" for marker in MARKERS if marker not in config.stash[RAN]]
    return [*never, *(f"left out: {nodeid}" for nodeid in config.stash[LEFT_OUT])]


def _needs(item: pytest.Item) -> set[str]:
    return {marker for marker in MARKERS if item.get_closest_marker(marker) is not None}
