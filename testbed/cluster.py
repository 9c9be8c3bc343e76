"""A cluster as tests see it: kubectl, identities with tokens of their own, and a kubeconfig for each.

The cluster may be the testbed's own control plane or an existing one; who starts it is not known here.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from testbed.binaries import find
from testbed.errors import CommandFailed

Manifest = Mapping[str, Any]

ADMIN = "admin"
IDENTITIES = "testbed-identities"  # the namespace of the ServiceAccounts that stand for people
TOKEN_LIFETIME = "24h"  # noqa: S105  # a duration; longer than any test session
COMMAND_TIMEOUT_SECONDS = 120


class Cluster:
    """A running cluster, reached through an administrator's kubeconfig.

    An identity is `admin`, or a name such as `alice` (a ServiceAccount of our own, made on first use, without any
    rights), or `namespace/name` of a ServiceAccount that somebody else made, a chart for instance.
    """

    def __init__(self, admin_kubeconfig: Path, directory: Path) -> None:
        """Use this kubeconfig; write those of other identities into `directory`."""
        self._admin_kubeconfig = admin_kubeconfig
        self.directory = directory
        self._tokens: dict[str, str] = {}
        self._connection: Mapping[str, Any] = {}

    def kubectl(self, *args: str | Path, identity: str = ADMIN, stdin: str | None = None) -> str:
        """Run kubectl and return what it prints; raise CommandFailed with its message when it fails."""
        cache = f"--cache-dir={self.directory / 'kubectl-cache'}"
        return self._run("kubectl", f"--kubeconfig={self.kubeconfig(identity)}", cache, *args, stdin=stdin)

    def helm(self, *args: str | Path, identity: str = ADMIN) -> str:
        """Run helm and return what it prints; raise CommandFailed with its message when it fails."""
        return self._run("helm", f"--kubeconfig={self.kubeconfig(identity)}", *args)

    def _run(self, binary: str, *args: str | Path, stdin: str | None = None) -> str:
        # helm keeps three folders of its own for the user; a test has none.
        homes = {f"HELM_{kind}_HOME": str(self.directory / "helm" / kind) for kind in ("CACHE", "CONFIG", "DATA")}
        done = subprocess.run(
            [find(binary), *args],
            input=stdin,
            env={**os.environ, **homes},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_TIMEOUT_SECONDS,
        )
        if done.returncode != 0:
            raise CommandFailed(f"{binary} {' '.join(map(str, args))}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *args: str, identity: str = ADMIN) -> dict[str, Any]:
        """Return what `kubectl get ARGS -o json` prints, parsed."""
        parsed: dict[str, Any] = json.loads(self.kubectl("get", *args, "--output=json", identity=identity))
        return parsed

    def apply(self, manifests: Iterable[Manifest], *, identity: str = ADMIN) -> None:
        """Apply manifests on the server side; raise CommandFailed with the API server's message when it refuses."""
        documents = yaml.safe_dump_all([dict(manifest) for manifest in manifests])
        self.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", identity=identity, stdin=documents)

    def kubeconfig(self, identity: str = ADMIN, *, server: str | None = None) -> Path:
        """Return a kubeconfig of an identity; `server` is another address for the same cluster, such as a proxy's.

        kubectl and helm send no token to plain HTTP; the Python clients do.
        """
        if identity == ADMIN and server is None:
            return self._admin_kubeconfig
        address = {} if server is None else {"server": server}
        name = f"{identity}-{server or ''}".translate(str.maketrans(":/", "--"))
        path = self.directory / f"{name}.kubeconfig"
        write_kubeconfig(path, {**self._cluster(), **address}, self._user(identity))
        return path

    @property
    def server(self) -> str:
        """The address of the API server."""
        return str(self._cluster()["server"])

    @property
    def ca_file(self) -> Path:
        """A file with the authority that vouches for the API server's certificate."""
        path = self.directory / "ca.crt"
        path.write_bytes(base64.b64decode(self._cluster()["certificate-authority-data"]))
        return path

    def token(self, identity: str) -> str:
        """Return a bearer token of an identity; the cluster signs it, so that it is a real one."""
        if identity in self._tokens:
            return self._tokens[identity]
        namespace, name = self._service_account(identity)
        command = ["create", "token", name, f"--namespace={namespace}", f"--duration={TOKEN_LIFETIME}"]
        token = self.kubectl(*command).strip()
        if namespace == IDENTITIES:  # others may be deleted and made again, and then have other tokens
            self._tokens[identity] = token
        return token

    def username(self, identity: str) -> str:
        """Return the name by which the API server knows an identity."""
        return "system:serviceaccount:" + ":".join(self._service_account(identity))

    def subject(self, identity: str) -> dict[str, str]:
        """Return an identity as the subject of a RoleBinding."""
        namespace, name = self._service_account(identity)
        return {"kind": "ServiceAccount", "namespace": namespace, "name": name}

    def _service_account(self, identity: str) -> tuple[str, str]:
        if "/" in identity:
            namespace, name = identity.split("/")
            return namespace, name
        account = {"apiVersion": "v1", "kind": "ServiceAccount"}
        if identity not in self._tokens:
            self.apply(
                [
                    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": IDENTITIES}},
                    {**account, "metadata": {"name": identity, "namespace": IDENTITIES}},
                ]
            )
        return IDENTITIES, identity

    def _user(self, identity: str) -> Mapping[str, Any]:
        return self._view()["users"][0]["user"] if identity == ADMIN else {"token": self.token(identity)}

    def _cluster(self) -> Mapping[str, Any]:
        cluster: Mapping[str, Any] = self._view()["clusters"][0]["cluster"]
        return cluster

    def _view(self) -> Mapping[str, Any]:
        """The administrator's kubeconfig, its current context alone, with files read into it."""
        if not self._connection:
            self._connection = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o=json"))
        return self._connection


def write_kubeconfig(path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    """Write a kubeconfig with one context, readable by its owner alone."""
    name = "testbed"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": dict(cluster)}],
        "users": [{"name": name, "user": dict(user)}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
