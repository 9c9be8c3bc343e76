"""`.ci/run`: its exit code and its last line. make is a small script here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CI_RUN = Path(__file__).parents[2] / ".ci" / "run"
PASSED, FAILED = "==== 12 passed, 1 skipped in 3.45s ====", "==== 1 failed, 11 passed in 3.45s (0:01:00) ===="


@pytest.mark.parametrize(
    ("check", "tests", "closing", "code"),
    [
        pytest.param(0, 0, PASSED, 0, id="all is well"),
        pytest.param(1, 0, PASSED, 1, id="the check fails and the tests are run all the same"),
        pytest.param(0, 2, FAILED, 1, id="the tests fail"),
        pytest.param(1, 2, FAILED, 1, id="both fail"),
    ],
)
def test_both_must_pass_and_pytests_closing_line_is_the_last(
    tmp_path: Path, *, check: int, tests: int, closing: str, code: int
) -> None:
    make = tmp_path / "make"
    make.write_text(
        f"""#!/bin/sh
case "$1" in
  check) exit {check} ;;
  test) echo "$PYTEST_ADDOPTS"; echo "{closing}"; echo "make: end of output"; exit {tests} ;;
esac
""",
        encoding="utf-8",
    )
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTEST_ADDOPTS": "-x"}

    done = subprocess.run(
        [shutil.which("bash") or "bash", CI_RUN], env=environment, capture_output=True, text=True, check=False
    )

    lines = done.stdout.splitlines()
    assert (done.returncode, lines[-1], lines[0]) == (code, closing, "-x -p testbed.required")
