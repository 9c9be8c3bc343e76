"""Predictability scan: what a forecast would gain at each of many workloads, and who would gain most.

It rests on the same rolling origins as the gate of each; no forecast is made here.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from forecasting.accuracy import Score
from forecasting.evaluation import COMBINATION
from forecasting.fitted import FittedForecast
from forecasting.gate import Gate

RIVALS = ("last_value", "day_naive", "week_naive")  # what anybody has without a forecast
NEAR = timedelta(hours=1)  # up to this lead time the first hour's scores say what counts, beyond it the full horizon's


@dataclass(frozen=True, slots=True)
class Finding:
    """How predictable one workload is, over so many rolling origins; NaN where nothing could be measured.

    `gain` is the share of the best rival's quantile loss that the forecast saves at the planning level (below 0 where
    it loses), `rival` that rival. `of_week_naive` is the forecast's absolute error as a share of the week naive's over
    the full horizon, where `wape` and `coverage` are measured too. `history` is what the fit rests on.
    """

    name: str
    gate: Gate
    origins: int
    history: timedelta
    gain: float
    rival: str
    of_week_naive: float
    wape: float
    coverage: float


def assess(name: str, fitted: FittedForecast, *, lead_time: timedelta) -> Finding:
    """Return what a fit says of how predictable its workload is, where capacity takes `lead_time` to arrive."""
    accuracy = fitted.accuracy
    near, far = (accuracy.first_hour, accuracy.full_horizon)
    scores = near if lead_time <= NEAR else far
    rivals = {rival: scores[rival].quantile_loss for rival in RIVALS if rival in scores}
    best = min(rivals, key=rivals.__getitem__, default="")
    mine = far.get(COMBINATION, Score(math.nan, math.nan, math.nan, math.nan))
    week = far.get("week_naive")
    return Finding(
        name=name,
        gate=fitted.gate,
        origins=accuracy.origins,
        history=fitted.history,
        gain=1 - _share(scores[COMBINATION].quantile_loss, rivals[best]) if best else math.nan,
        rival=best,
        of_week_naive=math.nan if week is None else _share(mine.wape, week.wape),
        wape=mine.wape,
        coverage=mine.coverage,
    )


def rank(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by what a forecast would gain, the largest first: where it may act, where not, where unknown."""

    def place(finding: Finding) -> tuple[bool, bool, float, str]:
        unknown = math.isnan(finding.gain)
        return not finding.gate.open, unknown, 0.0 if unknown else -finding.gain, finding.name

    return tuple(sorted(findings, key=place))


def _share(mine: float, rival: float) -> float:
    """Return mine as a share of the rival's: 1 where both are 0, since nothing is gained or lost."""
    if mine == rival:
        return 1.0
    return mine / rival if rival else math.inf
