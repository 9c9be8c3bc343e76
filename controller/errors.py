"""The error tree. Each class tells its reader what kind of thing to do; the message says which.

HeadroomError
├── InputRefused          a file, flag or resource a person wrote is wrong: mend it (names the field or line)
├── TelemetryUnavailable  Prometheus did not answer, or not in a way that can be trusted: capacity is held
└── ClusterUnavailable    the API server did not answer or refused: tried again at the next sweep
    ├── NotFound          the object is not there
    ├── Forbidden         the operator lacks this right
    └── Conflict          somebody else changed the object first
"""


class HeadroomError(Exception):
    """Anything Headroom itself says is wrong."""


class InputRefused(HeadroomError):
    """A person's input is wrong; the message names the field or line and what to do."""


def unreadable(path: object, problem: Exception) -> InputRefused:
    """Return the refusal of a file that cannot be read: why, in words, and its path once."""
    if isinstance(problem, UnicodeDecodeError):
        return InputRefused(f"{path} cannot be read: it is not UTF-8 text")
    return InputRefused(f"{path} cannot be read: {getattr(problem, 'strerror', None) or problem}")


class TelemetryUnavailable(HeadroomError):
    """A metrics source gave no answer that can be trusted."""


class ClusterUnavailable(HeadroomError):
    """The API server gave no answer, or refused."""


class NotFound(ClusterUnavailable):
    """The object asked for does not exist."""


class Forbidden(ClusterUnavailable):
    """The operator's ServiceAccount lacks the right."""


class Conflict(ClusterUnavailable):
    """Somebody else changed the object since it was read."""
