"""How asking Prometheus fails: the source as a whole, or only this answer. Each message is one sentence, no secrets."""

from controller.errors import TelemetryUnavailable


class SourceUnreachable(TelemetryUnavailable):
    """Nothing that speaks the Prometheus API answered: asking for less would not help."""


class AnswerRefused(TelemetryUnavailable):
    """Prometheus answered, but not in a way that can be trusted: asking for fewer workloads may find the guilty one."""
