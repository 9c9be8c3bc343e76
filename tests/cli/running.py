"""Commands, run the way people run them, and what they answer."""

import csv
import io

import click
from click.testing import CliRunner, Result


def run_command(command: click.Command, *arguments: object) -> Result:
    """Run a command, whatever comes of it."""
    return CliRunner().invoke(command, [str(each) for each in arguments])


def answer_of(command: click.Command, *arguments: object) -> str:
    """Return what a command that succeeds prints."""
    result = run_command(command, *arguments)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of a printed CSV."""
    return list(csv.DictReader(io.StringIO(text)))
