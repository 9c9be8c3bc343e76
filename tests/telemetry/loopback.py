"""A real HTTP server on loopback that answers as a test says, and remembers what it was asked."""

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""A key and its self-signed certificate for 127.0.0.1, made for these tests and used nowhere else."""


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What the server answers: chunks are sent one by one, with no length announced."""

    status: int = 200
    body: Iterable[bytes] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Reply]


def replying(content: object, *, status: int = 200) -> Script:
    """Return a script that answers every request with this JSON."""
    return lambda _asked: Reply(status, [json.dumps(content).encode()])


def result(*series: object, **beside: object) -> dict[str, object]:
    """Return the envelope of a successful answer."""
    return {"status": "success", "data": {"resultType": "vector", "result": list(series)}, **beside}


class LoopbackServer:
    """Serves a script on a free loopback port, over TLS where asked. Use it as a context manager."""

    def __init__(self, script: Script, *, tls: bool = False) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a script may never end

    def __init__(self, owner: LoopbackServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        asked = Asked(self.path, dict(self.headers), form)
        self.server.owner.asked.append(asked)
        reply = self.server.owner.script(asked)
        with suppress(OSError):
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for chunk in reply.body:
                self.wfile.write(chunk)
                self.wfile.flush()

    do_GET = do_POST  # noqa: N815  the name http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name the parent gives it
        """Say nothing."""
