"""The plugin that refuses a run in which tests of the real servers were left out."""

from pathlib import Path

import pytest

BOTH_RUN = """
    import pytest
    @pytest.mark.cluster
    def test_on_the_cluster(): pass
    @pytest.mark.prometheus
    def test_on_prometheus(): pass
"""
SKIPPED = "    @pytest.mark.cluster\n    def test_more(): pytest.skip('no binary')\n"
SKIPPED_BY_MARK = "    @pytest.mark.cluster\n    @pytest.mark.skip\n    def test_more(): pass\n"
SKIPPED_BY_FIXTURE = """
    @pytest.fixture
    def control_plane(): pytest.skip('no binary')
    @pytest.mark.cluster
    def test_more(control_plane): pass
"""
EXPECTED_TO_FAIL = "    @pytest.mark.cluster\n    @pytest.mark.xfail\n    def test_more(): assert False\n"
PURE_SKIPPED = "    def test_more(): pytest.skip('on this system')\n"
FAILED = "    def test_more(): assert False\n"


@pytest.mark.parametrize(
    ("tests", "options", "code", "said"),
    [
        pytest.param(BOTH_RUN, [], 0, "2 passed", id="all ran"),
        pytest.param(BOTH_RUN + PURE_SKIPPED, [], 0, "1 skipped", id="a pure test may be skipped"),
        pytest.param(BOTH_RUN + EXPECTED_TO_FAIL, [], 0, "1 xfailed", id="a test expected to fail did run"),
        pytest.param(BOTH_RUN + SKIPPED, [], 1, "_test.py::test_more", id="skipped inside"),
        pytest.param(BOTH_RUN + SKIPPED_BY_MARK, [], 1, "_test.py::test_more", id="skipped by a mark"),
        pytest.param(BOTH_RUN + SKIPPED_BY_FIXTURE, [], 1, "_test.py::test_more", id="skipped by a fixture"),
        pytest.param(BOTH_RUN, ["-m", "not prometheus"], 1, "no test marked prometheus ran", id="deselected"),
        pytest.param(BOTH_RUN, ["-n", "2"], 0, "2 passed", id="all ran, side by side"),
        pytest.param(BOTH_RUN + SKIPPED, ["-n", "2"], 1, "_test.py::test_more", id="skipped side by side"),
        pytest.param(BOTH_RUN, ["-n", "2", "-k", "prom"], 1, "_test.py::test_on_the_c", id="deselected side by side"),
        pytest.param("    def test_it(): pass", [], 1, "no test marked cluster ran", id="none there"),
        pytest.param(BOTH_RUN + FAILED, [], 1, "1 failed", id="another test failed"),
    ],
)
def test_a_run_passes_only_when_the_real_servers_were_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, tests: str, options: list[str], code: int, said: str
) -> None:
    lines = [line.removeprefix("    ") for line in tests.splitlines()]
    # A name of its own: pytest keeps the modules it imported in this process.
    (tmp_path / f"{tmp_path.name}_test.py").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  cluster\n  prometheus\n", encoding="utf-8")

    without = [part for plugin in ("cacheprovider", "timeout", "asyncio") for part in ("-p", f"no:{plugin}")]
    quiet = [f"--rootdir={tmp_path}", "--import-mode=importlib", *without]
    loaded = ["-p", "testbed.required", "-c", str(tmp_path / "pytest.ini")]
    exit_code = pytest.main([*quiet, *loaded, *options, str(tmp_path)])

    printed = capsys.readouterr().out
    assert (exit_code, said in printed) == (code, True), printed
