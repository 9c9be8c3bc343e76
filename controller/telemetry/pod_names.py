r"""Which workload a pod belongs to, read out of its name. Only the two shapes Kubernetes itself makes are understood.

A StatefulSet's pods are `<name>-<ordinal>`. A Deployment's are `<name>-<hash>-<suffix>`, where hash and suffix are of
the alphabet that `k8s.io/apimachinery/pkg/util/rand` calls safe. The API server cuts a generated name to 58 characters
before it adds the suffix, so of a long name the second dash, and part of the hash, are lost. Of a name longer than 57
characters the name itself is cut: such a Deployment needs a metric with a workload label of its own.
"""

import re
from collections.abc import Collection

from controller.telemetry.promql import any_of

_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_LONGEST_HASH = 10  # a uint32 in decimal, digit by digit
_SUFFIX = 5
_LONGEST_PREFIX = 58
_LONGEST_UNCUT_NAME = _LONGEST_PREFIX - _LONGEST_HASH - len("--")
_WHOLE = f"[0-9]+|{_SAFE}{{1,{_LONGEST_HASH}}}-{_SAFE}{{{_SUFFIX}}}"
_CUT = f"{_SAFE}{{{_SUFFIX},{_SUFFIX + _LONGEST_HASH}}}"

_POD = re.compile(f"(.+?)-(?:{_WHOLE})")

WORKLOAD_OF_POD = "$1$2"
"""What `label_replace` writes: whichever group of `pods_of` matched; a group that is not there is empty."""


def pods_of(workloads: Collection[str]) -> str:
    """Return an RE2 expression that matches the pod names of these workloads; its groups hold the workload's name."""
    short = [name for name in workloads if len(name) <= _LONGEST_UNCUT_NAME]
    long = [name for name in workloads if len(name) > _LONGEST_UNCUT_NAME]
    shapes = [f"({any_of(short)})-(?:{_WHOLE})"] if short else []
    shapes += [f"({any_of(long)})-(?:{_WHOLE}|{_CUT})"] if long else []
    return "|".join(shapes)


def workload_of(pod: str) -> str | None:
    """Return the workload a pod's name is most likely made from; None for other shapes, and for names that were cut.

    Where a name fits both shapes it is read as a Deployment's: fewer names end like its hash than in plain digits.
    """
    match = _POD.fullmatch(pod)
    return match[1] if match and len(match[1]) <= _LONGEST_UNCUT_NAME else None
