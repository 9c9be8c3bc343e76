"""The testbed from a terminal: `python -m testbed build`, `run`, `path BINARY`."""

import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import click

from testbed import binaries
from testbed.build import build_all
from testbed.errors import TestbedError


@click.group(help=__doc__)
def cli() -> None:
    """Group the commands."""


@cli.command()
def build() -> None:
    """Build the binaries that are not in the cache."""
    build_all(click.echo)


@cli.command()
@click.argument("binary")
def path(binary: str) -> None:
    """Print where a binary is."""
    click.echo(binaries.find(binary))


@cli.command()
def run() -> None:
    """Start a control plane, print its KUBECONFIG, and stop it on Ctrl-C."""
    from testbed.control_plane import ControlPlane  # noqa: PLC0415  # `build` works before the operator's packages do

    with tempfile.TemporaryDirectory(prefix="headroom-testbed-") as folder, ControlPlane(Path(folder)) as control_plane:
        click.echo(f"export KUBECONFIG={control_plane.cluster.kubeconfig()}")
        click.echo(f"alias kubectl={binaries.find('kubectl')}")
        click.echo("# running until Ctrl-C", err=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


def main() -> None:
    """Run the command line; what goes wrong is one message, not a traceback."""
    try:
        cli()
    except TestbedError as error:
        click.echo(f"testbed: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
