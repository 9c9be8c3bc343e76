"""`headroom crds`: print, write or check the CustomResourceDefinitions that controller/api/crds.py makes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from controller.api.crds import crd_files
from controller.errors import InputRefused

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--write", "to_write", multiple=True, type=FOLDER, help="Write one file a kind into this folder.")
@click.option("--check", "to_check", multiple=True, type=FOLDER, help="Fail where this folder's files are not these.")
def crds(to_write: tuple[Path, ...], to_check: tuple[Path, ...]) -> None:
    """Print the CustomResourceDefinitions, or keep folders of them fresh.

    To install or upgrade them in a cluster: headroom crds | kubectl apply --server-side -f -
    """
    files = crd_files()
    if not to_write and not to_check:
        click.echo("---\n".join(files.values()), nl=False)
    for folder in to_write:
        write(files, folder)
    stale = [problem for folder in to_check for problem in differences(files, folder)]
    if stale:
        raise click.ClickException("\n".join([*stale, "write them with: headroom crds --write DIR"]))


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write every file into the folder, which is made where it is missing. Raises InputRefused where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise InputRefused(f"--write {folder} cannot be written: {problem}") from problem


def differences(files: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Yield one sentence for each file of the folder that is missing, stale, or not ours."""
    for name, text in files.items():
        path = folder / name
        if not path.is_file():
            yield f"{path} is missing"
        elif path.read_text(encoding="utf-8") != text:
            yield f"{path} is stale"
    for path in sorted(folder.glob("*.yaml")):
        if path.name not in files:
            yield f"{path} is not one of the definitions: delete it"
