from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from controller.api.crds import crd_files
from controller.cli.crds import crds
from controller.errors import InputRefused


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(crds, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_without_options_all_definitions_are_printed_as_one_stream_of_yaml() -> None:
    code, output = run()

    assert code == 0
    assert [document["spec"]["names"]["shortNames"] for document in yaml.safe_load_all(output)] == [
        ["spol"],
        ["fr"],
        ["de"],
        ["msrc"],
    ]


def test_what_was_written_passes_the_check(tmp_path: Path) -> None:
    run("--write", tmp_path / "one", "--write", tmp_path / "two")

    code, output = run("--check", tmp_path / "one", "--check", tmp_path / "two")

    assert (code, output) == (0, "")
    assert {path.name for path in (tmp_path / "two").iterdir()} == set(crd_files())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputRefused, match=r"--write .*/crds cannot be written"):
        CliRunner().invoke(crds, ["--write", str(tmp_path / "file" / "crds")], catch_exceptions=False)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        pytest.param("demandevents.yaml", "kind: Old\n", "demandevents.yaml is stale", id="stale"),
        pytest.param("demandevents.yaml", None, "demandevents.yaml is missing", id="missing"),
        pytest.param("left.yaml", "kind: Left\n", "left.yaml is not one of the definitions: delete it", id="left over"),
    ],
)
def test_the_check_fails_and_names_the_file(tmp_path: Path, name: str, text: str | None, sentence: str) -> None:
    run("--write", tmp_path)
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text, encoding="utf-8")

    code, output = run("--check", tmp_path)

    assert code == 1
    assert f"{tmp_path / name}" in output
    assert sentence in output
    assert output.count("yaml") == 1
