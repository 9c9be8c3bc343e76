"""Every reason a decision or condition can give, once, in the API's CamelCase. HPA's words where it has one."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a number is what it is."""

    # voices
    FORECAST = "Forecast"
    LIVE_RATIO = "LiveRatio"
    QUEUE_DRAIN = "QueueDrain"
    STEP_RULE = "StepRule"
    DEMAND_EVENT = "DemandEvent"
    FAILOVER_RESERVE = "FailoverReserve"
    # why a voice is silent
    FORECAST_NOT_READY = "ForecastNotReady"
    FORECAST_GATE_CLOSED = "ForecastGateClosed"
    SIGNAL_UNHEALTHY = "SignalUnhealthy"
    CAPACITY_UNKNOWN = "CapacityUnknown"
    BELOW_THRESHOLD = "BelowThreshold"
    NO_EVENT_DUE = "NoEventDue"
    WAITS_IN_QUEUE = "WaitsInQueue"
    # limits
    SIGNALS_STALE = "SignalsStale"
    SIGNALS_LOST = "SignalsLost"
    FALLBACK_FLOOR = "FallbackFloor"
    OUTAGE = "OutageHeld"
    IN_FLIGHT = "CapacityInFlight"
    WITHIN_TOLERANCE = "WithinTolerance"
    SCALE_DOWN_STABILIZED = "ScaleDownStabilized"
    NEEDED_SOON = "NeededSoon"
    STEP_LIMITED_UP = "ScaleUpLimit"
    STEP_LIMITED_DOWN = "ScaleDownLimit"
    COOLDOWN = "Cooldown"
    SCALE_DOWN_WATCHED = "ScaleDownWatched"
    SCALE_DOWN_UNDONE = "ScaleDownUndone"
    ROLLOUT = "RollingOut"
    DEPENDENCY_LIMIT = "DependencyLimit"
    PAUSED = "Paused"
    PINNED = "Pinned"
    FROZEN = "Frozen"
    TOO_FEW_REPLICAS = "TooFewReplicas"
    TOO_MANY_REPLICAS = "TooManyReplicas"
    # the decision as a whole
    DESIRED_WITHIN_RANGE = "DesiredWithinRange"
    NO_VOICE = "NoVoice"
    # what stands in the way of deciding or acting
    TARGET_NOT_FOUND = "TargetNotFound"
    TARGET_KIND_NOT_GRANTED = "TargetKindNotGranted"
    TARGET_OFF = "TargetOff"
    TARGET_OWNED_BY_HPA = "TargetOwnedByHPA"
    TARGET_OWNED_BY_POLICY = "TargetOwnedByPolicy"
    INVALID_SPEC = "InvalidSpec"
    UNKNOWN_PRESET = "UnknownPreset"
    METRICS_SOURCE_NOT_FOUND = "MetricsSourceNotFound"
    INTERNAL_ERROR = "InternalError"
    # conditions that hold
    RECOMMENDING = "Recommending"
    READY_FOR_SCALE = "ReadyForScale"
    SIGNALS_FRESH = "SignalsFresh"
    FORECAST_WITHIN_MAX = "ForecastWithinMax"
    FORECAST_ABOVE_MAX = "ForecastAboveMax"
    REFIT_FAILING = "RefitFailing"
    NO_ROOM = "NoRoom"
    STEP_RULE_STOPPED = "StepRuleStopped"
    # whether a MetricsSource is reachable
    SOURCE_ANSWERS = "Answering"
    SOURCE_UNREACHABLE = "NotAnswering"
