"""`python -m docs`: write the pages that are made from the code; with `--check`, fail where one is stale."""

import sys
from pathlib import Path

import click

from docs.pages import pages

FOLDER = Path(__file__).parent


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is missing or stale.")
def main(*, check: bool) -> None:
    """Write or check."""
    stale = {
        FOLDER / path: text
        for path, text in pages().items()
        if not (FOLDER / path).is_file() or (FOLDER / path).read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if check:
            click.echo(f"{path} is stale: make generate", err=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    sys.exit(check and bool(stale))


if __name__ == "__main__":
    main()
