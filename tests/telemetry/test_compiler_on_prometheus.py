"""The compiled text, given to a real Prometheus: what it parses to, and what it answers."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import requests

from controller.api.signals import MetricSelector
from controller.telemetry.compiler import Workload, compile_query, result_label
from controller.telemetry.presets import BUILT_IN, Preset
from testbed.history import SampledSeries, counter, gauge, sample_times
from testbed.prometheus import Prometheus
from tests.telemetry.selectors import a_selector

pytestmark = pytest.mark.prometheus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SCRAPE = timedelta(seconds=15)
WINDOW = timedelta(seconds=60)
TIMES = sample_times(NOW, timedelta(minutes=10), SCRAPE)
REQUESTS = {preset.template.name: preset.template for preset in BUILT_IN}["http-request-rate"]
ERRORS = {preset.template.name: preset.template for preset in BUILT_IN}["http-error-ratio"]
LATENCY = {preset.template.name: preset.template for preset in BUILT_IN}["http-p95-latency"]


def a_rate(name: str, rate: float, *, without: slice = slice(0, 0), **labels: str) -> SampledSeries:
    """Return a counter of namespace shop that rises at this rate, without some of its samples."""
    whole = counter(name, {"namespace": "shop", **labels}, TIMES, np.full(len(TIMES), rate))
    times, values = np.delete(whole.times, without), np.delete(whole.values, without)
    return SampledSeries(name, whole.labels, times, values)


def a_level(name: str, value: float, **labels: str) -> SampledSeries:
    """Return a gauge of namespace shop at this value."""
    return gauge(name, {"namespace": "shop", **labels}, TIMES, np.full(len(TIMES), value))


HISTORY = (
    a_rate("http_requests_total", 3.0, pod="web-7d9f8c6b54-x2x4z", code="200"),
    a_rate("http_requests_total", 1.0, pod="web-7d9f8c6b54-24567", code="503"),
    a_rate("http_requests_total", 7.0, pod="db-0", code="200"),
    a_rate("http_requests_total", 0.0, pod="idle-0", code="200"),
    a_rate("http_requests_total", 5.0, pod="back-0", code="200", without=slice(0, -3)),
    a_rate("http_requests_total", 5.0, pod="gap-0", code="200", without=slice(-3, -1)),
    a_rate("http_request_duration_seconds_bucket", 0.0, pod="idle-0", le="0.1"),
    a_rate("http_request_duration_seconds_bucket", 0.0, pod="idle-0", le="+Inf"),
    a_rate("http_request_duration_seconds_count", 0.0, pod="idle-0"),
    a_rate("http_request_duration_seconds_bucket", 90.0, pod="db-0", le="0.1"),
    a_rate("http_request_duration_seconds_bucket", 100.0, pod="db-0", le="0.3"),
    a_rate("http_request_duration_seconds_bucket", 100.0, pod="db-0", le="+Inf"),
    a_rate("http_request_duration_seconds_count", 100.0, pod="db-0"),
    a_level("depth", 5.0, app="a.b", node="1"),
    a_level("depth", 7.0, app="a.b", node="2"),
    a_level("depth", 100.0, app="axb"),
    a_level("sum", 42.0, app="web"),
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with Prometheus(tmp_path_factory.mktemp("prometheus"), history=HISTORY) as server:
        yield server


def read(prometheus: Prometheus, selector: MetricSelector, *workloads: Workload) -> Mapping[str, float]:
    """Return the value of each workload by name; fail on an error or a warning."""
    answer = prometheus.query(compile_query(selector, workloads, window=WINDOW), at=NOW)
    assert answer["status"] == "success", answer
    assert "warnings" not in answer
    label = result_label(selector)
    return {one["metric"][label]: float(one["value"][1]) for one in answer["data"]["result"]}


def test_a_rate_is_summed_over_the_pods_of_each_workload(prometheus: Prometheus) -> None:
    values = read(prometheus, REQUESTS, Workload("shop", "web"), Workload("shop", "db"))

    assert values == pytest.approx({"web": 4.0, "db": 7.0})


def test_a_rate_after_a_gap_is_missing_until_its_window_is_whole_again(prometheus: Prometheus) -> None:
    values = read(prometheus, REQUESTS, Workload("shop", "back"), Workload("shop", "gap"))

    assert values == pytest.approx({"gap": 5.0})


def test_another_namespace_sees_nothing_of_it(prometheus: Prometheus) -> None:
    assert read(prometheus, REQUESTS, Workload("bank", "web")) == {}


def test_an_error_ratio_is_zero_without_errors_and_without_requests(prometheus: Prometheus) -> None:
    values = read(prometheus, ERRORS, *(Workload("shop", name) for name in ("web", "db", "idle", "gone")))

    assert values == pytest.approx({"web": 0.25, "db": 0.0, "idle": 0.0})


def test_a_percentile_is_read_from_buckets_and_zero_without_requests(prometheus: Prometheus) -> None:
    values = read(prometheus, LATENCY, *(Workload("shop", name) for name in ("db", "idle", "gone")))

    assert values == pytest.approx({"db": 0.2, "idle": 0.0})


@pytest.mark.parametrize(("aggregation", "expected"), [("Sum", 12.0), ("Max", 7.0), ("Average", 6.0)])
def test_a_dot_in_a_name_is_only_a_dot(prometheus: Prometheus, aggregation: str, expected: float) -> None:
    values = read(prometheus, a_selector(aggregation=aggregation), Workload("shop", "a.b"))

    assert values == pytest.approx({"a.b": expected})


def test_a_metric_may_be_called_like_a_keyword(prometheus: Prometheus) -> None:
    assert read(prometheus, a_selector(metric="sum"), Workload("shop", "web")) == {"web": 42.0}


def selectors_in(node: Any) -> Iterator[list[dict[str, str]]]:  # noqa: ANN401  any node of a parsed query
    """Yield the matchers of every selector in a parsed query."""
    if isinstance(node, dict):
        if node.get("type") in ("vectorSelector", "matrixSelector"):
            yield node["matchers"]
        for child in node.values():
            yield from selectors_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from selectors_in(child)


def parse(prometheus: Prometheus, query: str) -> list[list[dict[str, str]]]:
    """Return the matchers of every selector, as the real parser understands the query."""
    answer = requests.post(f"{prometheus.url}/api/v1/parse_query", data={"query": query}, timeout=10).json()
    assert answer["status"] == "success", (query, answer)
    return list(selectors_in(answer["data"]))


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda preset: preset.template.name)
def test_every_preset_is_valid_and_kept_to_its_namespaces(prometheus: Prometheus, preset: Preset) -> None:
    query = compile_query(preset.template, [Workload("shop", "web"), Workload("bank", "api")], window=WINDOW)

    for matchers in parse(prometheus, query):
        (namespace,) = [matcher for matcher in matchers if matcher["name"] == "namespace"]
        assert (namespace["type"], namespace["value"]) == ("=~", "bank|shop")


HOSTILE_PIECES = [*"\"\\}{|()[]\n\r\t\0#'`,^+é🔥\x7f\u2028", ".*", "$1", " or ", 'namespace=~".*"', "=~", "up", "(?i)"]


def test_hostile_text_leaves_one_forced_namespace_matcher_on_every_selector(prometheus: Prometheus) -> None:
    chance = random.Random(20260302)  # noqa: S311  a seed makes it repeatable; nothing is secret
    for _ in range(300):
        namespace, name, value = ("".join(chance.choices(HOSTILE_PIECES, k=chance.randint(1, 6))) for _ in range(3))
        selector = a_selector(
            workloadLabel=chance.choice(["app", "pod"]), matchers=[{"label": "job", "values": [value]}]
        )

        for matchers in parse(prometheus, compile_query(selector, [Workload(namespace, name)], window=WINDOW)):
            forced = [matcher for matcher in matchers if matcher["name"] == "namespace"]
            assert len(forced) == 1
            assert (forced[0]["type"], unquoted(forced[0]["value"])) == ("=~", namespace)


def unquoted(expression: str) -> str:
    """Undo RE2's quoting."""
    characters = iter(expression)
    return "".join(next(characters) if character == "\\" else character for character in characters)
