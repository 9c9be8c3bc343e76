"""`headroom run` as a subprocess that a test may kill at any point and start again."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from testbed.clock import wait_until
from testbed.processes import Process
from testbed.stoppable import Stoppable

HEADROOM = Path(sys.executable).with_name("headroom")
LOG_DEADLINE = timedelta(seconds=60)


class OperatorProcess(Stoppable):
    """A running operator. Use it as a context manager."""

    def __init__(self, kubeconfig: Path, args: Sequence[str], environment: Mapping[str, str], *, log: Path) -> None:
        """Start it with this kubeconfig; `args` follow `headroom run`, `environment` is added to ours."""
        self.log = log
        self._args = ["run", *args]
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), **environment}
        self._process = self._run()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.exit_code

    def stop(self) -> None:
        """Ask it to end, as Kubernetes would."""
        self._process.stop()

    def kill(self) -> None:
        """End it at once with SIGKILL, its workers too."""
        self._process.kill()

    def restart(self) -> None:
        """Kill what still runs, and start it again; its log goes on."""
        self._process.kill()
        self._process = self._run()

    def output(self) -> str:
        """Return all it has logged, over all its lives."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for_log(self, pattern: str, deadline: timedelta = LOG_DEADLINE) -> None:
        """Wait until a regular expression is found in its log; fail when it ends or is too late."""

        def settled() -> bool:
            return self.exit_code is not None or bool(re.search(pattern, self.output()))

        wait_until(settled, deadline)
        assert re.search(pattern, self.output()), f"the operator has not logged {pattern!r}; exit code {self.exit_code}"

    def _run(self) -> Process:
        return Process(HEADROOM, self._args, log=self.log, env=self._environment)
