"""ForecastReport: what the operator expects for one policy, and how far it may be believed."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from controller.api.capacity_outlook import CapacityOutlook
from controller.api.fields import DnsLabel, ObjectName, Part, Replicas, Sentence, Timestamp
from controller.api.metadata import ObjectKey, ObjectMeta
from controller.api.policy_status import Learned

Figure = Annotated[float, Field(ge=0)]


class ForecastPoint(Part):
    """Demand expected around one hour."""

    time: Timestamp
    """Start of the hour."""
    expected: Figure
    """Median of the forecast, the highest within the hour."""
    planned: Figure
    """Planning percentile of the forecast, the highest within the hour."""


class PlanStep(Part):
    """From this time on, this many replicas."""

    start: Timestamp
    """When the step begins; the change is made a lead time earlier."""
    replicas: Replicas
    """Replicas that cover the planned demand until the next step, as far as bounds allow."""
    reason: Annotated[str, Field(max_length=64)] = ""
    """What asks for so many: `Forecast`, `DemandEvent`, or the bound that is met, such as `BudgetShared`."""
    source: Annotated[str, Field(max_length=253)] = ""
    """The signal, event or bound that this is about."""
    wanted: Replicas | None = None
    """The most that is asked for until the next step, where a bound allows no more than `replicas`; else empty."""


class GateVerdict(Part):
    """Whether the forecast may act, and which test decided."""

    open: bool
    """True while the forecast may act."""
    short_term: bool = False
    """Whether its bound over the lead time acts at least; true where the gate is open."""
    reason: Annotated[str, Field(max_length=64)]
    """The test that decided, in one word."""
    message: Sentence
    """The test that decided, with its figures."""


class ModelWeight(Part):
    """How much one model counts, and why."""

    name: Annotated[str, Field(max_length=64)]
    """The model."""
    weight_percent: Annotated[int, Field(ge=0, le=100)]
    """Its share of the forecast."""
    error_percent: Figure | None = None
    """Its mean absolute error on recent rolling origins, in percent of the demand expected; empty before the first."""


class Accuracy(Part):
    """How good recent forecasts were, on origins the model had not seen."""

    origins: Annotated[int, Field(ge=0)]
    """Number of rolling origins."""
    error_percent: Figure
    """Mean absolute error of the forecast, in percent of mean demand."""
    last_week_error_percent: Figure
    """The same for a copy of last week."""
    coverage_percent: Annotated[float, Field(ge=0, le=100)]
    """Share of samples that stayed under the planning percentile."""


class Seasonality(Part):
    """What a decomposition (STL) of the history shows."""

    daily_share_percent: Annotated[int, Field(ge=0, le=100)]
    """Share of the variation, but for the trend, that the daily season explains."""
    weekly_share_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """Share of the variation, but for the trend, that the weekly season explains; empty within the first two weeks."""
    trend_percent_per_week: float | None = None
    """Change of the level over the last week, in percent; empty within the first two weeks."""


class SignalForecast(Part):
    """The forecast of one load signal."""

    name: DnsLabel
    """The signal."""
    history_days: Figure
    """Days of history behind the fit."""
    gate: GateVerdict
    """Whether the forecast may act, and why."""
    accuracy: Accuracy | None = None
    """How good recent forecasts were."""
    models: Annotated[tuple[ModelWeight, ...], Field(max_length=16)] = ()
    """Which models count, and how much."""
    seasonality: Seasonality | None = None
    """What a decomposition of the history shows."""
    points: Annotated[tuple[ForecastPoint, ...], Field(max_length=72)] = ()
    """Demand expected, hour by hour."""


class ForecastReportSpec(Part):
    """What the report is about."""

    policy: ObjectName
    """Name of the ScalingPolicy."""


class ForecastReportStatus(Part):
    """What the operator expects."""

    generated_at: Timestamp | None = None
    """When this was computed."""
    verdict: Sentence = ""
    """The report in one sentence."""
    plan: Annotated[tuple[PlanStep, ...], Field(max_length=96)] = ()
    """Replicas over the next 48 hours, in few steps."""
    learned: Learned | None = None
    """Numbers learned from the workload itself."""
    signals: Annotated[tuple[SignalForecast, ...], Field(max_length=16)] = ()
    """The forecast of each load signal."""
    outlook: CapacityOutlook | None = None
    """Replicas over the next 90 days, and how long limits last; made anew once a day."""


class ForecastReport(Part):
    """What the operator expects for one policy, hours and months ahead. Owned by the policy, written by us."""

    model_config = ConfigDict(extra="ignore")

    api_version: Literal["headroom.dev/v1alpha1"] = "headroom.dev/v1alpha1"
    kind: Literal["ForecastReport"] = "ForecastReport"
    metadata: ObjectMeta
    spec: ForecastReportSpec
    """What the report is about."""
    status: ForecastReportStatus = ForecastReportStatus()
    """What the operator expects."""

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return self.metadata.key
