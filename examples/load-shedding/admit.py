"""A sidecar of Envoy: tells it to refuse what Headroom says cannot be served within the objective.

Needs nothing but Python. PROMETHEUS is its address, ENVOY_ADMIN that of Envoy's admin, NAMESPACE and POLICY name the
ScalingPolicy. While Prometheus has no answer, everything is admitted: no load is shed on a guess.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

EVERY_SECONDS = 15.0  # a sweep of Headroom
TIMEOUT_SECONDS = 5.0


def admit_fraction(prometheus: str, namespace: str, policy: str) -> float:
    """Return the share of requests to let in; 1 where nobody knows."""
    query = f'min(headroom_admit_fraction{{namespace="{namespace}",policy="{policy}"}})'
    address = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            result = json.load(answer)["data"]["result"]
        fraction = float(result[0]["value"][1])
    except (OSError, ValueError, LookupError) as problem:
        print(f"no admit fraction, so all are let in: {problem!r}", file=sys.stderr)
        return 1.0
    if not 0 <= fraction <= 1:
        print(f"no admit fraction, so all are let in: {fraction} is no share", file=sys.stderr)
        return 1.0
    return fraction


def shed(envoy_admin: str, fraction: float) -> int:
    """Tell Envoy to let this share in; return the percentage that it refuses."""
    percent = round(100 * (1 - fraction))
    address = f"{envoy_admin}/runtime_modify?headroom.shed_percent={percent}"
    with urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=TIMEOUT_SECONDS):
        return percent


if __name__ == "__main__":
    told = os.environ
    while True:
        try:
            shed(told["ENVOY_ADMIN"], admit_fraction(told["PROMETHEUS"], told["NAMESPACE"], told["POLICY"]))
        except urllib.error.URLError as problem:
            print(f"Envoy does not answer: {problem}", file=sys.stderr)
        time.sleep(EVERY_SECONDS)
