"""What an answer of the API server means: a body, or the error it stands for, and whether asking again helps. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from controller.errors import ClusterUnavailable, Conflict, Forbidden, NotFound

RETRYABLE = frozenset({429, 500, 502, 503, 504})
LONGEST_TEXT = 300  # of a server's own words in our sentence; a proxy's HTML page says no more in full


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, Retry-After in seconds where given, and the body as it came."""

    status: int
    body: bytes
    retry_after: float | None = None

    @property
    def is_retryable(self) -> bool:
        """True where the same question may be answered a little later."""
        return self.status in RETRYABLE

    @property
    def is_success(self) -> bool:
        """True for 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def json_object(self, question: str) -> dict[str, Any]:
        """Return the body as a dict; raise the error that a refusal, or anything but a JSON object, stands for."""
        if not self.is_success:
            raise self._refusal(question)
        parsed = _parse(self.body)
        if parsed is None:
            raise ClusterUnavailable(f"{question}: the answer is not a JSON object: {_text(self.body)}")
        return parsed

    def _refusal(self, question: str) -> ClusterUnavailable:
        body = _parse(self.body) or {}
        message = body.get("message")
        words = message if isinstance(message, str) and message else _text(self.body)
        return self._error_type(body)(f"{question}: {self.status}: {words[:LONGEST_TEXT]}")

    def _error_type(self, body: Mapping[str, Any]) -> type[ClusterUnavailable]:
        if self.status == HTTPStatus.NOT_FOUND:
            return NotFound
        if self.status == HTTPStatus.FORBIDDEN:
            return Forbidden
        if self.status == HTTPStatus.CONFLICT or self._is_failed_test(body):
            return Conflict
        return ClusterUnavailable

    def _is_failed_test(self, body: Mapping[str, Any]) -> bool:
        """Tell a JSON patch whose `test` failed from an invalid object: only the latter names causes."""
        details = body.get("details")
        causes = details.get("causes") if isinstance(details, Mapping) else None
        return self.status == HTTPStatus.UNPROCESSABLE_ENTITY and not causes


def parse_retry_after(header: str | None) -> float | None:
    """Return the seconds a Retry-After header asks for; None for a date, which the API server never sends."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _text(body: bytes) -> str:
    return body[:LONGEST_TEXT].decode(errors="replace").strip() or "no words"
