"""Render the chart with the real helm."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from testbed.binaries import find

CHART = Path(__file__).parents[2] / "charts" / "headroom"
PROMETHEUS = "prometheus.url=http://prometheus.monitoring:9090"
RELEASE = ("headroom", str(CHART), "--namespace=headroom-system")


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run helm and return how it ended."""
    return subprocess.run([find("helm"), *arguments], capture_output=True, text=True, check=False, timeout=60)


def render(*settings: str) -> list[dict[str, Any]]:
    """Return the objects of a release with these `--set` values beside the required one."""
    sets = [f"--set={setting}" for setting in (PROMETHEUS, *settings)]
    done = helm("template", *RELEASE, *sets)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def refusal(*settings: str) -> str:
    """Return what helm says to values that it refuses."""
    done = helm("template", *RELEASE, *(f"--set={setting}" for setting in settings))
    assert done.returncode != 0, done.stdout
    return done.stderr


def the(kind: str, objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the only object of a kind."""
    (found,) = [item for item in objects if item["kind"] == kind]
    return found
