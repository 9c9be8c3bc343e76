"""A node without a machine: kwok runs its pods on paper, Ready as late as each pod's annotation says."""

from contextlib import ExitStack
from pathlib import Path

from testbed.binaries import find
from testbed.cluster import Cluster
from testbed.endpoints import LOOPBACK, answers, free_port
from testbed.processes import Process
from testbed.stoppable import Stoppable

NODE_NAME = "pretend-node"
READY_AFTER = "testbed.headroom.dev/ready-after"
"""Annotation of a pod: how long after it started it becomes Ready, as a Go duration (`90s`). Default: at once."""

STAGES = Path(__file__).with_name("stages.yaml")
_LABEL = "testbed.headroom.dev/pretend"


class PretendNode(Stoppable):
    """A running kwok with one node. Use it as a context manager, or call `stop`."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        """Make the node, start kwok on it alone, and wait until the node is Ready."""
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": NODE_NAME, "labels": {_LABEL: "true"}},
            # Where there is a scheduler, nobody else's pods come here.
            "spec": {"taints": [{"key": _LABEL, "value": "true", "effect": "NoSchedule"}]},
        }
        cluster.apply([node])
        port = free_port()
        flags = [
            f"--kubeconfig={cluster.kubeconfig()}",
            f"--config={STAGES}",
            f"--manage-nodes-with-label-selector={_LABEL}=true",
            "--node-lease-duration-seconds=40",  # a kubelet's
            f"--server-address={LOOPBACK}:{port}",
        ]
        with ExitStack() as running:
            kwok = running.enter_context(Process(find("kwok"), flags, log=directory / "kwok.log"))
            kwok.wait_until_ready(lambda: answers(f"http://{LOOPBACK}:{port}/healthz"))
            cluster.kubectl("wait", "--for=condition=Ready", f"node/{NODE_NAME}", "--timeout=60s")
            self._running = running.pop_all()

    def stop(self) -> None:
        """Stop kwok; the node stays, and turns not ready where somebody looks after nodes."""
        self._running.close()
