"""Loopback ports and whether something answers there."""

import secrets
import socket
from pathlib import Path

import requests

from testbed.errors import TestbedError

LOOPBACK = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections: nothing else slips into a port between our
# look and the server's start, nor while a server is stopped to come back.
PORTS = range(20_000, 32_000)
# Each is given once: of servers that are set up together, none has the port of another that does not listen yet.
_UNTRIED = iter(secrets.SystemRandom().sample(PORTS, len(PORTS)))
ANSWER_TIMEOUT_SECONDS = 5.0


def free_port() -> int:
    """Return a loopback port that nobody listens on; this process gets another each time."""
    for port in _UNTRIED:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise TestbedError(f"no free port between {PORTS.start} and {PORTS.stop} on {LOOPBACK}: end some servers")


def answers(url: str, *, ca_file: Path | None = None) -> bool:
    """Return whether a GET ends with a status below 400; a certificate file that is not there yet is a no."""
    if ca_file is not None and not ca_file.is_file():
        return False
    try:
        return session(ca_file).get(url, timeout=ANSWER_TIMEOUT_SECONDS).ok
    except (requests.RequestException, OSError):
        return False


def session(ca_file: Path | None = None) -> requests.Session:
    """Return an HTTP session that ignores the environment's proxies: everything here is on loopback."""
    opened = requests.Session()
    opened.trust_env = False
    if ca_file is not None:
        opened.verify = str(ca_file)
    return opened
