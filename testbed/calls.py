"""One call as a proxy records it: what was asked, by whom, and with which status it was answered."""

import base64
import json
from dataclasses import dataclass
from urllib.parse import parse_qs

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ANONYMOUS = "anonymous"
OPAQUE = "opaque token"


@dataclass(frozen=True)
class Call:
    """One call, as the proxy saw it."""

    method: str
    path: str
    query: str
    """What follows `?`, as sent."""
    body: bytes
    identity: str
    """The subject of the bearer token: a ServiceAccount's full name, `opaque token` or `anonymous`."""
    status: int | None = None
    """Of the answer; None before it, and for good where the connection was dropped."""

    @property
    def writes(self) -> bool:
        """Whether its method may change something."""
        return self.method not in READING

    @property
    def promql(self) -> str:
        """The Prometheus query it carries in its body or its address; empty when it carries none."""
        return parse_qs(self.body.decode(errors="replace") or self.query).get("query", [""])[0]


def identity_of(authorization: str) -> str:
    """Return whose bearer token an Authorization header holds; the signature is the server's business."""
    if not authorization:
        return ANONYMOUS
    parts = authorization.removeprefix("Bearer ").split(".")
    if len(parts) != len(("header", "claims", "signature")):
        return OPAQUE
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)  # base64 in tokens comes without its padding
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except ValueError:  # neither base64 nor JSON
        return OPAQUE
    return str(claims.get("sub", OPAQUE)) if isinstance(claims, dict) else OPAQUE
