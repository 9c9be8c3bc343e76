import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pins(name: str) -> dict[str, str]:
    """Return each pin of a lock, without the marker that says where it is needed, and its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    return {re.split("--hash|;", line)[0].strip(): line.partition("--hash")[2] for line in text.splitlines() if line}


def test_the_image_holds_what_the_tests_ran_with() -> None:
    tested, shipped = pins("requirements.lock"), pins("requirements-runtime.lock")

    assert shipped.items() <= tested.items(), "make lock"
    assert not {pin.split("==")[0] for pin in shipped} & {"pytest", "mypy", "ruff", "hypothesis", "hatchling", "kmock"}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-runtime.lock"])
def test_every_pin_has_its_hashes_and_no_lock_names_an_address(lock: str) -> None:
    found = pins(lock)

    assert found
    assert [pin for pin, line in found.items() if not line.startswith("=sha256:") or "==" not in pin] == []
    assert [pin for pin, line in found.items() if "://" in line] == []


def test_the_image_runs_as_the_chart_says() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    deployment = (ROOT / "charts/headroom/templates/deployment.yaml").read_text(encoding="utf-8")

    user, group = re.findall(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE)[-1]

    assert f"runAsUser: {user}\n" in deployment
    assert f"runAsGroup: {group}\n" in deployment
    assert 'ENTRYPOINT ["headroom"]' in dockerfile


def test_the_image_is_made_from_named_files_alone() -> None:
    ignored, *kept = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert ignored == "*"
    assert {name for line in copied for name in line.split()} == {k[1:] for k in kept if k.startswith("!")}
