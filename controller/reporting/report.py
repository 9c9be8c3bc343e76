"""Report: everything a person is shown, as plain data. How it is drawn is page.py's and terminal.py's business.

Where the figures come from is not known here: forecast_report.py fills a Report from a cluster, replay.py from a
replay. A part that is empty or None is a part the reader does not see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from controller.scaling.decision import Candidate, Limiter
from controller.scaling.judging.comparison import Comparison
from controller.scaling.judging.score import Score
from forecasting.series import Values


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Quantities over the same rising times, in drawing order.

    `seconds` holds Unix times, shape (n,); each of `values` has the same shape, and NaN in it is a gap.
    """

    seconds: Values
    values: Mapping[str, Values]

    def __post_init__(self) -> None:
        for name, values in self.values.items():
            if values.shape != self.seconds.shape:
                raise ValueError(f"line {name!r} has shape {values.shape}, its times have {self.seconds.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A forecast over time: what is expected, and the bound that capacity is planned for. Arrays of shape (n,).

    `lower` is the bound below, where there is one. `made` says when each value was known, for example
    `made 3 minutes ahead`.
    """

    seconds: Values
    expected: Values
    planned: Values
    lower: Values | None = None
    made: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
    """How much one model counts, and its mean absolute error in percent of mean demand, where that is known."""

    model: str
    weight_percent: float
    error_percent: float | None = None


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """How good one forecaster was on rolling origins: error in percent of mean demand, coverage in percent."""

    name: str
    error_percent: float
    coverage_percent: float | None = None


@dataclass(frozen=True, slots=True)
class GateRow:
    """Whether the forecast may act, or at least its bound over the lead time, and why: in a word, and with figures."""

    open: bool
    short_term: bool
    reason: str
    message: str

    @property
    def state(self) -> str:
        """What the forecast does, as a verb."""
        return "acts" if self.open else "acts over the lead time alone" if self.short_term else "does not act"


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One part of a decomposed history, in its own unit. Arrays of shape (n,)."""

    name: str
    unit: str
    seconds: Values
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """One load signal: what was measured, what is forecast, and how far the forecast may be believed.

    `season` is a decomposition of the history, its parts on the same times; `season_sentence` says what it shows.
    """

    name: str
    unit: str
    measured: Lines | None = None
    forecast: Band | None = None
    gate: GateRow | None = None
    accuracy: tuple[AccuracyRow, ...] = ()
    weights: tuple[Weight, ...] = ()
    basis: str = ""
    season: tuple[Component, ...] = ()
    season_sentence: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number, what it measures, and what it compares with."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """95th percentile of each policy's latency, in milliseconds, and its limit. Infinite while a queue grows."""

    p95_ms: Lines
    limit_ms: float


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One change of replicas: why, and what every voice and limit had to say about it."""

    time: datetime
    before: int
    after: int
    reason: str
    message: str
    candidates: tuple[Candidate, ...] = ()
    limiters: tuple[Limiter, ...] = ()


@dataclass(frozen=True, slots=True)
class Focus:
    """A window of time in Unix seconds, and why the charts open on it."""

    begin: float
    end: float
    why: str


@dataclass(frozen=True, slots=True)
class TradeOffPoint:
    """One setting: what it cost and missed, whether none beats it in both, and whether it is the one to take."""

    name: str
    pod_hours: float
    minutes: float
    on_front: bool = False
    is_recommended: bool = False


@dataclass(frozen=True, slots=True)
class TradeOff:
    """Settings beside each other, and the minutes over the objective that are allowed."""

    points: tuple[TradeOffPoint, ...]
    allowed_minutes: float
    price: float | None = None
    """Of a pod-hour, in whatever currency."""

    @property
    def by_cost(self) -> tuple[TradeOffPoint, ...]:
        """The settings, cheapest first."""
        return tuple(sorted(self.points, key=lambda point: (point.pod_hours, point.minutes)))


@dataclass(frozen=True, slots=True, eq=False)
class MonthsAhead:
    """Replicas that the peak of each day needs, months ahead. Arrays of shape (days,); `seconds` are Unix times.

    `limits` are replicas that may not be passed, by what sets them; `notes` say in sentences how long they last and
    what all this rests on.
    """

    seconds: Values
    lower: Values
    expected: Values
    bound80: Values
    bound95: Values
    limits: Mapping[str, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """One page about one workload. The first of each set of lines is ours.

    `focus` is the window the charts open on; without it they show everything. `bounds` are
    minReplicas and maxReplicas. `violation_minutes` and `pod_hours` are cumulated from the start.
    """

    title: str
    subtitle: str
    verdict: str
    figures: tuple[Figure, ...] = ()
    scores: tuple[Score, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    demands: tuple[Demand, ...] = ()
    replicas: Lines | None = None
    bounds: tuple[int, int] | None = None
    latency: Latency | None = None
    violation_minutes: Lines | None = None
    pod_hours: Lines | None = None
    decisions: tuple[DecisionRow, ...] = ()
    focus: Focus | None = None
    trade_off: TradeOff | None = None
    months_ahead: MonthsAhead | None = None
    notes: tuple[str, ...] = ()
