"""Run a command that dies with its parent. Run as a script: `leash.py PARENT_PID COMMAND...`; imports nothing of ours.

Linux tells a child when the thread that started it ends; other systems rely on the parent's orderly stop alone.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


def main() -> None:
    """Ask the kernel for the signal, then become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before the line above
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  # becoming the command is the point


if __name__ == "__main__":
    main()
