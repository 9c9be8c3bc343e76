import threading
from collections.abc import Iterator

import pytest

from controller.telemetry.addresses import resolve
from controller.telemetry.failures import SourceUnreachable
from controller.telemetry.transport import Session
from tests.telemetry.loopback import LoopbackServer, Reply
from tests.telemetry.selectors import a_source


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that is set when the test is over, so that no server thread waits longer."""
    event = threading.Event()
    yield event
    event.set()


def test_an_answer_that_never_begins_ends_at_the_deadline(over: threading.Event) -> None:
    def silent(_asked: object) -> Reply:
        over.wait()
        return Reply()

    with LoopbackServer(silent) as server:
        session = Session(a_source(server.url), resolver=resolve)
        with pytest.raises(SourceUnreachable, match="did not answer within"):
            session.request("POST", server.url, params={}, timeout=0.2)
        session.close()
        over.set()


def test_an_answer_that_trickles_ends_at_the_deadline(over: threading.Event) -> None:
    def trickle() -> Iterator[bytes]:
        while not over.wait(0.02):
            yield b" "

    with LoopbackServer(lambda _: Reply(200, trickle())) as server:
        session = Session(a_source(server.url), resolver=resolve)
        with pytest.raises(SourceUnreachable, match="did not answer within"):
            session.request("POST", server.url, params={}, timeout=0.2)
        session.close()
        over.set()
