"""The examples are the first thing people copy: they must be valid, and the trace must be what its README says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from controller.api.demand_event import DemandEvent
from controller.api.metrics_source import MetricsSource
from controller.api.scaling_policy import ScalingPolicy
from controller.api.schedule import Schedule
from controller.cli.reading.resources import load_policy
from controller.cluster.hpas import project_hpa
from controller.cluster.targets import TargetKey
from controller.simulation.traces import read_trace
from controller.telemetry.exporter import WANTED

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_policy_is_valid_and_uses_every_part() -> None:
    spec = load_policy(EXAMPLES / "policy.yaml").spec
    parts = {"objective", "forecast", "capacity", "step_scaling", "behavior", "fallback"}
    assert parts <= spec.model_fields_set
    assert {rule.signal for rule in spec.step_scaling} == {"waiting", "latency"}


def test_the_policy_with_schedules_is_valid_and_uses_all_that_a_schedule_has() -> None:
    spec = load_policy(EXAMPLES / "policy-with-schedules.yaml").spec
    assert set.union(*(schedule.model_fields_set for schedule in spec.schedules)) == set(Schedule.model_fields)


def test_the_demand_event_is_valid_and_names_the_policy() -> None:
    event = DemandEvent.model_validate(yaml.safe_load((EXAMPLES / "demand-event.yaml").read_text()))
    policy = load_policy(EXAMPLES / "policy.yaml")
    assert (event.metadata.namespace, event.spec.policies) == (policy.metadata.namespace, (policy.metadata.name,))


def test_the_metrics_source_is_valid_and_the_one_the_policy_asks() -> None:
    source = MetricsSource.model_validate(yaml.safe_load((EXAMPLES / "metrics-source.yaml").read_text()))
    assert source.metadata.name == load_policy(EXAMPLES / "policy.yaml").spec.metrics_source


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLES / "actuators" / name).read_text()))


@pytest.mark.parametrize(
    ("file", "actuator"),
    [("scale.yaml", "Scale"), ("hpa-floor.yaml", "HPAMinReplicas"), ("metric.yaml", "Metric"), ("zero.yaml", "Scale")],
)
def test_there_is_an_active_policy_for_each_actuator(file: str, actuator: str) -> None:
    (raw,) = [document for document in documents(file) if document["kind"] == "ScalingPolicy"]
    spec = ScalingPolicy.model_validate(raw).spec
    assert (spec.mode, spec.actuator) == ("Active", actuator)


@pytest.mark.parametrize("file", ["hpa-floor.yaml", "metric-prometheus-adapter.yaml"])
def test_the_hpa_of_an_example_scales_what_the_policy_scales(file: str) -> None:
    (policy,) = [document for document in documents("metric.yaml") if document["kind"] == "ScalingPolicy"]
    (raw,) = [document for document in documents(file) if document["kind"] == "HorizontalPodAutoscaler"]
    hpa = project_hpa(raw)
    assert hpa.target == TargetKey.of("shop", ScalingPolicy.model_validate(policy).spec.scale_target_ref)


@pytest.mark.parametrize("file", ["metric-prometheus-adapter.yaml", "metric-keda.yaml"])
def test_examples_follow_the_metric_that_is_exported_for_this_policy(file: str) -> None:
    text = (EXAMPLES / "actuators" / file).read_text()
    assert WANTED.name in text
    assert re.search(r'policy(: |=")checkout', text)


def test_the_trace_holds_six_whole_weeks() -> None:
    trace = read_trace(EXAMPLES / "nyc-taxi-30min.csv")
    assert (trace.start, trace.step) == (datetime(2014, 9, 15, tzinfo=UTC), timedelta(minutes=30))
    assert trace.end - trace.start == timedelta(weeks=6)
    assert not np.isnan(trace.values).any()
