from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from controller.api.error_budget import BadSpell
from controller.api.metadata import ObjectKey
from controller.api.policy_status import Memory
from controller.scaling.evaluate import evaluate
from controller.telemetry.exporter import EXPORTED, Exporter
from tests.builders import NOON, QUEUE, REQUESTS, a_policy, a_reading, an_observation


def samples(exporter: Exporter) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and its label values, in the order of the labels' names."""
    families = text_string_to_metric_families(exporter.render().decode())
    return {
        (s.name, *(s.labels[label] for label in sorted(s.labels))): s.value
        for family in families
        for s in family.samples
    }


def record_decision(exporter: Exporter, name: str = "web") -> None:
    """Record the decision of a policy with one healthy signal that needs 5 replicas and one without an answer."""
    readings = {"requests": a_reading(35.0), "queue": a_reading(None, problem="gone")}
    policy = a_policy(REQUESTS, QUEUE, name=name)
    exporter.record_decision(evaluate(an_observation(policy, replicas=3, readings=readings)))


def test_a_decision_shows_its_replicas_and_its_reason() -> None:
    exporter = Exporter()

    record_decision(exporter)

    shown = samples(exporter)
    assert shown["headroom_current_replicas", "shop", "web"] == 3
    assert shown["headroom_desired_replicas", "shop", "web"] == 5
    assert shown["headroom_recommended_replicas", "shop", "web"] == 5
    assert shown["headroom_unhealthy_signals", "shop", "web"] == 1
    assert 0 < shown["headroom_admit_fraction", "shop", "web"] < 1
    assert shown["headroom_decisions_total", "LiveRatio"] == 1


def test_a_forecast_that_may_not_act_is_absent_not_zero() -> None:
    exporter = Exporter()

    record_decision(exporter)

    assert ("headroom_forecast_replicas", "shop", "web") not in samples(exporter)


def test_an_error_budget_is_shown_with_its_burn_rates_where_a_policy_has_one() -> None:
    exporter = Exporter()
    objective = {"errorBudget": {"targetPercent": 99}, "indicators": [{"signal": "queue", "above": 100}]}
    minutes = BadSpell(began=NOON - timedelta(minutes=6), ended=NOON, minutes=6)
    observation = an_observation(
        a_policy(REQUESTS, QUEUE, objective=objective), memory=Memory(bad_spells=(minutes,)), requests=35, queue=7
    )

    exporter.record_decision(evaluate(observation))
    record_decision(exporter, "api")

    shown = samples(exporter)
    assert shown["headroom_error_budget_minutes", "shop", "web"] == pytest.approx(403.2)
    assert shown["headroom_error_budget_burnt_minutes", "shop", "web"] == 6
    assert shown["headroom_error_budget_burn_rate", "shop", "web", "1h"] == pytest.approx(10)
    assert not [key for key in shown if "error_budget" in key[0] and "api" in key]


def test_a_wish_is_exported_for_who_asked_to_act_by_it_and_for_nobody_else() -> None:
    exporter = Exporter()
    record_decision(exporter)
    exporter.record_decision(evaluate(an_observation(a_policy(actuator="Metric", name="api"), requests=140)))

    wishes = {key: value for key, value in samples(exporter).items() if key[0] == "headroom_wanted_replicas"}

    assert wishes == {("headroom_wanted_replicas", "shop", "api"): 20}


def test_a_deleted_policy_is_shown_no_more() -> None:
    exporter = Exporter()
    record_decision(exporter, "web")
    record_decision(exporter, "api")

    exporter.keep_policies({ObjectKey("shop", "api")})

    shown = samples(exporter)
    assert not [key for key in shown if "web" in key]
    assert shown["headroom_desired_replicas", "shop", "api"] == 5
    assert shown["headroom_policies",] == 1


@pytest.mark.parametrize("leads", [True, False])
def test_leadership_is_shown(*, leads: bool) -> None:
    exporter = Exporter()

    exporter.record_leadership(leads=leads)

    assert samples(exporter)["headroom_leader",] == leads


def test_queries_and_writes_are_counted_by_what_they_are() -> None:
    exporter = Exporter()
    for outcome in ("answered", "answered", "refused"):
        exporter.record_query("default", outcome)
    exporter.record_write("deployments/scale")

    shown = samples(exporter)
    assert shown["headroom_prometheus_queries_total", "answered", "default"] == 2
    assert shown["headroom_prometheus_queries_total", "refused", "default"] == 1
    assert shown["headroom_api_writes_total", "deployments/scale"] == 1


def test_durations_of_sweeps_and_fits_are_shown() -> None:
    exporter = Exporter()
    exporter.record_sweep(timedelta(seconds=2))
    exporter.record_fit(timedelta(milliseconds=30))

    shown = samples(exporter)
    assert shown["headroom_sweep_duration_seconds_sum",] == 2
    assert shown["headroom_fit_duration_seconds_bucket", "0.05"] == 1


def test_the_table_names_exactly_what_is_exported() -> None:
    exporter = Exporter()
    record_decision(exporter)
    families = text_string_to_metric_families(exporter.render().decode())
    named = (family for family in families if not family.name.endswith("_created"))  # the library's own, for counters
    exported = {(family.name, family.type, family.documentation) for family in named}

    documented = {(one.name.removesuffix("_total"), one.type, one.help) for one in EXPORTED}

    assert exported == documented


def test_nothing_is_registered_globally() -> None:
    before = list(REGISTRY.collect())

    Exporter()

    assert [family.name for family in REGISTRY.collect()] == [family.name for family in before]
