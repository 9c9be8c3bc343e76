"""Building: once, whole or not at all, by a Go that is new enough. Go itself is a small script here."""

import os
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from testbed.binaries import TOOLS, Tool, find
from testbed.build import build
from testbed.clock import wait_until
from testbed.errors import BinaryMissing, BuildFailed
from testbed.go import GO_WHEEL, find_go, required_version

ETCD, KEDA = (next(tool for tool in TOOLS if tool.name == name) for name in ("etcd", "keda"))
A_NEW_GO, AN_OLD_GO = "go1.99.1", "go1.20"
SOON = timedelta(seconds=60)


def install_go(directory: Path, version: str, *, build: str = 'touch "$output/server"') -> Path:
    """Write a script that answers `go env GOVERSION`, runs `build` for `go build ... -o $output/ ...`, has a source."""
    directory.mkdir(parents=True, exist_ok=True)
    go = directory / "go"
    go.write_text(
        f"""#!/bin/sh
if [ "$1" = env ]; then echo {version}; exit; fi
if [ "$1" = mod ]; then echo '{{"Dir": "{directory}/source"}}'; exit; fi
echo "$GOFLAGS" >> {directory}/builds
while [ "$1" != -o ]; do shift; done
output=$2
{build}
""",
        encoding="utf-8",
    )
    go.chmod(0o755)
    return go


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a PATH whose first folder is tmp_path/bin."""
    monkeypatch.setenv("HEADROOM_TESTBED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def test_a_tool_is_built_once_and_found_by_its_binarys_name(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path / "bin", A_NEW_GO)
    said: list[str] = []

    build(ETCD, said.append)
    build(ETCD, said.append)

    assert find("etcd") == ETCD.directory / "etcd"
    assert [line.split(":")[1].split()[0].strip(",") for line in said] == ["building", "built", "cached"]
    assert len((tmp_path / "bin" / "builds").read_text(encoding="utf-8").splitlines()) == 1


def test_two_builds_at_once_build_once(cache: Path, tmp_path: Path) -> None:
    met = tmp_path / "met"
    install_go(tmp_path / "bin", A_NEW_GO, build=f'until [ -e {met} ]; do sleep 0.05; done; touch "$output/server"')
    said: list[str] = []

    both = [threading.Thread(target=build, args=(ETCD, said.append)) for _ in range(2)]
    for one in both:
        one.start()
    wait_until(lambda: "etcd: another build is running, waiting for it" in said, SOON)
    met.touch()
    for one in both:
        one.join()

    assert len((tmp_path / "bin" / "builds").read_text(encoding="utf-8").splitlines()) == 1
    assert "etcd: cached by another build" in said


def test_a_failed_build_says_gos_last_lines_and_leaves_nothing(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path / "bin", A_NEW_GO, build="for i in $(seq 50); do echo line $i >&2; done; exit 1")

    with pytest.raises(BuildFailed) as failed:
        build(ETCD, lambda _: None)

    assert "line 50" in str(failed.value)
    assert "line 30\n" not in str(failed.value)
    assert [path.name for path in cache.iterdir()] == [".etcd.lock"]


def test_a_build_that_makes_no_binary_is_refused(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path / "bin", A_NEW_GO)
    more = replace(ETCD, binaries=("etcd", "etcdctl"))

    with pytest.raises(BuildFailed, match="made no etcdctl"):
        build(more, lambda _: None)


def test_files_of_a_modules_source_are_kept_as_they_are(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path / "bin", A_NEW_GO)
    for file in KEDA.files:
        source = tmp_path / "bin" / "source" / file
        source.parent.mkdir(parents=True)
        source.write_text(f"{file}\n", encoding="utf-8")

    build(KEDA, lambda _: None)

    assert [find(Path(file).name).read_text(encoding="utf-8") for file in KEDA.files] == [f"{f}\n" for f in KEDA.files]
    assert {path.name for path in KEDA.directory.iterdir()} == {Path(file).name for file in KEDA.files}


def test_a_source_without_such_a_file_is_refused(cache: Path, tmp_path: Path) -> None:
    install_go(tmp_path / "bin", A_NEW_GO)

    with pytest.raises(BuildFailed, match=r"made no keda\.sh_scaledobjects\.yaml, scalers-schema\.json"):
        build(KEDA, lambda _: None)


def test_a_binary_that_is_not_built_names_the_command_that_builds_it(cache: Path) -> None:
    with pytest.raises(BinaryMissing, match="kubectl is not built: run `make testbed`"):
        find("kubectl")


def test_a_binary_nobody_makes_is_refused_with_those_there_are(cache: Path) -> None:
    with pytest.raises(BinaryMissing, match="no binary called kubeadm; it has etcd, helm"):
        find("kubeadm")


def test_the_builders_own_go_flags_are_kept(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-buildvcs=false")
    install_go(tmp_path / "bin", A_NEW_GO)

    build(ETCD, lambda _: None)

    assert (tmp_path / "bin" / "builds").read_text(encoding="utf-8") == "-buildvcs=false -mod=readonly\n"


def test_the_go_on_path_is_used_when_it_is_new_enough(cache: Path, tmp_path: Path) -> None:
    on_path = install_go(tmp_path / "bin", A_NEW_GO)

    assert find_go((1, 26, 0), pytest.fail) == on_path


@pytest.mark.parametrize("version", [AN_OLD_GO, None], ids=["too old", "none"])
def test_the_wheel_in_the_cache_is_used_when_path_has_no_fitting_go(
    cache: Path, tmp_path: Path, version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    if version:
        install_go(tmp_path / "bin", version)
    wheel = install_go(cache / GO_WHEEL.replace("==", "-") / "go" / "bin", A_NEW_GO)

    assert find_go((1, 26, 0), pytest.fail) == wheel


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_wheel_is_new_enough_for_every_module(tool: Tool) -> None:
    wheel = tuple(int(part) for part in GO_WHEEL.partition("==")[2].split("."))

    assert required_version(tool.module) <= wheel


def test_another_sums_file_is_another_key(tmp_path: Path) -> None:
    class Elsewhere(Tool):
        @property
        def module(self) -> Path:
            return tmp_path

    (tmp_path / "go.mod").write_text("module a\n", encoding="utf-8")
    (tmp_path / "go.sum").write_text("one\n", encoding="utf-8")
    tool = Elsewhere("a", ("a",), cold_build="a second")
    before = tool.key
    (tmp_path / "go.sum").write_text("two\n", encoding="utf-8")

    assert tool.key != before
