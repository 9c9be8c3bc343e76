"""A server as a child process: started, awaited, stopped by pid, and never left behind."""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from testbed import leash
from testbed.clock import wait_until
from testbed.errors import NotReady
from testbed.stoppable import Stoppable

READY_DEADLINE = timedelta(seconds=60)  # a server needs two; a busy machine with two cores may need many
STOP_DEADLINE = timedelta(seconds=10)  # then it is killed
LAST_LINES = 30  # of the log, in an error: enough for a Go panic's head


class Process(Stoppable):
    """A running command whose output goes to a log file. Start it from a thread that outlives it: it dies with it.

    Use it as a context manager, or call `stop`. However this program ends, the command and its children end too.
    """

    def __init__(
        self, binary: Path, arguments: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """Start the binary with this environment (default: ours); its output is appended to `log`."""
        self.name = binary.name
        self.log = log
        leashed = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(binary), *arguments]
        with log.open("ab") as output:
            # A session of its own: Ctrl-C at the terminal reaches us alone, and we stop our children in order.
            self._child = subprocess.Popen(
                leashed, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
            )
        self._gone = False
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._child.poll()

    def wait_until_ready(self, ready: Callable[[], bool], deadline: timedelta = READY_DEADLINE) -> None:
        """Poll a real endpoint until it answers; raise NotReady with the last log lines when it ends or is too late."""
        answered = False

        def settled() -> bool:
            nonlocal answered
            answered = self.exit_code is None and ready()
            return answered or self.exit_code is not None

        wait_until(settled, deadline)
        if not answered:
            code = self.exit_code
            what = f"is not ready after {deadline.total_seconds():.0f} s" if code is None else f"ended with code {code}"
            raise NotReady(f"{self.name} {what}; its last lines in {self.log}:\n{self.last_lines()}")

    def wait(self, deadline: timedelta) -> int | None:
        """Return the exit code once it ends by itself, or None when it still runs at the deadline."""
        wait_until(lambda: self.exit_code is not None, deadline)
        return self.exit_code

    def last_lines(self, count: int = LAST_LINES) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def stop(self) -> None:
        """End it and its children: SIGTERM, then SIGKILL for what is left after ten seconds."""
        if self.exit_code is None:
            self._child.terminate()
            self.wait(STOP_DEADLINE)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once, as a crash would."""
        if self._gone:
            return  # its number may be another group's by now
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._gone = True
        atexit.unregister(self.stop)
