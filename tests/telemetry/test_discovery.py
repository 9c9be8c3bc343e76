"""Which workloads a source has a signal of: the question as text, and answers that are not trusted."""

import pytest

from controller.api.signals import MetricSelector
from controller.errors import InputRefused
from controller.telemetry.compiler import Workload
from controller.telemetry.discovery import compile_discovery, read_workloads
from controller.telemetry.failures import AnswerRefused
from controller.telemetry.presets import BUILT_IN
from tests.telemetry.selectors import WEB, a_selector

PRESETS = {preset.template.name: preset.template for preset in BUILT_IN}
PODS = a_selector(workloadLabel="pod")
WITHOUT_ERRORS = a_selector(
    metric="errors", divideBy={"metric": "requests", "matchers": [{"label": "job", "values": ["web"]}]}
)


@pytest.mark.parametrize(
    ("selector", "namespaces", "query"),
    [
        (a_selector(), [], 'group by (namespace,app) ({__name__="depth",namespace!="",app!=""})'),
        (
            a_selector(),
            ["shop", "b.k"],
            'group by (namespace,app) ({__name__="depth",namespace=~"b\\\\.k|shop",app!=""})',
        ),
        (PRESETS["http-p95-latency"], [], "http_request_duration_seconds_count"),
        (PRESETS["http-p95-latency-native"], [], '__name__="http_request_duration_seconds",'),
        (PRESETS["cpu-cores"], [], 'pod!="",container!~"|POD"'),
        (WITHOUT_ERRORS, [], '__name__="requests",namespace!="",app!="",job=~"web"'),
    ],
    ids=["everywhere", "in two namespaces", "a histogram", "a native histogram", "matchers of a template", "a ratio"],
)
def test_the_question_is_who_has_the_metric_now(selector: MetricSelector, namespaces: list[str], query: str) -> None:
    assert query in compile_discovery(selector, namespaces)


def test_a_template_that_cannot_be_compiled_is_refused() -> None:
    with pytest.raises(InputRefused, match="workloadLabel"):
        compile_discovery(a_selector(workloadLabel="namespace"), [])


def series(**labels: object) -> dict[str, object]:
    return {"metric": labels, "value": [0, "1"]}


def test_workloads_are_told_by_their_label() -> None:
    answer = [series(namespace="shop", app="web"), series(namespace="bank", app="api")]

    assert read_workloads(answer, a_selector(), []) == (Workload("bank", "api"), WEB)


def test_pods_of_one_workload_are_one_workload() -> None:
    pods = ["web-7d9f8c6b54-x2x4z", "web-7d9f8c6b54-b2b4z", "db-0", "db-1", "node-agent-x2x4z", "lonely"]
    answer = [series(namespace="shop", pod=pod) for pod in pods]

    assert read_workloads(answer, PODS, ["shop"]) == (Workload("shop", "db"), WEB)


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        ("text", "not a series"),
        ({"metric": None}, "not a series"),
        (series(app="web"), "no namespace"),
        (series(namespace="shop"), "no workload"),
        (series(namespace="shop", app=7), "no workload"),
        (series(namespace="", app="web"), "no namespace"),
        (series(namespace="bank", app="web"), "not asked for"),
    ],
    ids=["text", "no labels", "no namespace", "no label", "a number", "an empty namespace", "another namespace"],
)
def test_an_odd_series_refuses_the_whole_answer(odd: object, sentence: str) -> None:
    with pytest.raises(AnswerRefused, match=sentence):
        read_workloads([series(namespace="shop", app="web"), odd], a_selector(), ["shop"])
