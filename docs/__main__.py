"""`python -m docs`: write the pages that are made from the code; with `--check`, fail where one is stale."""

import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import click

from docs.forecasts.page import PAGE, Untrue, forecasting_pages
from docs.pages import pages

FOLDER = Path(__file__).parent


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is missing or stale.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    help="Where the pages are; docs/ unless told otherwise.",
)
def main(*, check: bool, folder: Path) -> None:
    """Write or check."""
    try:
        made = {**pages(), **forecasting_pages()}
    except Untrue as problem:
        raise click.ClickException(f"docs/{PAGE}: {problem}") from problem
    stale = stale_pages(made, folder)
    for path, text in stale.items():
        if check:
            click.echo(f"{path} is stale: make generate", err=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    sys.exit(check and bool(stale))


def stale_pages(made: Mapping[PurePosixPath, str], folder: Path) -> dict[Path, str]:
    """Return the text of each page that is missing in a folder, or is not what was made, by its path."""
    there = {folder / path: text for path, text in made.items()}
    return {
        path: text for path, text in there.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


if __name__ == "__main__":
    main()
