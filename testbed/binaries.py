"""Which Go modules make which binaries, and where what is made is kept. Building them lives in build.py."""

import hashlib
import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from testbed.errors import BinaryMissing, BuildFailed

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tool:
    """One Go module under testbed/, and the binaries it makes."""

    name: str
    binaries: tuple[str, ...]
    cold_build: str
    """How long a build takes on two cores with an empty Go build cache, for the person who waits."""
    version_of: str | None = None
    """The Go module whose version the binaries must say is theirs; it has k8s.io/component-base/version."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Binaries that Go names otherwise: (Go's name, ours)."""
    files: tuple[str, ...] = ()
    """Files of the source of the one module it requires, kept as they are."""

    @property
    def module(self) -> Path:
        """The folder of go.mod and go.sum."""
        return HERE / self.name

    @property
    def makes(self) -> tuple[str, ...]:
        """The names of all it leaves in the cache."""
        return (*self.binaries, *(PurePosixPath(file).name for file in self.files))

    @property
    def linker_flags(self) -> str:
        """Flags for `go build -ldflags`: no symbol table, and the version."""
        return " ".join(["-s", "-w", *(f"-X k8s.io/component-base/version.{value}" for value in self._version())])

    def _version(self) -> tuple[str, ...]:
        """Go variables to set: a build without version-control data says v0.0.0, and clients refuse to talk to that."""
        if self.version_of is None:
            return ()
        go_mod = (self.module / "go.mod").read_text(encoding="utf-8")
        required = re.search(rf"^\s*{re.escape(self.version_of)} (v(\d+)\.(\d+)\.\S+)", go_mod, re.MULTILINE)
        if required is None:
            raise BuildFailed(f"{self.module / 'go.mod'} does not require {self.version_of}")
        version, major, minor = required.groups()
        return (f"gitVersion={version}", f"gitMajor={major}", f"gitMinor={minor}")

    @property
    def key(self) -> str:
        """Short hash of all that decides what is made."""
        digest = hashlib.sha256()
        for part in ((self.module / "go.mod").read_bytes(), (self.module / "go.sum").read_bytes()):
            digest.update(hashlib.sha256(part).digest())
        digest.update(f"{sys.platform}/{platform.machine()} {self.linker_flags} {self.renamed}".encode())
        digest.update("".join(self.files).encode())
        return digest.hexdigest()[:16]

    @property
    def directory(self) -> Path:
        """Where what it makes is, or will be."""
        return cache_directory() / f"{self.name}-{self.key}"


TOOLS = (
    Tool("etcd", ("etcd",), cold_build="about 40 seconds", renamed=(("server", "etcd"),)),
    Tool("kwok", ("kwok",), cold_build="about 80 seconds"),
    Tool("helm", ("helm",), cold_build="about 2 minutes"),
    Tool(
        "keda",
        (),
        cold_build="a few seconds",
        files=("config/crd/bases/keda.sh_scaledobjects.yaml", "schema/generated/scalers-schema.json"),
    ),
    Tool(
        "prometheus-adapter",
        ("prometheus-adapter",),
        cold_build="about 3 minutes",
        renamed=(("adapter", "prometheus-adapter"),),
    ),
    Tool("prometheus", ("prometheus", "promtool"), cold_build="about 4 minutes"),
    Tool(
        "kubernetes",
        ("kube-apiserver", "kube-controller-manager", "kubectl"),
        cold_build="about 4 minutes",
        version_of="k8s.io/kubernetes",
    ),
)


def cache_directory() -> Path:
    """Return where built binaries are kept: HEADROOM_TESTBED_CACHE, or a folder of the user's cache."""
    if explicit := os.environ.get("HEADROOM_TESTBED_CACHE"):
        return Path(explicit).expanduser().absolute()
    user_cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(user_cache).expanduser().absolute() / "headroom" / "testbed"


def find(binary: str) -> Path:
    """Return the path of a built binary, or of a kept file; raise BinaryMissing when it is not in the cache."""
    for tool in TOOLS:
        if binary in tool.makes:
            path = tool.directory / binary
            if path.is_file():
                return path
            raise BinaryMissing(f"{binary} is not built: run `make testbed`")
    known = ", ".join(sorted(name for tool in TOOLS for name in tool.makes))
    raise BinaryMissing(f"the testbed has no binary called {binary}; it has {known}")
