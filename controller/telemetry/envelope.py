"""The JSON around every answer of the Prometheus API: opened, and checked that nothing is missing inside."""

import json
from typing import Any, NoReturn

import requests

from controller.errors import TelemetryUnavailable
from controller.telemetry.failures import AnswerRefused, SourceUnreachable

_QUOTED_CHARACTERS = 200  # of a server's own words: enough to recognise them
_ABOUT_THE_QUERY = frozenset({"bad_data", "execution", "timeout", "canceled", "too_many_requests"})
"""The API's error types that another, smaller query may not meet."""


class Envelope:
    """A whole, successful answer, as prometheus-api-client reads one."""

    status_code = requests.codes.ok

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def json(self) -> dict[str, Any]:
        """Return the parsed body."""
        return self._content


def open_envelope(body: bytes, *, secret: str) -> Envelope:
    """Return a successful answer; raise AnswerRefused where it is an error, has warnings or says it is partial.

    Prometheus says `infos` of how a query is written (a counter's name without `_total`); the values are whole, so
    only `warnings` are failures. VictoriaMetrics marks what is not whole by `isPartial`.
    """
    content = _parse(body)
    if content is None:
        raise SourceUnreachable("answered something that is not JSON of the Prometheus API")
    if content.get("status") != "success":
        raise AnswerRefused(f"refused the query: {_words(content.get('error'), secret)}")
    if content.get("warnings"):
        raise AnswerRefused(f"answered with a warning: {_words(content['warnings'], secret)}")
    if content.get("isPartial"):
        raise AnswerRefused("answered only in part")
    data = content.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("result"), list):
        raise AnswerRefused("answered without a result")
    return Envelope(content)


def explain_status(status: int, body: bytes, *, secret: str) -> TelemetryUnavailable:
    """Return what an HTTP status other than 200 means, in the server's words where it speaks the API; no secret."""
    if status // 100 == 3:  # noqa: PLR2004  the class of redirects
        return SourceUnreachable(f"redirects ({status}), which is not followed; set spec.url to the final address")
    if status in (requests.codes.unauthorized, requests.codes.forbidden):
        return SourceUnreachable(f"refused our credentials ({status})")
    content = _parse(body) or {}
    if content.get("errorType") not in _ABOUT_THE_QUERY:
        return SourceUnreachable(f"answered with HTTP status {status}")
    return AnswerRefused(f"refused the query ({status}): {_words(content.get('error'), secret)}")


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _words(said: object, secret: str) -> str:
    """Return a server's words as one short printable line, without the secret it may have echoed."""
    words = "; ".join(map(str, said)) if isinstance(said, list) else str(said)
    if secret:
        words = words.replace(secret, "...")
    line = "".join(character if character.isprintable() else " " for character in words[:_QUOTED_CHARACTERS])
    return line.strip() or "no reason given"
