"""A child process: awaited, ended with all it started, and never left behind."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from testbed.clock import wait_until
from testbed.errors import NotReady
from testbed.processes import Process

SH = Path("/bin/sh")
SOON = timedelta(seconds=60)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # it ended between the two looks, or this system keeps no such files
        return not Path("/proc/self").exists()
    return stat.rpartition(")")[2].split()[0] != "Z"


def pid_in(path: Path) -> int:
    """Wait for a file that a shell writes its number into, and return the number."""
    assert wait_until(lambda: path.is_file() and path.read_text(encoding="utf-8").endswith("\n"), SOON)
    return int(path.read_text(encoding="utf-8"))


def test_stop_lets_a_server_say_goodbye(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "trap 'echo goodbye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    with Process(SH, ["-c", script], log=log) as process:
        process.wait_until_ready(lambda: "ready" in log.read_text(encoding="utf-8"))

        process.stop()

        assert (process.exit_code, process.last_lines()) == (0, "ready\ngoodbye")


def test_kill_ends_what_it_started_too(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/child; wait"
    with Process(SH, ["-c", script], log=tmp_path / "log") as process:
        child = pid_in(tmp_path / "child")

        process.kill()

    assert process.exit_code == -signal.SIGKILL
    assert wait_until(lambda: not is_running(child), SOON)


def test_a_server_that_ends_before_it_is_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        Process(SH, ["-c", "echo no such flag; exit 2"], log=tmp_path / "log") as process,
        pytest.raises(NotReady, match=r"(?s)sh ended with code 2.*no such flag"),
    ):
        process.wait_until_ready(lambda: False)


def test_a_server_that_never_answers_is_told_after_the_deadline(tmp_path: Path) -> None:
    with (
        Process(SH, ["-c", "sleep 1000"], log=tmp_path / "log") as process,
        pytest.raises(NotReady, match="sh is not ready after 0 s"),
    ):
        process.wait_until_ready(lambda: False, timedelta(0))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_does_not_outlive_us_however_we_end(tmp_path: Path, end: signal.Signals) -> None:
    # A test run in the background may have inherited that SIGINT is ignored; a person's terminal has not.
    script = f"""
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from testbed.processes import Process
Process(Path("/bin/sh"), ["-c", "echo $$ > {tmp_path}/child; exec sleep 1000"], log=Path("{tmp_path}/log"))
time.sleep(1000)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL
    ) as we:
        child = pid_in(tmp_path / "child")

        we.send_signal(end)
        we.wait()

    assert wait_until(lambda: not is_running(child), SOON)
