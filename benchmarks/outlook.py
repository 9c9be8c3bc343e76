"""Outlook: daily peaks 30 and 90 days ahead, beside 'the next months are like the last 28 days'.

Origins are a week apart from 60 % of each trace on, as long as 30 days follow; all days before an origin may be learned
from. Days beyond the end of a trace are not scored.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.measuring import once
from benchmarks.rolling import FIRST_ORIGIN, geometric_mean
from benchmarks.tables import Table, against, at_least
from benchmarks.traces import judged
from forecasting import Calendar, DailyPeaks, peak_outlook
from forecasting.accuracy import coverage, pinball_loss
from forecasting.outlook import HORIZON_DAYS, LEVELS
from forecasting.robust import quantile_of_known
from forecasting.series import Values

# Those of months, each with its clock; two came in local time that reads as UTC.
CLOCKS = {"bike_rentals": "UTC", "vic_electricity": "Australia/Melbourne", "nyc_taxi": "UTC", "ecommerce": "UTC"}
MONTH, WEEK, NAIVE_DAYS = 30, 7, 28
BOUNDS = (0.8, 0.95)
SPANS = {"30 days": MONTH, "90 days": HORIZON_DAYS}


@dataclass(frozen=True, eq=False)
class Scored:
    """One trace: the loss of ours over the naive's by span, coverage by span and bound, and seconds an outlook."""

    origins: int
    ratios: dict[str, float]
    covered: dict[str, tuple[float, ...]]
    naive_covered: dict[str, tuple[float, ...]]
    seconds: float


def table() -> Table:
    """Judge every trace."""
    scored = {name: _score(DailyPeaks.of(judged(name), Calendar(clock))) for name, clock in CLOCKS.items()}
    overall = {span: geometric_mean(np.array([each.ratios[span] for each in scored.values()])) for span in SPANS}
    lowest = {span: min(each.covered[span][BOUNDS.index(0.95)] for each in scored.values()) for span in SPANS}
    return Table(
        title="Outlook",
        intro=(
            "Daily peaks on the last 40 % of each trace, from origins a week apart. Loss is the pinball loss, a mean "
            f"over the levels {', '.join(f'{level:g}' for level in LEVELS)}, divided by that of 'the next months are "
            f"like the last {NAIVE_DAYS} days', which says the quantiles of those days. Coverage is that of the 80 and "
            "the 95 % bound."
        ),
        header=("demand", "origins", *(f"{what}, {span}" for span in SPANS for what in _COLUMNS), "ms an outlook"),
        rows=[_row(name, each) for name, each in scored.items()],
        verdicts=[
            *(against(f"loss over {span}, over the naive's", overall[span], 1.0) for span in SPANS),
            *(at_least(f"least coverage of a 95 % bound over {span}", lowest[span], 0.9) for span in SPANS),
        ],
    )


_COLUMNS = ("loss", "coverage", "naive's")


def _row(name: str, scored: Scored) -> tuple[str | float, ...]:
    figures = [
        figure
        for span in SPANS
        for figure in (f"{scored.ratios[span]:.3f}", _shares(scored.covered[span]), _shares(scored.naive_covered[span]))
    ]
    return name, scored.origins, *figures, scored.seconds * 1e3


def _shares(shares: tuple[float, ...]) -> str:
    return " / ".join(f"{share:.0%}" for share in shares)


def _score(peaks: DailyPeaks) -> Scored:
    days = len(peaks)
    origins = range(int(FIRST_ORIGIN * days), days - MONTH + 1, WEEK)
    padded = np.concatenate([peaks.values, np.full(HORIZON_DAYS, np.nan)])
    truth = np.stack([padded[origin : origin + HORIZON_DAYS] for origin in origins])
    ours: list[Values] = []
    seconds = once(lambda: ours.extend(_ours(peaks, origin) for origin in origins)) / len(origins)
    told, naive = np.stack(ours), np.stack([_naive(peaks.values[:origin]) for origin in origins])
    return Scored(
        origins=len(origins),
        ratios={span: _loss(truth, told, length) / _loss(truth, naive, length) for span, length in SPANS.items()},
        covered={span: _coverage(truth, told, length) for span, length in SPANS.items()},
        naive_covered={span: _coverage(truth, naive, length) for span, length in SPANS.items()},
        seconds=seconds,
    )


def _ours(peaks: DailyPeaks, origin: int) -> Values:
    return peak_outlook(DailyPeaks(peaks.first, peaks.values[:origin])).quantiles


def _naive(past: Values) -> Values:
    """Return the quantiles of the last 28 days for every day ahead, (levels, days)."""
    quantiles = [quantile_of_known(past[-NAIVE_DAYS:], level) for level in LEVELS]
    return np.repeat(np.array(quantiles)[:, None], HORIZON_DAYS, axis=1)


def _loss(truth: Values, told: Values, length: int) -> float:
    """Return the mean loss over the first days, all levels and all origins."""
    cut = truth[:, :length]
    losses = [pinball_loss(cut, told[:, number, :length], level) for number, level in enumerate(LEVELS)]
    return float(np.mean(losses))


def _coverage(truth: Values, told: Values, length: int) -> tuple[float, ...]:
    cut = truth[:, :length]
    return tuple(float(coverage(cut, told[:, LEVELS.index(bound), :length]).mean()) for bound in BOUNDS)
