"""The HTTP beneath prometheus-api-client: which requests leave, and which answers are let in.

The library composes calls of the Prometheus API and unwraps their answers. On its own it would also retry, follow
redirects, read bodies of any length, put a query into the URL even where it posts, and drop an answer's warnings. So
it gets this session instead of its own: one attempt, to an allowed address, under one deadline, the query in the body,
and an answer only when it is whole. What an answer must look like is in envelope.py.
"""

import socket
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.connection import create_connection

from controller.api.metrics_source import MetricsSource
from controller.telemetry.addresses import Resolver, is_forbidden
from controller.telemetry.envelope import Envelope, explain_status, open_envelope
from controller.telemetry.failures import AnswerRefused, SourceUnreachable

BODY_CAP = 16 * 2**20  # bytes; the largest honest answer we ask for is a quarter of it
_CHUNK = 64 * 2**10
_TOKEN_CAP = 64 * 2**10  # no proxy or server takes a header that long
_CONNECTIONS = 8  # more than the threads that ask at one time


class Session:
    """What prometheus-api-client uses of a requests.Session; it raises SourceUnreachable or AnswerRefused only."""

    def __init__(self, source: MetricsSource, *, resolver: Resolver) -> None:
        """Prepare to talk to a source; nothing is sent, and no file is read, before the first request."""
        self._spec = source.spec
        self.verify = source.spec.ca_file or True
        self.cert = None
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor .netrc of whoever started us
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Adapter(resolver)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def mount(self, prefix: str, adapter: HTTPAdapter) -> None:
        """Leave out the adapter that the library brings: it retries, and goes to any address."""

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def request(
        self, method: str, url: str, *, params: Mapping[str, str], timeout: float, **_unused: object
    ) -> Envelope:
        """Send one request with its parameters in the body, and return the opened envelope of a whole answer."""
        token = self._token()
        deadline = time.monotonic() + timeout  # noqa: TID251  a deadline is about this machine, not about the world
        try:
            response = self._session.request(
                method,
                url,
                data=params,
                headers=self._headers(token),
                timeout=timeout,
                verify=self.verify,
                allow_redirects=False,
                stream=True,
            )
            with response:
                body = _read(response, deadline)
        except (requests.Timeout, TimeoutError) as error:
            raise SourceUnreachable(f"did not answer within {timeout:.0f} s") from error
        except requests.exceptions.SSLError as error:
            raise SourceUnreachable("its TLS certificate is not trusted; set spec.caFile to its authority") from error
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise SourceUnreachable(f"cannot be reached ({_why(error)})") from error
        if response.status_code != requests.codes.ok:
            raise explain_status(response.status_code, body, secret=token)
        return open_envelope(body, secret=token)

    def _headers(self, token: str) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "headroom"}
        if self._spec.tenant:
            headers["X-Scope-OrgID"] = self._spec.tenant
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _token(self) -> str:
        """Return the token as the file holds it now: kubelet swaps the file when it rotates."""
        if self._spec.bearer_token_file is None:
            return ""
        try:
            with Path(self._spec.bearer_token_file).open("rb") as file:
                token = file.read(_TOKEN_CAP + 1).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceUnreachable(f"its bearerTokenFile cannot be read ({type(error).__name__})") from None
        if not token or len(token) > _TOKEN_CAP or not token.isprintable() or " " in token:
            raise SourceUnreachable("its bearerTokenFile does not hold a bearer token")
        return token


def _why(error: BaseException) -> str:
    """Return the operating system's word for what went wrong below a request's error, else that error's name."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            return below.strerror
        below = below.__cause__ or below.__context__
    return type(error).__name__


def _read(response: requests.Response, deadline: float) -> bytes:
    """Return the body, no longer than the cap and no later than the deadline."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise AnswerRefused("answered in an encoding that was not asked for")
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK):
        body += chunk
        if len(body) > BODY_CAP:
            raise AnswerRefused(f"answered with more than {BODY_CAP // 2**20} MiB")
        if time.monotonic() > deadline:  # noqa: TID251  the same deadline
            raise TimeoutError
    return bytes(body)


class _Adapter(HTTPAdapter):
    """Connects only to addresses that are not forbidden; never retries."""

    def __init__(self, resolver: Resolver) -> None:
        super().__init__(pool_maxsize=_CONNECTIONS)

        class CheckedConnection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _connect(self, resolver)

        class CheckedTLSConnection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _connect(self, resolver)

        class Pool(HTTPConnectionPool):
            ConnectionCls = CheckedConnection

        class TLSPool(HTTPSConnectionPool):
            ConnectionCls = CheckedTLSConnection

        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TLSPool}


def _connect(connection: HTTPConnection, resolver: Resolver) -> socket.socket:
    """Connect to the first address of the host that answers; refuse the host if any of its addresses is forbidden.

    The address that was checked is the one connected to: the name is not resolved again.
    """
    failure: OSError = OSError("no address")
    host, port = connection.host.strip("[]"), connection.port or connection.default_port
    addresses = resolver(host, port)
    if any(is_forbidden(address) for address in addresses):
        raise SourceUnreachable("its address is link-local or a cloud's metadata service, which is never asked")
    for address in addresses:
        try:
            return create_connection((address, port), connection.timeout, socket_options=connection.socket_options)
        except OSError as error:
            failure = error
    raise failure
