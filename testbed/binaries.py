"""Which Go modules make which binaries, and where a built one is kept. Building them lives in build.py."""

import hashlib
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import BinaryMissing

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tool:
    """One Go module under testbed/, and the binaries it makes."""

    name: str
    binaries: tuple[str, ...]
    cold_build: str
    """How long a build takes on two cores with an empty Go build cache, for the person who waits."""
    linked_values: tuple[str, ...] = ()
    """Go variables set by the linker, as `path.name=value`."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Binaries that Go names otherwise: (Go's name, ours)."""

    @property
    def module(self) -> Path:
        """The folder of go.mod and go.sum."""
        return HERE / self.name

    @property
    def linker_flags(self) -> str:
        """Flags for `go build -ldflags`: no symbol table, and the linked values."""
        return " ".join(["-s", "-w", *(f"-X {value}" for value in self.linked_values)])

    @property
    def key(self) -> str:
        """Short hash of all that decides what the binaries are."""
        digest = hashlib.sha256()
        for part in ((self.module / "go.mod").read_bytes(), (self.module / "go.sum").read_bytes()):
            digest.update(hashlib.sha256(part).digest())
        digest.update(f"{sys.platform}/{platform.machine()} {self.linker_flags} {self.renamed}".encode())
        return digest.hexdigest()[:16]

    @property
    def directory(self) -> Path:
        """Where the built binaries are, or will be."""
        return cache_directory() / f"{self.name}-{self.key}"


# A build without version-control data calls itself v0.0.0, and clients then refuse to talk to it.
_KUBERNETES_VERSION = tuple(
    f"k8s.io/component-base/version.{name}={value}"
    for name, value in (("gitVersion", "v1.34.4"), ("gitMajor", "1"), ("gitMinor", "34"))
)

TOOLS = (
    Tool("etcd", ("etcd",), cold_build="about 40 seconds", renamed=(("server", "etcd"),)),
    Tool("kwok", ("kwok",), cold_build="about 80 seconds"),
    Tool("helm", ("helm",), cold_build="about 2 minutes"),
    Tool("prometheus", ("prometheus", "promtool"), cold_build="about 4 minutes"),
    Tool(
        "kubernetes",
        ("kube-apiserver", "kube-controller-manager", "kubectl"),
        cold_build="about 4 minutes",
        linked_values=_KUBERNETES_VERSION,
    ),
)


def cache_directory() -> Path:
    """Return where built binaries are kept: HEADROOM_TESTBED_CACHE, or a folder of the user's cache."""
    if explicit := os.environ.get("HEADROOM_TESTBED_CACHE"):
        return Path(explicit).expanduser().absolute()
    user_cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(user_cache).expanduser().absolute() / "headroom" / "testbed"


def find(binary: str) -> Path:
    """Return the path of a built binary; raise BinaryMissing when it is not in the cache."""
    for tool in TOOLS:
        if binary in tool.binaries:
            path = tool.directory / binary
            if path.is_file():
                return path
            raise BinaryMissing(f"{binary} is not built: run `make testbed`")
    known = ", ".join(sorted(name for tool in TOOLS for name in tool.binaries))
    raise BinaryMissing(f"the testbed has no binary called {binary}; it has {known}")
