"""Resources with one mistake each, and the sentence it must get. The models and the API server hold the same rules
twice; this one table is sent to both, so that they cannot drift.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

METADATA = {"name": "web", "namespace": "default"}
GOOD_SPECS: Mapping[str, dict[str, Any]] = {
    "ScalingPolicy": {
        "scaleTargetRef": {"name": "web"},
        "minReplicas": 2,
        "maxReplicas": 20,
        "signals": [
            {"name": "requests", "preset": "http-request-rate", "load": {"perReplica": 100}},
            {"name": "depth", "preset": "queue-depth"},
        ],
    },
    "DemandEvent": {
        "start": "2026-11-27T08:00:00Z",
        "end": "2026-11-27T20:00:00+01:00",
        "multiplierPercent": 300,
        "policies": ["web"],
    },
    "MetricsSource": {"url": "https://prometheus.monitoring:9090/prometheus"},
    "ForecastReport": {"policy": "web"},
}


def a_document(kind: str = "ScalingPolicy", **spec: object) -> dict[str, Any]:
    """Return a good resource of this kind with these fields of its spec replaced; None takes a field away."""
    replaced = {**deepcopy(GOOD_SPECS[kind]), **spec}
    kept = {name: value for name, value in replaced.items() if value is not None}
    return {"apiVersion": "headroom.dev/v1alpha1", "kind": kind, "metadata": dict(METADATA), "spec": kept}


@dataclass(frozen=True)
class Mistake:
    """One mistake: what a person did, the document, the field that is named, and a piece of the sentence.

    Where the two say it in words of their own, `server_sentence` is the API server's.
    """

    what: str
    document: Mapping[str, Any]
    field: str
    sentence: str
    server_sentence: str = ""

    @property
    def served_sentence(self) -> str:
        """What the API server's answer must hold."""
        return self.server_sentence or self.sentence


def load(**fields: object) -> list[dict[str, Any]]:
    """Return signals with a request rate of this load, and a queue; None takes a field away."""
    given = {name: value for name, value in {"perReplica": 100, **fields}.items() if value is not None}
    return [{"name": "requests", "preset": "http-request-rate", "load": given}, DEPTH]


def measured(**fields: object) -> list[dict[str, Any]]:
    """Return one signal read from this metric."""
    return [{"name": "latency", "metric": {"metric": "http_seconds", "type": "Gauge", **fields}}]


def rule(*steps: Mapping[str, Any], **fields: object) -> list[dict[str, Any]]:
    """Return one step rule on the queue with these steps."""
    return [{"name": "deep-queue", "signal": "depth", "steps": [dict(step) for step in steps], **fields}]


BUDGETED = {"indicators": [{"signal": "depth", "above": "0.25"}]}
NIGHT = {"name": "night", "start": "22:00", "end": "06:00", "minReplicas": 4}
DEPTH = {"name": "depth", "preset": "queue-depth"}
DATABASE = {"name": "database", "signal": "depth", "above": 90}
ABOVE_1000 = {"above": 1000, "addPercent": 50}
ABOVE_ZERO = ("should be greater than 0", "should be greater than or equal to 1")
NOT_A_QUANTITY = ("is not a quantity of at least 0", "should match '^(0|[1-9][0-9]*)")
REQUIRED = ("Field required", "Required value")
A_TIME_ZONE_IS_MISSING = ("should have timezone info", "must be of type date-time")

