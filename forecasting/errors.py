"""What forecasting refuses. Callers read the sentence; nothing nonsensical is silently repaired."""


class ForecastingError(Exception):
    """Anything this library says is wrong."""


class SeriesRefused(ForecastingError):
    """The series cannot be forecast; the message says why and what would help."""
