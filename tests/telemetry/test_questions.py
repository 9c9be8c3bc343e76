from collections.abc import Mapping

import pytest

from controller.api.metrics_source import MetricsSource
from controller.scaling.reasons import Reason
from controller.telemetry.compiler import Workload
from controller.telemetry.presets import BUILT_IN, Preset, presets_of
from controller.telemetry.questions import ask, find_obstacle, resolve_template
from tests.builders import a_policy
from tests.telemetry.selectors import a_source

OWN = {"name": "http-request-rate", "metric": "istio_requests_total", "type": "Counter"}


def only(source: MetricsSource) -> Mapping[str, MetricsSource]:
    return {source.metadata.name: source}


def test_builtin_presets_cover_the_golden_signals() -> None:
    assert set(presets_of(a_source().spec)) >= {
        "http-request-rate",
        "http-p95-latency",
        "http-p95-latency-native",
        "http-error-ratio",
        "queue-depth",
        "cpu-cores",
    }


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda preset: preset.template.name)
def test_every_builtin_preset_says_what_it_measures_and_what_it_needs(preset: Preset) -> None:
    assert preset.template.description.endswith(".")
    assert preset.unit
    assert preset.labels[:2] == ("namespace", preset.template.workload_label)


def test_a_sources_own_preset_replaces_the_builtin_of_the_same_name() -> None:
    (signal,) = a_policy().spec.signals

    selector = resolve_template(signal, a_source(presets=[OWN]))

    assert selector.metric == "istio_requests_total"


def test_equal_custom_metrics_share_one_question_whatever_they_are_called() -> None:
    metric = {"metric": "jobs_total", "type": "Counter"}
    policies = [
        a_policy({"name": "mine", "metric": metric}, namespace="shop"),
        a_policy({"name": "yours", "metric": metric}, namespace="bank"),
    ]

    asked = [ask(policy, policy.spec.signals[0], only(a_source()).get) for policy in policies]

    assert {one.question for one in asked} == {asked[0].question}
    assert [one.workload for one in asked] == [Workload("shop", "web"), Workload("bank", "web")]


def test_a_custom_metric_equal_to_a_preset_shares_its_question() -> None:
    metric = {"metric": "http_requests_total", "type": "Counter"}
    policy = a_policy({"name": "a", "preset": "http-request-rate"}, {"name": "b", "metric": metric})

    asked = {ask(policy, signal, only(a_source()).get).question for signal in policy.spec.signals}

    assert len(asked) == 1


def test_a_signal_may_name_its_workload() -> None:
    policy = a_policy({"name": "queue", "preset": "queue-depth", "workload": "orders"})

    asked = ask(policy, policy.spec.signals[0], only(a_source()).get)

    assert asked.workload == Workload("shop", "orders")


CUSTOM = {"metric": "depth", "type": "Gauge"}
OBSTACLES = [
    (
        "a preset nobody knows",
        {"preset": "http-rps"},
        "default",
        Reason.UNKNOWN_PRESET,
        "has no preset 'http-rps'; it has",
    ),
    (
        "a source nobody made",
        {"preset": "queue-depth"},
        "other",
        Reason.METRICS_SOURCE_NOT_FOUND,
        "MetricsSource 'other' does not exist",
    ),
    (
        "a matcher on the namespace",
        {"metric": {**CUSTOM, "matchers": [{"label": "namespace", "values": ["bank"]}]}},
        "default",
        Reason.INVALID_SPEC,
        "signal s: matchers must not name 'namespace'",
    ),
]


@pytest.mark.parametrize(
    ("signal", "source", "reason", "sentence"), [case[1:] for case in OBSTACLES], ids=[case[0] for case in OBSTACLES]
)
def test_a_signal_that_cannot_be_asked_says_why(
    signal: dict[str, object], source: str, reason: Reason, sentence: str
) -> None:
    policy = a_policy({"name": "s", **signal}, metricsSource=source)

    obstacle = find_obstacle(policy, only(a_source()).get)

    assert obstacle is not None
    assert (obstacle.reason, sentence in obstacle.message) == (reason, True)


def test_a_policy_whose_signals_can_be_asked_has_no_obstacle() -> None:
    assert find_obstacle(a_policy(), only(a_source()).get) is None
