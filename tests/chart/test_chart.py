from typing import Any

import pytest

from controller.api.metrics_source import MetricsSource
from controller.settings import DEFAULT_SCALE_TARGETS, Settings
from tests.chart.rendering import CHART, PROMETHEUS, helm, refusal, render, the

pytestmark = pytest.mark.cluster  # helm is one of the testbed's binaries

CLUSTER_SCOPED = {
    *("ClusterRole", "ClusterRoleBinding", "MetricsSource"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
}


def pod(*settings: str) -> dict[str, Any]:
    spec: dict[str, Any] = the("Deployment", render(*settings))["spec"]["template"]["spec"]
    return spec


def container(*settings: str) -> dict[str, Any]:
    (only,) = pod(*settings)["containers"]
    assert isinstance(only, dict)
    return only


def test_helm_finds_nothing_to_say_about_the_chart() -> None:
    done = helm("lint", "--strict", str(CHART), f"--set={PROMETHEUS}")

    assert done.returncode == 0, done.stdout
    assert "0 chart(s) failed" in done.stdout


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        pytest.param((), "at '/prometheus': missing property 'url'", id="where Prometheus is must be said"),
        pytest.param(("prometheus.url=prom:9090",), "at '/prometheus/url': 'prom:9090' does not match", id="no scheme"),
        pytest.param(("prometheus.url=http://u:p@prom",), "at '/prometheus/url'", id="a password in the address"),
        pytest.param((PROMETHEUS, "replica=2"), "additional properties 'replica' not allowed", id="a slip of the pen"),
        pytest.param((PROMETHEUS, "scaleTargets=null"), "scaleTargets", id="nothing to scale"),
        pytest.param(
            (
                PROMETHEUS,
                "scaleTargets[0].apiVersion=v1",
                "scaleTargets[0].kind=Pod",
                "scaleTargets[0].resource=x' || true",
            ),
            "at '/scaleTargets/0/resource'",
            id="CEL where a resource should be",
        ),
    ],
)
def test_wrong_values_are_refused_by_name(settings: tuple[str, ...], sentence: str) -> None:
    assert sentence in refusal(*settings)


def test_the_default_metrics_source_is_where_the_one_required_value_says() -> None:
    source = MetricsSource.model_validate(the("MetricsSource", render()))

    assert source.metadata.name == "default"
    assert source.spec.url == "http://prometheus.monitoring:9090"
    assert source.spec.scrape_interval_seconds == 30
    assert (source.spec.bearer_token_file, source.spec.ca_file, source.spec.tenant) == (None, None, None)


def test_credentials_are_mounted_files_and_the_source_names_their_paths() -> None:
    settings = ("prometheus.tokenSecret=prom-token", "prometheus.caConfigMap=prom-ca", "prometheus.tenant=team-a")

    spec = the("MetricsSource", render(*settings))["spec"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container(*settings)["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod(*settings)["volumes"]}

    assert spec["tenant"] == "team-a"
    token, authority = (mounts[spec[field].rsplit("/", 1)[0]] for field in ("bearerTokenFile", "caFile"))
    assert volumes[token]["secret"] == {"secretName": "prom-token"}
    assert volumes[authority]["configMap"] == {"name": "prom-ca"}


def test_the_pod_meets_the_restricted_pod_security_standard() -> None:
    assert pod()["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_only_two_folders_can_be_written_and_neither_outlives_the_pod() -> None:
    volumes = {volume["name"]: volume for volume in pod()["volumes"]}

    assert {mount["mountPath"] for mount in container()["volumeMounts"]} == {"/var/lib/headroom", "/tmp"}  # noqa: S108  paths in the pod
    assert volumes == {
        "history": {"name": "history", "emptyDir": {"sizeLimit": "1Gi"}},
        "tmp": {"name": "tmp", "emptyDir": {}},
    }


def test_the_operator_runs_with_probes_and_bounded_resources() -> None:
    operator = container()

    assert operator["args"] == ["run"]
    assert operator["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}
    assert operator["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert operator["ports"] == [{"name": "http", "containerPort": 8080}]
    for bound in ("requests", "limits"):
        assert operator["resources"][bound].keys() == {"cpu", "memory"}


def test_the_operator_reads_every_variable_the_chart_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {entry["name"]: entry.get("value", "from-the-pod") for entry in container()["env"]}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert {name.removeprefix("HEADROOM_").lower() for name in environment} <= Settings.model_fields.keys()
    assert settings.scale_targets == DEFAULT_SCALE_TARGETS
    assert str(settings.data_dir) in {mount["mountPath"] for mount in container()["volumeMounts"]}
    assert settings.port == container()["ports"][0]["containerPort"]
    assert (settings.namespace, settings.pod_name) == ("from-the-pod", "from-the-pod")


def test_image_environment_and_placement_are_values() -> None:
    settings = (
        *("image.repository=example/headroom", "image.tag=9.9.9", "imagePullSecrets[0].name=pull"),
        *("env.HEADROOM_LOG_LEVEL=debug", "replicas=2", "historySizeLimit=5Gi"),
        *("nodeSelector.pool=system", "tolerations[0].operator=Exists", "priorityClassName=system-cluster-critical"),
    )

    placed, operator = pod(*settings), container(*settings)

    assert operator["image"] == "example/headroom:9.9.9"
    assert {"name": "HEADROOM_LOG_LEVEL", "value": "debug"} in operator["env"]
    assert the("Deployment", render(*settings))["spec"]["replicas"] == 2
    assert {"name": "history", "emptyDir": {"sizeLimit": "5Gi"}} in placed["volumes"]
    assert placed["imagePullSecrets"] == [{"name": "pull"}]
    assert placed["nodeSelector"] == {"pool": "system"}
    assert placed["tolerations"] == [{"operator": "Exists"}]
    assert placed["priorityClassName"] == "system-cluster-critical"


def test_the_service_finds_the_pods_port() -> None:
    objects = render()
    service, deployment = the("Service", objects)["spec"], the("Deployment", objects)["spec"]

    assert service["selector"].items() <= deployment["template"]["metadata"]["labels"].items()
    assert deployment["selector"]["matchLabels"].items() <= deployment["template"]["metadata"]["labels"].items()
    assert [port["targetPort"] for port in service["ports"]] == ["http"]


def test_every_object_is_labelled_and_in_its_place() -> None:
    for item in render():
        assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
        assert ("namespace" in item["metadata"]) == (item["kind"] not in CLUSTER_SCOPED)
