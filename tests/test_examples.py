"""The examples are the first thing people copy: they must be valid, and the trace must be what its README says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml

from controller.api.demand_event import DemandEvent
from controller.api.metrics_source import MetricsSource
from controller.api.schedule import Schedule
from controller.cli.inputs import load_policy
from controller.simulation.traces import read_trace

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


def test_the_trace_holds_six_whole_weeks() -> None:
    trace = read_trace(EXAMPLES / "nyc-taxi-30min.csv")
    assert (trace.start, trace.step) == (datetime(2014, 9, 15, tzinfo=UTC), timedelta(minutes=30))
    assert trace.end - trace.start == timedelta(weeks=6)
    assert not np.isnan(trace.values).any()
