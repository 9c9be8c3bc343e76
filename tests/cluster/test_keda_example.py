"""The KEDA example against what KEDA says of itself: its ScaledObject on the real API server, and its triggers.

KEDA itself does not run here; docs/acting.md says what was seen when it did.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from testbed.binaries import find
from testbed.cluster import Cluster
from testbed.errors import CommandFailed
from tests.cluster.examples import KEDA, example

DEFINITION = "crd/scaledobjects.keda.sh"


@pytest.fixture
def keda(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with ScaledObjects; where there is a KEDA, its definition stays as it is."""
    already = cluster.kubectl("get", DEFINITION, "--ignore-not-found", "--output=name")
    if not already:
        cluster.kubectl("create", f"--filename={find('keda.sh_scaledobjects.yaml')}")
        cluster.kubectl("wait", "--for=condition=Established", DEFINITION, "--timeout=60s")
    yield cluster
    if not already:
        cluster.kubectl("delete", DEFINITION)


def apply_strictly(cluster: Cluster, resource: dict[str, Any]) -> None:
    """Apply it; a field that the definition does not have is an error."""
    cluster.kubectl("apply", "--server-side", "--validate=strict", "--filename=-", stdin=yaml.safe_dump(resource))


def test_keda_takes_every_field_of_the_example(keda: Cluster, namespace: str) -> None:
    scaled = example(KEDA, "ScaledObject", namespace=namespace)

    apply_strictly(keda, scaled)

    assert keda.get("scaledobject/web", f"--namespace={namespace}")["spec"] == scaled["spec"]


@pytest.mark.usefixtures("keda")
def test_the_triggers_of_the_example_have_what_keda_reads_and_nothing_else() -> None:
    triggers = example(KEDA, "ScaledObject", namespace="shop")["spec"]["triggers"]
    schema = json.loads(find("scalers-schema.json").read_text(encoding="utf-8"))
    parameters = {scaler["type"]: scaler["parameters"] for scaler in schema["scalers"]}

    for trigger in triggers:
        read = [known for known in parameters[trigger["type"]] if known.get("metadataVariableReadable")]
        needed = {known["name"] for known in read if not known.get("optional") and "default" not in known}
        assert needed <= trigger["metadata"].keys() <= {known["name"] for known in read}


def test_keda_would_refuse_a_field_it_does_not_have(keda: Cluster, namespace: str) -> None:
    scaled = example(KEDA, "ScaledObject", namespace=namespace)
    scaled["spec"]["fallback"]["behaviour"] = scaled["spec"]["fallback"].pop("behavior")

    with pytest.raises(CommandFailed, match=r"\.spec\.fallback\.behaviour: field not declared in schema"):
        apply_strictly(keda, scaled)