MISTAKES = (
    # replicas and target
    Mistake(
        "bounds the wrong way round",
        a_document(minReplicas=9, maxReplicas=3),
        "spec",
        "minReplicas must not be above maxReplicas",
    ),
    Mistake("no highest count", a_document(maxReplicas=None), "spec.maxReplicas", *REQUIRED),
    Mistake("a highest count of none", a_document(maxReplicas=0), "spec.maxReplicas", "greater than or equal to 1"),
    Mistake("a lowest count of none", a_document(minReplicas=0), "spec.minReplicas", "greater than or equal to 1"),
    Mistake("too many", a_document(maxReplicas=10_001), "spec.maxReplicas", "less than or equal to 10000"),
    Mistake(
        "a word for a number",
        a_document(maxReplicas="ten"),
        "spec.maxReplicas",
        "should be a valid integer",
        "must be of type integer",
    ),
    Mistake("no target", a_document(scaleTargetRef=None), "spec.scaleTargetRef", *REQUIRED),
    Mistake("a target without name", a_document(scaleTargetRef={}), "spec.scaleTargetRef.name", *REQUIRED),
    Mistake("a capital name", a_document(scaleTargetRef={"name": "Web"}), "spec.scaleTargetRef.name", "should match"),
    Mistake(
        "a lower-case kind",
        a_document(scaleTargetRef={"name": "web", "kind": "deployment"}),
        "spec.scaleTargetRef.kind",
        "should match",
    ),
    Mistake(
        "a path for an API group",
        a_document(scaleTargetRef={"name": "web", "apiVersion": "../v1"}),
        "spec.scaleTargetRef.apiVersion",
        "should match",
    ),
    Mistake(
        "a target elsewhere",
        a_document(scaleTargetRef={"name": "web", "namespace": "other"}),
        "spec.scaleTargetRef.namespace",
        "Extra inputs are not permitted",
        "unknown field",
    ),
    Mistake("an unknown mode", a_document(mode="On"), "spec.mode", "'Recommend' or 'Active'", "Unsupported value"),
    Mistake("an unknown actuator", a_document(actuator="Pods"), "spec.actuator", "'Scale'", "Unsupported value"),
    Mistake(
        "a slip of the pen",
        a_document(minReplica=3),
        "spec.minReplica",
        "Extra inputs are not permitted",
        "unknown field",
    ),
    # error budget
    *(
        Mistake(
            f"a target of {target}",
            a_document(objective={**BUDGETED, "errorBudget": {"targetPercent": target}}),
            "spec.objective.errorBudget.targetPercent",
            "is not a target from 50 to 99.99 percent",
            sentence,
        )
        for target, sentence in (
            (49, "should be greater than or equal to 50"),
            (100, "should be less than or equal to 99"),
            ("99.999", "Too long"),
            ("99%", "should match"),
        )
    ),
    Mistake(
        "a budget that nothing measures",
        a_document(
            objective={"p95Milliseconds": 250, "errorBudget": {"targetPercent": 99}},
            signals=load(serviceTimeMilliseconds=80),
        ),
        "spec.objective",
        "errorBudget is measured by indicators, or by latencySignal and p95Milliseconds: set these",
    ),
    # schedules
    Mistake(
        "a schedule that asks for nothing",
        a_document(schedules=[NIGHT, {"name": "idle", "start": "08:00", "end": "09:00"}]),
        "spec.schedules[1]",
        "set multiplierPercent, minReplicas or both",
    ),
    Mistake(
        "a schedule that is over before it begins",
        a_document(schedules=[{**NIGHT, "firstDate": "2026-12-24", "lastDate": "2026-12-23"}]),
        "spec.schedules[0]",
        "firstDate must not be after lastDate",
    ),
    Mistake(
        "a multiplier of the last time without one for the first",
        a_document(schedules=[{**NIGHT, "multiplierSource": "LastTime"}]),
        "spec.schedules[0]",
        "multiplierSource LastTime needs multiplierPercent for the first time",
    ),
    Mistake(
        "an event like another without a multiplier of its own",
        a_document("DemandEvent", multiplierPercent=None, minReplicas=9, likeEvent="black-friday-2025"),
        "spec",
        "likeEvent needs multiplierPercent as well",
    ),
    Mistake(
        "holidays left out that nobody named",
        a_document(schedules=[{**NIGHT, "exceptHolidays": True}]),
        "spec",
        "exceptHolidays of a schedule needs forecast.holidays",
    ),
    Mistake(
        "a time of day without quotes, as YAML reads it",
        a_document(schedules=[{**NIGHT, "start": 1320}]),
        "spec.schedules[0].start",
        'is not a time of day; write it in quotes, like "08:00"',
        "must be of type string",
    ),
    Mistake(
        "an hour that no day has",
        a_document(schedules=[{**NIGHT, "end": "24:00"}]),
        "spec.schedules[0].end",
        "is not a time of day",
        "should match",
    ),
    Mistake(
        "a date that no year has",
        a_document(schedules=[{**NIGHT, "exceptDates": ["2026-02-30"]}]),
        "spec.schedules[0].exceptDates[0]",
        "is not a date; write it like 2026-12-24",
        "must be of type date",
    ),
    Mistake(
        "a weekday twice",
        a_document(schedules=[{**NIGHT, "weekdays": ["Monday", "Monday"]}]),
        "spec.schedules[0].weekdays",
        "must not be listed twice",
        "Duplicate value",
    ),
    # signals
    Mistake("nothing measured", a_document(signals=[]), "spec.signals", "should have at least 1 item"),
    Mistake(
        "too many signals",
        a_document(signals=[{"name": f"s{i}", "preset": "cpu"} for i in range(17)]),
        "spec.signals",
        "have at most 16 items",
    ),
    Mistake("one name twice", a_document(signals=[DEPTH, DEPTH]), "spec.signals", "must be unique", "Duplicate value"),
    Mistake(
        "a signal read in two ways",
        a_document(signals=[{**DEPTH, "metric": {"metric": "queue_items", "type": "Gauge"}}]),
        "spec.signals[0]",
        "set exactly one of preset and metric",
    ),
    Mistake(
        "a signal read in no way",
        a_document(signals=[{"name": "depth"}]),
        "spec.signals[0]",
        "set exactly one of preset and metric",
    ),
    Mistake(
        "PromQL for a metric",
        a_document(signals=measured(metric="sum(rate(x[5m]))")),
        "spec.signals[0].metric.metric",
        "should match",
    ),
    Mistake(
        "a percentile of a gauge",
        a_document(signals=measured(percentile=95)),
        "spec.signals[0].metric",
        "percentile is read from a histogram only",
    ),
    Mistake(
        "a histogram without percentile",
        a_document(signals=measured(type="Histogram")),
        "spec.signals[0].metric",
        "a histogram needs percentile, for example 95",
    ),
    Mistake(
        "a matcher without values",
        a_document(signals=measured(matchers=[{"label": "path", "values": []}])),
        "spec.signals[0].metric.matchers[0].values",
        "should have at least 1 item",
    ),
    Mistake(
        "a replica that serves nothing",
        a_document(signals=load(perReplica=0)),
        "spec.signals[0].load.perReplica",
        *ABOVE_ZERO,
    ),
    Mistake(
        "a replica that serves nothing, as text",
        a_document(signals=load(perReplica="0.0")),
        "spec.signals[0].load.perReplica",
        "should be greater than 0",
        "should match",
    ),
    Mistake("a URL in a policy", a_document(metricsSource="http://x"), "spec.metricsSource", "should match"),
    # objective and forecast
    Mistake(
        "a service time of replicas whose capacity is to be learned",
        a_document(signals=load(perReplica=None, serviceTimeMilliseconds=100)),
        "spec.signals[0].load",
        "serviceTimeMilliseconds needs perReplica: give both, or leave out both to have them learned",
    ),
    Mistake(
        "a capacity to be learned from nothing",
        a_document(signals=load(perReplica=None), objective={"p95Milliseconds": 250}),
        "spec",
        "a load without perReplica needs objective.p95Milliseconds and objective.latencySignal to be learned from",
    ),
    Mistake(
        "a latency that is not measured",
        a_document(objective={"latencySignal": "latency"}),
        "spec",
        "objective.latencySignal must name one of spec.signals that has no load",
    ),
    Mistake(
        "demand for a latency",
        a_document(objective={"latencySignal": "requests"}),
        "spec",
        "objective.latencySignal must name one of spec.signals that has no load",
    ),
    Mistake(
        "a latency goal without service time",
        a_document(objective={"p95Milliseconds": 250}),
        "spec",
        "objective.p95Milliseconds needs load.serviceTimeMilliseconds on a signal",
    ),
    Mistake(
        "a latency goal below the service time",
        a_document(objective={"p95Milliseconds": 250}, signals=load(serviceTimeMilliseconds=250)),
        "spec",
        "objective.p95Milliseconds must be above every load.serviceTimeMilliseconds",
    ),
    Mistake(
        "planning for less than half",
        a_document(forecast={"planningPercentile": 30}),
        "spec.forecast.planningPercentile",
        "greater than or equal to 50",
    ),
    Mistake(
        "holidays of a country by its name",
        a_document(forecast={"holidays": {"country": "USA"}}),
        "spec.forecast.holidays.country",
        "at most 2",
        "Too long",
    ),
    Mistake(
        "holidays of a country in small letters",
        a_document(forecast={"holidays": {"country": "us"}}),
        "spec.forecast.holidays.country",
        "'^[A-Z]{2}$'",
    ),
    Mistake(
        "holidays of a part of a country by its name",
        a_document(forecast={"holidays": {"country": "DE", "subdivision": "Bayern"}}),
        "spec.forecast.holidays.subdivision",
        "at most 3",
        "Too long",
    ),
    Mistake(
        "holidays of a part of no country",
        a_document(forecast={"holidays": {"subdivision": "NY"}}),
        "spec.forecast.holidays.country",
        *REQUIRED,
    ),
    # step rules
    Mistake(
        "a negative threshold",
        a_document(stepScaling=rule({"above": -5, "addPercent": 50})),
        "spec.stepScaling[0].steps[0].above",
        "is not a quantity of at least 0",
        "should be greater than or equal to 0",
    ),
    Mistake(
        "a negative threshold, as text",
        a_document(stepScaling=rule({"above": "-5", "addPercent": 50})),
        "spec.stepScaling[0].steps[0].above",
        *NOT_A_QUANTITY,
    ),
    Mistake(
        "a threshold in no known unit",
        a_document(stepScaling=rule({"above": "250ms", "addPercent": 50})),
        "spec.stepScaling[0].steps[0].above",
        *NOT_A_QUANTITY,
    ),
    Mistake(
        "a rule about a signal that is not there",
        a_document(stepScaling=rule(ABOVE_1000, signal="dept")),
        "spec",
        "every step rule must name one of spec.signals",
    ),
    Mistake(
        "a rule without steps",
        a_document(stepScaling=rule()),
        "spec.stepScaling[0].steps",
        "should have at least 1 item",
    ),
    Mistake(
        "a step that adds nothing",
        a_document(stepScaling=rule({"above": 1000})),
        "spec.stepScaling[0].steps[0]",
        "set exactly one of addPercent and addReplicas",
    ),
    Mistake(
        "a step that adds two ways",
        a_document(stepScaling=rule({**ABOVE_1000, "addReplicas": 3})),
        "spec.stepScaling[0].steps[0]",
        "set exactly one of addPercent and addReplicas",
    ),
    Mistake(
        "thresholds that fall",
        a_document(stepScaling=rule(ABOVE_1000, {"above": "900", "addPercent": 80})),
        "spec.stepScaling[0]",
        "the thresholds of a step rule must rise",
    ),
    Mistake(
        "one threshold twice, written in two ways",
        a_document(stepScaling=rule(ABOVE_1000, {"above": "1k", "addPercent": 80})),
        "spec.stepScaling[0]",
        "the thresholds of a step rule must rise",
    ),
    Mistake(
        "re-arming above the threshold",
        a_document(stepScaling=rule(ABOVE_1000, rearmBelow="1001")),
        "spec.stepScaling[0]",
        "rearmBelow must not be above the lowest threshold of its rule",
    ),
    Mistake(
        "zero through the floor of an HPA",
        a_document(scaleToZero={}, actuator="HPAMinReplicas"),
        "spec",
        "scaleToZero needs actuator Scale and a signal with a load",
    ),
    Mistake(
        "zero without demand that could wake it",
        a_document(scaleToZero={}, signals=[DEPTH]),
        "spec",
        "scaleToZero needs actuator Scale and a signal with a load",
    ),
    Mistake(
        "an idle time of nothing",
        a_document(scaleToZero={"idleSeconds": 0}),
        "spec.scaleToZero.idleSeconds",
        "should be greater than or equal to 60",
    ),
    # queues
    Mistake(
        "a queue with a load",
        a_document(signals=[*load()[:1], {**DEPTH, "queue": {"arrivals": "requests"}, "load": {"perReplica": 1}}]),
        "spec.signals[1]",
        "the depth of a queue is no load",
    ),
    Mistake(
        "a queue whose arrivals are no load",
        a_document(signals=[{**DEPTH, "queue": {"arrivals": "depth"}}]),
        "spec",
        "queue.arrivals must name one of spec.signals that has a load",
    ),
    Mistake(
        "a queue to drain in no time",
        a_document(signals=[*load()[:1], {**DEPTH, "queue": {"arrivals": "requests", "drainTargetSeconds": 30}}]),
        "spec.signals[1].queue.drainTargetSeconds",
        "greater than or equal to 60",
    ),
    # indicators and dependencies
    Mistake(
        "an indicator that is not measured",
        a_document(objective={"indicators": [{"signal": "errors", "above": "0.02"}]}),
        "spec",
        "every indicator of the objective must name one of spec.signals",
    ),
    Mistake(
        "a dependency that is not measured",
        a_document(dependencies=[{**DATABASE, "signal": "connections"}]),
        "spec",
        "every dependency must name one of spec.signals",
    ),
    Mistake(
        "a cap without a number",
        a_document(dependencies=[{**DATABASE, "action": "Cap"}]),
        "spec.dependencies[0]",
        "set maxReplicas with action Cap, and only then",
    ),
    Mistake(
        "a block with a number",
        a_document(dependencies=[{**DATABASE, "maxReplicas": 5}]),
        "spec.dependencies[0]",
        "set maxReplicas with action Cap, and only then",
    ),
    Mistake(
        "a dependency without a limit",
        a_document(dependencies=[{"name": "database", "signal": "depth"}]),
        "spec.dependencies[0].above",
        *REQUIRED,
    ),
    # limits
    Mistake(
        "a dead band of everything",
        a_document(behavior={"scaleDown": {"tolerancePercent": 80}}),
        "spec.behavior.scaleDown.tolerancePercent",
        "less than or equal to 50",
    ),
    Mistake("a pin for ever", a_document(pin={"replicas": 3}), "spec.pin.until", *REQUIRED),
    Mistake(
        "a pause until no zone's morning",
        a_document(pause={"until": "2026-11-21T10:00:00"}),
        "spec.pause.until",
        *A_TIME_ZONE_IS_MISSING,
    ),
    Mistake(
        "a fallback at the first gap",
        a_document(fallback={"replicas": 5, "afterSeconds": 5}),
        "spec.fallback.afterSeconds",
        "greater than or equal to 60",
    ),
    # events
    Mistake(
        "an event that ends before it starts",
        a_document("DemandEvent", end="2026-11-26T08:00:00Z"),
        "spec",
        "start must be before end",
    ),
    Mistake(
        "an event that asks for nothing",
        a_document("DemandEvent", multiplierPercent=None),
        "spec",
        "set multiplierPercent, minReplicas or both",
    ),
    Mistake(
        "an event that lowers demand",
        a_document("DemandEvent", multiplierPercent=50),
        "spec.multiplierPercent",
        "greater than or equal to 100",
    ),
    Mistake("an event for nobody", a_document("DemandEvent", policies=[]), "spec.policies", "at least 1 item"),
    # sources
    Mistake("no scheme", a_document("MetricsSource", url="prometheus:9090"), "spec.url", "should match"),
    Mistake(
        "a password in the URL", a_document("MetricsSource", url="https://u:p@prometheus"), "spec.url", "should match"
    ),
    Mistake("a relative file", a_document("MetricsSource", caFile="ca.crt"), "spec.caFile", "should match"),
    Mistake(
        "no patience",
        a_document("MetricsSource", timeoutSeconds=0),
        "spec.timeoutSeconds",
        "greater than or equal to 1",
    ),
    # reports
    Mistake("a report on nothing", a_document("ForecastReport", policy=None), "spec.policy", *REQUIRED),
)

