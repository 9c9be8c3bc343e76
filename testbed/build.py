"""Building the testbed's binaries: each Go module once, into a cache outside the checkout."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.binaries import TOOLS, Tool, cache_directory
from testbed.clock import monotonic
from testbed.errors import BuildFailed
from testbed.go import find_go, required_version

LAST_LINES = 20  # of Go's output: the error, without the list of downloads before it


def build_all(say: Callable[[str], None]) -> None:
    """Build every tool that is not cached, saying one line for each; raise BuildFailed with Go's last lines."""
    cache_directory().mkdir(parents=True, exist_ok=True)
    for tool in TOOLS:
        build(tool, say)


def build(tool: Tool, say: Callable[[str], None]) -> None:
    """Build one tool unless it is cached. Safe when two run at once: the second waits, and finds it cached."""
    if tool.directory.is_dir():
        say(f"{tool.name}: cached")
        return
    with _lock(tool, say):
        if tool.directory.is_dir():
            say(f"{tool.name}: cached by another build")
            return
        go = find_go(required_version(tool.module), say)
        say(f"{tool.name}: building, {tool.cold_build} the first time")
        started = monotonic()
        _build_into_cache(tool, go)
        say(f"{tool.name}: built in {monotonic() - started:.0f} s")


def _build_into_cache(tool: Tool, go: Path) -> None:
    """Build beside the final folder and rename: a folder in the cache is always complete."""
    output = Path(tempfile.mkdtemp(prefix=f".{tool.name}-", dir=tool.directory.parent))
    try:
        _build_binaries(tool, go, output)
        _keep_files(tool, go, output)
        missing = [name for name in tool.makes if not (output / name).is_file()]
        if missing:
            raise BuildFailed(f"{tool.name}: go made no {', '.join(missing)}; see {tool.module / 'go.mod'}")
        output.chmod(0o755)
        output.rename(tool.directory)
    finally:
        shutil.rmtree(output, ignore_errors=True)


def _build_binaries(tool: Tool, go: Path, output: Path) -> None:
    if tool.binaries:
        _run_go(tool, go, "build", "-trimpath", "-ldflags", tool.linker_flags, "-o", f"{output}{os.sep}", "tool")
    for by_go, ours in tool.renamed:
        (output / by_go).rename(output / ours)


def _keep_files(tool: Tool, go: Path, output: Path) -> None:
    """Copy them from the module's source, which Go checks against our go.sum."""
    if tool.files:
        source = Path(json.loads(_run_go(tool, go, "mod", "download", "-json"))["Dir"])
        for file in filter(Path.is_file, (source / name for name in tool.files)):
            shutil.copyfile(file, output / file.name)


def _run_go(tool: Tool, go: Path, *arguments: str) -> str:
    # Whoever builds keeps his own Go settings; ours only forbid another toolchain and a changed go.mod.
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly".strip()
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": flags, "GOWORK": "off"}
    command = [str(go), *arguments]
    done = subprocess.run(command, cwd=tool.module, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last_lines = "\n".join(done.stderr.strip().splitlines()[-LAST_LINES:])
        raise BuildFailed(f"{tool.name}: go {arguments[0]} failed in {tool.module}:\n{last_lines}")
    return done.stdout


@contextmanager
def _lock(tool: Tool, say: Callable[[str], None]) -> Iterator[None]:
    with (cache_directory() / f".{tool.name}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{tool.name}: another build is running, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
