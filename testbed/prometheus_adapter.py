"""A real prometheus-adapter on loopback: what Prometheus has measured, as the external metrics that HPAs follow.

The API server passes on to it by an APIService, through a Service that is only another name for localhost.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from testbed.binaries import find
from testbed.cluster import Cluster, Manifest
from testbed.endpoints import LOOPBACK, free_port
from testbed.errors import CommandFailed
from testbed.processes import Process
from testbed.stoppable import Stoppable

IDENTITY = "prometheus-adapter"
READ_CONFIGURATION = "extension-apiserver-authentication-reader"  # Kubernetes' own role for servers behind its API


class PrometheusAdapter(Stoppable):
    """A running adapter, registered with a cluster. Use it as a context manager, or call `stop`.

    Its identity may ask the API server who calls and what he may do, as prometheus-adapter's chart lets it.
    """

    def __init__(
        self, cluster: Cluster, directory: Path, *, prometheus: str, rules: str, api_service: Manifest
    ) -> None:
        """Start it on the Prometheus at this URL with `rules`, its config.yaml; raise NotReady when nobody can ask it.

        `api_service` is what a user applies, for any server of such a metrics API; the port in it becomes ours.
        """
        port = free_port()
        self._cluster = cluster
        self._path = "/apis/{group}/{version}".format(**api_service["spec"])
        self._manifests = [*_rights(cluster.subject(IDENTITY)), *_registration(api_service, port)]
        cluster.apply(self._manifests)
        directory.mkdir(parents=True)
        self.log = directory / "prometheus-adapter.log"
        self._process = Process(find(IDENTITY), self._flags(directory, prometheus, rules, port), log=self.log)
        try:
            self._process.wait_until_ready(self._is_asked)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take the registration and the rights back, and stop serving."""
        documents = yaml.safe_dump_all(self._manifests)
        self._cluster.kubectl("delete", "--filename=-", "--ignore-not-found", "--wait=false", stdin=documents)
        self._process.stop()

    def _flags(self, directory: Path, prometheus: str, rules: str, port: int) -> list[str]:
        config = directory / "config.yaml"
        config.write_text(rules, encoding="utf-8")
        kubeconfig = self._cluster.kubeconfig(IDENTITY)
        return [
            f"--config={config}",
            f"--prometheus-url={prometheus}",
            "--metrics-relist-interval=1s",  # how late it hears of a new series
            "--metrics-max-age=1m",  # how long it knows one that has ended
            *(f"--{role}-kubeconfig={kubeconfig}" for role in ("lister", "authentication", "authorization")),
            f"--bind-address={LOOPBACK}",
            f"--secure-port={port}",
            f"--cert-dir={directory}",  # it makes its certificate there
        ]

    def _is_asked(self) -> bool:
        try:
            self._cluster.kubectl("get", "--raw", self._path)
        except CommandFailed:
            return False
        return True


def _rights(subject: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what lets a server behind the API server ask it about those who call."""
    group = "rbac.authorization.k8s.io"
    reader = {"name": IDENTITY, "namespace": "kube-system"}
    roles = {
        "ClusterRoleBinding": ({"name": IDENTITY}, {"kind": "ClusterRole", "name": "system:auth-delegator"}),
        "RoleBinding": (reader, {"kind": "Role", "name": READ_CONFIGURATION}),
    }
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": kind,
            "metadata": metadata,
            "roleRef": {"apiGroup": group, **role},
            "subjects": [dict(subject)],
        }
        for kind, (metadata, role) in roles.items()
    ]


def _registration(api_service: Manifest, port: int) -> list[dict[str, Any]]:
    """Return the APIService on our port, and the Service it names as another name for localhost."""
    registered: dict[str, Any] = copy.deepcopy(dict(api_service))
    registered["spec"]["service"]["port"] = port
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {key: api_service["spec"]["service"][key] for key in ("name", "namespace")},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
    }
    return [service, registered]
