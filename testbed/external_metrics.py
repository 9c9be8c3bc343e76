"""A stub of external.metrics.k8s.io: the numbers that the real HPA controller reacts to are what a test sets here.

The API server passes on to it by an APIService, through a Service that is only another name for localhost.
"""

import json
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from testbed.clock import now, wait_until
from testbed.cluster import Cluster
from testbed.endpoints import LOOPBACK
from testbed.errors import CommandFailed, NotReady
from testbed.stoppable import Stoppable

GROUP, VERSION = "external.metrics.k8s.io", "v1beta1"
ROOT = f"/apis/{GROUP}/{VERSION}"
SERVICE = "external-metrics"
READY_DEADLINE = timedelta(seconds=60)  # the API server looks after its APIServices now and then

Read = Callable[[], float]


class ExternalMetrics(Stoppable):
    """A running stub, registered with a cluster. Use it as a context manager."""

    def __init__(self, cluster: Cluster, namespace: str, certificate: Path) -> None:
        """Serve over TLS by this file (key and certificate), with its Service in `namespace`."""
        self._cluster, self._namespace = cluster, namespace
        self._metrics: dict[tuple[str, str], Read] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="external-metrics")

    def __enter__(self) -> Self:
        self._thread.start()
        self._cluster.apply(self._registration())
        if not wait_until(self._is_served, READY_DEADLINE):
            self.stop()
            raise NotReady(f"the API server does not pass on {GROUP}")
        return self

    def stop(self) -> None:
        """Take the registration back and stop serving."""
        self._cluster.kubectl("delete", f"apiservice/{VERSION}.{GROUP}", "--ignore-not-found")
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def export(self, namespace: str, name: str, read: Read) -> None:
        """From now on answer for this metric with what `read` returns when an HPA asks."""
        self._metrics[namespace, name] = read

    def _registration(self) -> tuple[dict[str, Any], ...]:
        port = self._server.server_port
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": SERVICE, "namespace": self._namespace},
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]},
        }
        spec = {
            "group": GROUP,
            "version": VERSION,
            "service": {"name": SERVICE, "namespace": self._namespace, "port": port},
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        }
        kind = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService"}
        return service, {**kind, "metadata": {"name": f"{VERSION}.{GROUP}"}, "spec": spec}

    def _is_served(self) -> bool:
        try:
            return GROUP in self._cluster.kubectl("get", "--raw", ROOT)
        except CommandFailed:
            return False

    def _answer(self, path: str) -> dict[str, Any] | None:
        """Return what is at a path: the list of resources, or the values of one metric of a namespace."""
        if path == ROOT:
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": f"{GROUP}/{VERSION}",
                "resources": [],
            }
        parts = [unquote(part) for part in path.removeprefix(f"{ROOT}/namespaces/").split("/")]
        namespace, name = (*parts, "")[:2]
        read = self._metrics.get((namespace, name))
        if read is None:
            return None
        at = now().strftime("%Y-%m-%dT%H:%M:%SZ")
        item = {"metricName": name, "metricLabels": {}, "timestamp": at, "value": f"{round(1000 * read())}m"}
        kind = {"kind": "ExternalMetricValueList", "apiVersion": f"{GROUP}/{VERSION}"}
        return {**kind, "metadata": {}, "items": [item]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = answer(urlsplit(self.path).path.rstrip("/"))
                body = json.dumps(found or {"kind": "Status", "status": "Failure", "code": 404}).encode()
                self.send_response(HTTPStatus.NOT_FOUND if found is None else HTTPStatus.OK)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: tests print what they need."""

        return Handler