# What the API server cannot know. These end in a condition of the policy.
BEYOND_THE_API_SERVER = (
    Mistake(
        "a time zone that is not on Earth",
        a_document(forecast={"timeZone": "Mars/Olympus"}),
        "spec.forecast.timeZone",
        "is not an IANA time zone; write it like UTC or Europe/Berlin",
    ),
    Mistake(
        "a schedule of a time zone that is not on Earth",
        a_document(schedules=[{**NIGHT, "timeZone": "Mars/Olympus"}]),
        "spec.schedules[0].timeZone",
        "is not an IANA time zone; write it like UTC or Europe/Berlin",
    ),
)

GOOD = (
    a_document(
        forecast={"timeZone": "Europe/Berlin", "holidays": {"country": "DE"}},
        schedules=[
            {**NIGHT, "weekdays": ["Monday", "Sunday"], "exceptHolidays": True, "exceptDates": ["2026-12-24"]},
            {**NIGHT, "name": "sale", "multiplierPercent": 250, "firstDate": "2026-12-24", "lastDate": "2026-12-24"},
            {**NIGHT, "name": "show", "multiplierPercent": 250, "multiplierSource": "LastTime"},
        ],
    ),
    *(a_document(kind) for kind in GOOD_SPECS),
    *(
        a_document(stepScaling=rule({"above": above, "addPercent": 50}))
        for above in (0, 1500, "0", "0.25", "250m", "2Ki", "1.5k")
    ),
    *(a_document(signals=load(perReplica=amount)) for amount in (1, "0.01", "10m", "1.0")),
    a_document(stepScaling=rule(ABOVE_1000, {"above": "2k", "addReplicas": 8}, rearmBelow="999.9")),
    a_document(objective={"p95Milliseconds": 250}, signals=load(serviceTimeMilliseconds=80)),
    a_document(signals=measured(type="Histogram", percentile=95)),
    a_document(signals=[*load()[:1], {**DEPTH, "queue": {"arrivals": "requests", "drainTargetSeconds": 300}}]),
    a_document(objective={"indicators": [{"signal": "depth", "above": "0.25"}]}),
    a_document(dependencies=[DATABASE, {**DATABASE, "name": "replica", "action": "Cap", "maxReplicas": 5}]),
    a_document("DemandEvent", multiplierPercent=None, minReplicas=12),
    a_document("DemandEvent", likeEvent="black-friday-2025"),
    *(a_document(objective={**BUDGETED, "errorBudget": {"targetPercent": target}}) for target in (99, "99.9", "50.25")),
)
