"""Contenders: every policy that is replayed, as the settings of its curve. What they are is simulation/'s business.

The sweeps are those of the rivals themselves. The best HPA has all of its own; the others are thinned: a point between
two others moves a curve by less than its days differ.
"""

from collections.abc import Sequence

from benchmarks.replays import OURS
from controller.simulation.rivals.choice import swept

Settings = Sequence[str]
"""A contender's curve: policies as on the command line."""

HPA, TOLERANT, LAST_WEEK, ORACLE = "best HPA", "HPA tol. 2 %", "last week", "oracle"
WITHOUT, FUTURE, LAST_VALUE = "without forecast", "true future", "last value"
FFT, REGRESSION = "Scryer's FFT alone", "Scryer's regression alone"
KPA, AWS, STATIC = "KPA", "AWS-like", "static"
PERCENTILES = (50, 80, 95, 98, 99)
SHIPPED = f"{OURS}=95"
EVERY_SECOND, EVERY_THIRD = slice(None, None, 2), slice(None, None, 3)


def names(kind: str) -> Settings:
    """Return the policies of a kind's curve."""
    return tuple(rival.name for rival in swept(kind))


_HPA = (*names("hpa-cpu"), *names("hpa-rps"))

REACTIVE: dict[str, Settings] = {
    HPA: _HPA,
    ORACLE: names("oracle"),
    TOLERANT: tuple(f"{name}/0.02" for name in _HPA)[EVERY_SECOND],
    LAST_WEEK: names("last-week")[EVERY_SECOND],
}
LEAN = REACTIVE | {OURS: tuple(f"{OURS}={percentile}" for percentile in PERCENTILES)}
MAIN = LEAN | {WITHOUT: names("no-forecast")[EVERY_THIRD], FUTURE: names("true-future")[EVERY_THIRD]}
OTHERS: dict[str, Settings] = {
    LAST_VALUE: names("last-value")[EVERY_SECOND],
    FFT: names("scryer-fft")[EVERY_SECOND],
    REGRESSION: names("scryer-regression")[EVERY_SECOND],
    KPA: names("kpa"),
    AWS: names("aws"),
    STATIC: names("static"),
}
AS_SHIPPED: dict[str, Settings] = {HPA: _HPA, OURS: (SHIPPED,)}
