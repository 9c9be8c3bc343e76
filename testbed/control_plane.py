"""A real control plane on loopback: etcd, kube-apiserver, kube-controller-manager, and a pretend node for pods."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from testbed.binaries import find
from testbed.certificate import make_certificate
from testbed.cluster import Cluster, write_kubeconfig
from testbed.endpoints import LOOPBACK, answers, free_port
from testbed.pretend_node import PretendNode
from testbed.processes import Process
from testbed.stoppable import Stoppable

HPA_SYNC_PERIOD = timedelta(seconds=15)  # Kubernetes' own default
# Twenty times the default: hundreds of Deployments made at once are a test's wish, not an overload.
CONTROLLER_QPS = 400


class ControlPlane(Stoppable):
    """A running control plane in a folder of its own. Use it as a context manager, or call `stop`.

    RBAC is on; ServiceAccount tokens are real. Pods run on `pretend_node.NODE_NAME`: name it in the pod template's
    `nodeName`, since there is no scheduler.
    """

    def __init__(self, directory: Path, *, hpa_sync_period: timedelta = HPA_SYNC_PERIOD) -> None:
        """Start all of it and wait until it answers; raise NotReady with the log of the server that did not."""
        self._directory = directory
        self._certificates = directory / "certificates"
        # The API server makes a certificate for itself; its key signs ServiceAccount tokens too.
        self._ca_file = self._certificates / "apiserver.crt"
        self._key_file = self._certificates / "apiserver.key"
        self._admin_token = secrets.token_urlsafe()
        self._url = f"https://{LOOPBACK}:{free_port()}"
        with ExitStack() as running:
            self._start_etcd(running)
            self._start_api_server(running)
            self.cluster = Cluster(self._write_admin_kubeconfig(), directory)
            self._start_controller_manager(running, hpa_sync_period)
            running.enter_context(PretendNode(self.cluster, directory))
            self._running = running.pop_all()

    def stop(self) -> None:
        """Stop every server, the last started first."""
        self._running.close()

    def _start_etcd(self, running: ExitStack) -> None:
        clients, peers = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
        flags = [
            f"--data-dir={self._directory / 'etcd'}",
            "--unsafe-no-fsync",  # the data does not outlive the test
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--log-level=warn",
        ]
        self._etcd = clients
        process = self._start(running, "etcd", flags)
        process.wait_until_ready(lambda: answers(f"{clients}/health"))

    def _start_api_server(self, running: ExitStack) -> None:
        flags = [
            f"--etcd-servers={self._etcd}",
            f"--bind-address={LOOPBACK}",
            f"--advertise-address={LOOPBACK}",
            "--endpoint-reconciler-type=none",  # a loopback address may not be an endpoint
            f"--secure-port={self._url.rsplit(':', 1)[1]}",
            f"--cert-dir={self._certificates}",  # it makes its certificate there when there is none
            "--authorization-mode=RBAC",
            f"--token-auth-file={self._write_admin_token()}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={self._key_file}",
            f"--service-account-key-file={self._key_file}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount",  # pods need not wait for their namespace's default account
            "--profiling=false",
            *self._front_proxy_flags(),
        ]
        process = self._start(running, "kube-apiserver", flags)
        process.wait_until_ready(lambda: answers(f"{self._url}/readyz", ca_file=self._ca_file))

    def _start_controller_manager(self, running: ExitStack, hpa_sync_period: timedelta) -> None:
        port = free_port()
        flags = [
            f"--kubeconfig={self.cluster.kubeconfig()}",
            "--leader-elect=false",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={port}",
            f"--cert-dir={self._certificates}",
            f"--root-ca-file={self._ca_file}",
            f"--service-account-private-key-file={self._key_file}",
            "--controllers=*,-node-lifecycle-controller",  # nothing evicts pods when a busy machine is late
            f"--horizontal-pod-autoscaler-sync-period={hpa_sync_period.total_seconds()}s",
            f"--kube-api-qps={CONTROLLER_QPS}",
            f"--kube-api-burst={CONTROLLER_QPS}",
            "--profiling=false",
        ]
        process = self._start(running, "kube-controller-manager", flags)
        certificate = self._certificates / "kube-controller-manager.crt"
        process.wait_until_ready(lambda: answers(f"https://{LOOPBACK}:{port}/healthz", ca_file=certificate))

    def _start(self, running: ExitStack, binary: str, flags: Sequence[str]) -> Process:
        return running.enter_context(Process(find(binary), flags, log=self._directory / f"{binary}.log"))

    def _write_admin_token(self) -> Path:
        path = self._directory / "tokens.csv"
        path.touch(mode=0o600)
        path.write_text(f"{self._admin_token},admin,admin,system:masters\n", encoding="utf-8")
        return path

    def _write_admin_kubeconfig(self) -> Path:
        path = self._directory / "admin.kubeconfig"
        cluster = {"server": self._url, "certificate-authority": str(self._ca_file)}
        write_kubeconfig(path, cluster, {"token": self._admin_token})
        return path

    def _front_proxy_flags(self) -> list[str]:
        """Return what makes the API server tell servers behind it who calls, as kubeadm sets it up."""
        certificate = make_certificate(self._directory)
        return [
            f"--proxy-client-cert-file={certificate}",
            f"--proxy-client-key-file={certificate}",
            f"--requestheader-client-ca-file={certificate}",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        ]
