"""The proxy: it passes on, records, and does what its faults say. The server behind it is an exporter."""

import base64
import gc
import json
import threading
import warnings
from collections.abc import Iterator

import pytest
import requests

from testbed.calls import ANONYMOUS, OPAQUE, identity_of
from testbed.endpoints import LOOPBACK, free_port, session
from testbed.exporter import Exporter
from testbed.faults import Answer, Drop
from testbed.proxy import Proxy
from tests.telemetry.loopback import CERTIFICATE, LoopbackServer, Reply

TIMEOUT = 10


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    with Exporter() as running:
        running.gauge("queue_depth", {}, value=1500)
        yield running


@pytest.fixture
def proxy(exporter: Exporter) -> Iterator[Proxy]:
    with Proxy(f"http://{exporter.address}") as running:
        yield running


def test_the_answer_comes_through_unchanged(proxy: Proxy, exporter: Exporter) -> None:
    straight = session().get(f"http://{exporter.address}/metrics", timeout=TIMEOUT)

    through = session().get(f"{proxy.url}/metrics", timeout=TIMEOUT)

    assert (through.status_code, through.text) == (200, straight.text)
    assert through.headers["Content-Type"] == straight.headers["Content-Type"]


def test_each_call_is_recorded_with_its_method_query_and_status(proxy: Proxy) -> None:
    session().get(f"{proxy.url}/metrics?query=up%7Bjob%3D%22a%22%7D", timeout=TIMEOUT)
    session().post(f"{proxy.url}/metrics", data={"query": "sum(rate(x[1m]))"}, timeout=TIMEOUT)

    assert [(call.method, call.path, call.promql, call.status, call.writes) for call in proxy.calls] == [
        ("GET", "/metrics", 'up{job="a"}', 200, False),
        ("POST", "/metrics", "sum(rate(x[1m]))", 405, True),
    ]
    assert [call.method for call in proxy.writes()] == ["POST"]


def test_what_is_forgotten_is_not_counted(proxy: Proxy) -> None:
    session().get(f"{proxy.url}/metrics", timeout=TIMEOUT)

    proxy.forget()

    assert proxy.calls == ()


def test_an_answer_of_our_own_is_given_to_the_calls_it_is_meant_for(proxy: Proxy) -> None:
    with proxy.fault(Answer(500, b"broken"), when=lambda call: call.path == "/api"):
        refused = session().get(f"{proxy.url}/api", timeout=TIMEOUT)
        passed = session().get(f"{proxy.url}/metrics", timeout=TIMEOUT)
    healed = session().get(f"{proxy.url}/api", timeout=TIMEOUT)

    assert (refused.status_code, refused.text) == (500, "broken")
    assert (passed.status_code, healed.status_code) == (200, 200)


def test_a_dropped_call_gets_no_answer_and_is_recorded(proxy: Proxy) -> None:
    with proxy.fault(Drop()), pytest.raises(requests.ConnectionError):
        session().get(f"{proxy.url}/metrics", timeout=TIMEOUT)

    assert [call.status for call in proxy.calls] == [None]


def test_a_server_that_does_not_answer_is_a_bad_gateway() -> None:
    with Proxy(f"http://{LOOPBACK}:{free_port()}") as proxy:
        answer = session().get(f"{proxy.url}/metrics", timeout=TIMEOUT)

    assert answer.status_code == 502


def test_a_watch_that_is_left_leaves_no_connection_behind() -> None:
    over = threading.Event()

    def events() -> Iterator[bytes]:
        yield b"first"
        over.wait(TIMEOUT)

    with (
        LoopbackServer(lambda _asked: Reply(body=events()), tls=True) as server,
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        with (
            Proxy(server.url, ca_file=CERTIFICATE) as proxy,
            session().get(proxy.url, stream=True, timeout=TIMEOUT) as watch,
        ):
            first = watch.raw.read(5)
        del proxy
        gc.collect()
        over.set()

    assert first == b"first"
    assert [str(one.message) for one in told if one.category is ResourceWarning] == []


def a_token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer header.{body}.signature"


@pytest.mark.parametrize(
    ("authorization", "identity"),
    [
        ("", ANONYMOUS),
        ("Bearer secret", OPAQUE),
        ("Bearer a.b.c", OPAQUE),
        ("Bearer a.!!!!.c", OPAQUE),
        (a_token({"iss": "somebody"}), OPAQUE),
        (a_token(["sub"]), OPAQUE),
        (a_token({"sub": "system:serviceaccount:shop:alice"}), "system:serviceaccount:shop:alice"),
    ],
)
def test_an_identity_is_the_subject_of_its_token(authorization: str, identity: str) -> None:
    assert identity_of(authorization) == identity
