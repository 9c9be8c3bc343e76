import re

import pytest

from controller.telemetry.pod_names import WORKLOAD_OF_POD, pods_of, workload_of

LONG = "a-name-of-fifty-two-characters-as-generators-make-it"

CASES = [
    ("a Deployment's pod", ["web"], "web-7d9f8c6b54-x2x4z", "web"),
    ("a Deployment's pod with a short hash", ["web"], "web-5-x2x4z", "web"),
    ("a Deployment's pod whose suffix is all digits", ["web"], "web-7d9f8c6b54-24567", "web"),
    ("a StatefulSet's pod", ["db"], "db-0", "db"),
    ("a StatefulSet's pod with many siblings", ["db"], "db-1024", "db"),
    ("of two names the longer that fits", ["web", "web-api"], "web-api-7d9f8c6b54-x2x4z", "web-api"),
    ("of two names the shorter that fits", ["web", "web-api"], "web-7d9f8c6b54-x2x4z", "web"),
    ("a name that looks like a hash", ["bcdf"], "bcdf-7d9f8c6b54-x2x4z", "bcdf"),
    ("a long name whose hash was cut", [LONG], f"{LONG}-7d9f8x2x4z", LONG),
    ("a long name beside a short one", ["web", LONG], f"{LONG}-7d9f8x2x4z", LONG),
    ("a pod of somebody else", ["web"], "api-7d9f8c6b54-x2x4z", None),
    ("a name that only begins alike", ["web"], "web-admin-7d9f8c6b54-x2x4z", None),
    ("a DaemonSet's pod", ["web"], "web-x2x4z", None),
    ("letters Kubernetes never draws", ["web"], "web-7d9f8c6b54-aeiou", None),
    ("a suffix of the wrong length", ["web"], "web-7d9f8c6b54-x2x4", None),
    ("a Job's pod", ["web"], "web-28412340-abcde", None),
    ("no pod at all", [LONG], "", None),
    ("a dot in the name is a dot", ["w.b"], "web-0", None),
]


@pytest.mark.parametrize(("names", "pod", "workload"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_workload_is_read_out_of_the_pod_name(names: list[str], pod: str, workload: str | None) -> None:
    match = re.fullmatch(pods_of(names), pod)

    groups = [f"${number}" for number in range(1, (match.re.groups if match else 0) + 1)]
    assert (match and "".join(group or "" for group in match.groups())) == workload
    assert all(group in WORKLOAD_OF_POD for group in groups)


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("web-7d9f8c6b54-x2x4z", "web"),
        ("web-api-7d9f8c6b54-24567", "web-api"),
        ("db-12", "db"),
        ("bcdf-7d9f8c6b54-x2x4z", "bcdf"),
        ("node-agent-x2x4z", None),
        ("backup-28412340-x2x4z", None),
        (f"{LONG}-7d9f8x2x4z", None),
        (f"{LONG}-0", None),
        ("web", None),
        ("", None),
    ],
    ids=[
        "a Deployment's pod",
        "a suffix of digits",
        "a StatefulSet's pod",
        "a name that looks like a hash",
        "a DaemonSet's pod",
        "a CronJob's pod",
        "a cut hash",
        "a name too long to be told",
        "a pod of nobody",
        "no pod at all",
    ],
)
def test_a_workload_nobody_named_is_guessed_from_whole_names_only(pod: str, workload: str | None) -> None:
    assert workload_of(pod) == workload
