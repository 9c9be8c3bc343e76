"""A loopback Prometheus that measures the requests of workloads in the namespace shop."""

import numpy as np

from tests.telemetry.loopback import Asked, Reply, Script, replying, result

DAY = 86_400


def fleet(*pods: str) -> Script:
    """A Prometheus whose pods in shop all serve the same wave of requests; it knows no other metric."""

    def answer(asked: Asked) -> Reply:
        query = asked.form["query"]
        if "http_requests_total" not in query:
            return replying(result())(asked)
        if query.startswith("group by"):
            found = [{"metric": {"namespace": "shop", "pod": pod}, "value": [0, "1"]} for pod in pods]
            return replying(result(*found))(asked)
        first, last, step = (float(asked.form[name]) for name in ("start", "end", "step"))
        times = np.arange(first, last + 1, step)
        values = [[time, str(100 + 50 * np.sin(2 * np.pi * time / DAY))] for time in times.tolist()]
        names = sorted({pod.rsplit("-", 2)[0] for pod in pods})
        series = [{"metric": {"namespace": "shop", "headroom_workload": name}, "values": values} for name in names]
        return replying(result(*series))(asked)

    return answer
