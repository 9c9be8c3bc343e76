"""The table of commands: every one of them is there, says what it does, and answers for help."""

import click
import pytest
from click.testing import CliRunner

from controller.cli import COMMANDS, headroom


def test_commands_are_listed_in_the_order_a_person_meets_them() -> None:
    assert list(COMMANDS) == [
        "run",
        "demo",
        "forecast",
        "accuracy",
        "scan",
        "backtest",
        "whatif",
        "tune",
        "rehearse",
        "plan",
        "outlook",
        "explain",
        "report",
        "crds",
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(headroom, [name, "--help"])

    assert done.exit_code == 0
    command = headroom.get_command(click.Context(headroom), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_an_unknown_command_is_refused() -> None:
    done = CliRunner().invoke(headroom, ["guess"])

    assert done.exit_code == 2
    assert "No such command 'guess'" in done.output
    assert "Did you mean" not in done.output


def test_a_misspelt_command_is_refused_with_the_one_that_may_be_meant() -> None:
    done = CliRunner().invoke(headroom, ["forcast", "trace.csv"])

    assert done.exit_code == 2
    assert "No such command 'forcast'. Did you mean forecast?" in done.output
