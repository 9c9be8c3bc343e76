"""Over which window a value is a mean. Long enough to hold the samples it needs even when one scrape is missed."""

from datetime import timedelta

from controller.api.signals import MetricType

SHORTEST_WINDOW = timedelta(seconds=60)  # shorter means are noise that a replica started now cannot answer
_SCRAPES_FOR_A_RATE = 4  # a rate needs two samples in a left-open window; the others may come late or be missed
_SCRAPES_FOR_A_GAUGE = 2  # a gauge needs one


def sample_window(metric_type: MetricType, scrape_interval: timedelta) -> timedelta:
    """Return the window of a live sample."""
    scrapes = _SCRAPES_FOR_A_GAUGE if metric_type is MetricType.GAUGE else _SCRAPES_FOR_A_RATE
    return max(scrapes * scrape_interval, SHORTEST_WINDOW)


def history_window(metric_type: MetricType, scrape_interval: timedelta, *, step: timedelta) -> timedelta:
    """Return the window of one step of a range: the step itself, unless scrapes are too rare for that."""
    return max(step, sample_window(metric_type, scrape_interval))
