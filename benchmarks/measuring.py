"""The instruments: time, memory, and a fixed piece of work to compare with.

Time is CPU time of the process: the work is on one thread, and a busy machine does not blur it as it does a wall clock.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from pebble import ProcessPool

LIMIT = timedelta(seconds=600)  # a measurement that takes longer is killed, and the run fails
BUDGET = timedelta(seconds=1)  # for repeating a short action
FEWEST = 3  # repetitions a median rests on
MOST = 200
YARDSTICK = "a product of two 1024 x 1024 matrices"
_SIDE = 1024

P = ParamSpec("P")
R = TypeVar("R")


def isolated(measure: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Return what a measurement returns in a new process, so that none inherits another's memory or caches."""
    with ProcessPool(max_workers=1, context=get_context("spawn")) as pool:
        outcome: R = pool.schedule(measure, args=arguments, kwargs=named, timeout=LIMIT.total_seconds()).result()
        return outcome


def once(action: Callable[[], object]) -> float:
    """Return how many seconds of CPU one call takes."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


def typical(action: Callable[[], object]) -> float:
    """Return the median of as many calls as fit the budget, in seconds."""
    durations: list[float] = []
    while len(durations) < FEWEST or (len(durations) < MOST and sum(durations) < BUDGET.total_seconds()):
        durations.append(once(action))
    return statistics.median(durations)


def yardstick() -> float:
    """Return how many seconds the fixed piece of work takes here and now."""
    left, right = np.random.default_rng(1).random((2, _SIDE, _SIDE))
    return typical(lambda: left @ right)


def import_cost(module: str) -> tuple[float, float]:
    """Return the seconds an import takes in a fresh interpreter, and the MiB resident after it."""
    runs = [_import_once(module) for _ in range(FEWEST)]
    return statistics.median(seconds for seconds, _ in runs), statistics.median(mib for _, mib in runs)


def _import_once(module: str) -> tuple[float, float]:
    code = (
        f"import time; begin = time.process_time(); import {module}; print(time.process_time() - begin); "
        "print(open('/proc/self/status').read())"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, _, status = output.partition("\n")
    return float(seconds), _mib(status, "VmRSS")


def peak_mib() -> float:
    """Return the most memory this process had resident. Its parent's share, which getrusage tells, is not in it."""
    return _mib(Path("/proc/self/status").read_text(encoding="ascii"), "VmHWM")


def _mib(status: str, field: str) -> float:
    (line,) = [line for line in status.splitlines() if line.startswith(f"{field}:")]
    return int(line.split()[1]) / 1024
