from datetime import timedelta
from pathlib import Path

import pytest

from controller.errors import InputRefused
from controller.settings import DEFAULT_SCALE_TARGETS, ScaleTargetKind, load_settings

ROLLOUTS = '[{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "resource": "rollouts"}]'


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SWEEP_SECONDS", "PORT", "SCALE_TARGETS", "DATA_DIR", "LOG_LEVEL", "NAMESPACE"):
        monkeypatch.delenv(f"HEADROOM_{name}", raising=False)


def test_without_a_word_the_operator_sweeps_every_15_seconds() -> None:
    settings = load_settings()

    assert settings.sweep_interval == timedelta(seconds=15)
    assert settings.scale_targets == DEFAULT_SCALE_TARGETS
    assert settings.record_dir is None


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_SWEEP_SECONDS", "2.5")
    monkeypatch.setenv("HEADROOM_DATA_DIR", "/data")

    settings = load_settings()

    assert settings.sweep_interval == timedelta(seconds=2.5)
    assert settings.data_dir == Path("/data")


def test_a_flag_wins_over_the_environment_and_one_that_was_not_given_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_PORT", "1")
    monkeypatch.setenv("HEADROOM_NAMESPACE", "ops")

    settings = load_settings(port=2, namespace=None)

    assert (settings.port, settings.namespace) == (2, "ops")


def test_scale_targets_are_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_SCALE_TARGETS", ROLLOUTS)

    (kind,) = load_settings().scale_targets

    assert (kind.kind, kind.resource, kind.group_version) == ("Rollout", "rollouts", ("argoproj.io", "v1alpha1"))


def test_the_core_group_has_no_name() -> None:
    pods = ScaleTargetKind(api_version="v1", kind="Pod", resource="pods")

    assert pods.group_version == ("", "v1")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SWEEP_SECONDS", "soon", "settings: sweep_seconds: Input should be a valid number"),
        ("SWEEP_SECONDS", "0", "settings: sweep_seconds: Input should be greater than 0"),
        ("PORT", "65536", "settings: port: Input should be less than or equal to 65535"),
        ("RECORD_DAYS", "0", "settings: record_days: Input should be greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "settings: log_level: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("NAMESPACE", "", "settings: namespace: String should have at least 1 character"),
        (
            "SCALE_TARGETS",
            "Deployment",
            "settings: scale_targets: must be a JSON list of apiVersion, kind and resource",
        ),
        ("SCALE_TARGETS", "{}", "settings: scale_targets: Input should be a valid tuple"),
        ("SCALE_TARGETS", '[{"kind": "Rollout"}]', r"settings: scale_targets\[0\].apiVersion: Field required"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(f"HEADROOM_{name}", value)

    with pytest.raises(InputRefused, match=said):
        load_settings()


def test_a_flag_nobody_knows_is_refused() -> None:
    with pytest.raises(InputRefused, match="sweep_minutes: unknown field"):
        load_settings(sweep_minutes=1)
