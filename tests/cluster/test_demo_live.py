"""`headroom demo --live` on real servers of its own, as a person runs it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.binaries import find
from testbed.errors import BinaryMissing

pytestmark = [pytest.mark.cluster, pytest.mark.prometheus]

HEADROOM = Path(sys.executable).with_name("headroom")
LONGEST = 280  # seconds: a busy machine's start, and the demo's own deadline


def test_a_person_sees_a_deployment_scaled_before_its_spike_and_nothing_is_left_behind(tmp_path: Path) -> None:
    try:
        find("kube-apiserver")
    except BinaryMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    command = [str(HEADROOM), "demo", "--live", "--output", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)

    assert done.returncode == 0, done.stdout + done.stderr
    told = re.findall(r"(\d+) replicas +(\d+) Ready +(\S.*)", done.stdout)
    assert told[0][:2] == ("6", "6")
    assert told[-1][0] == told[-1][1]
    assert int(told[-1][1]) > 40
    assert told[-1][2] in {"Forecast", "WithinTolerance", "CapacityInFlight"}  # where the forecast moved meanwhile
    for said in ("before the spike", "Event Forecast  Scaling from 6 to", "ForecastReady=True"):
        assert said in done.stdout
    assert "next 48 hours" in (tmp_path / "live-report.html").read_text(encoding="utf-8")
    kubeconfig = re.search(r"export KUBECONFIG=(\S+)", done.stdout)
    assert kubeconfig is not None
    assert not Path(kubeconfig[1]).parent.exists()
