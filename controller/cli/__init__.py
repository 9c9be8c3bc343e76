"""The command line: one file a command, named like it. Each parses what a person wrote, calls a room, shows the answer.

What commands share lies below them: reading/ what was given, trying/ settings in replays, showing/ what comes out.
A command is imported when it is called, so that `headroom backtest` needs nothing of the live operator.
"""

import importlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import metadata
from types import MappingProxyType
from typing import Any

import click

from controller import __version__
from controller.errors import InputRefused

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "Run the operator against a cluster.",
        "demo": "See the main job done on real data, without a cluster.",
        "forecast": "Forecast a recorded trace, as numbers for programs.",
        "accuracy": "Measure forecasts of a recorded trace, beside naive ones.",
        "scan": "Rank workloads by what a forecast would gain.",
        "backtest": "Replay a policy on a recorded trace, beside plain HPA.",
        "whatif": "Replay settings side by side, and say which one to take.",
        "tune": "Write a policy for a workload, from its history.",
        "rehearse": "Rehearse a policy: made loads against what it promises.",
        "plan": "Show the replicas of the next 48 hours, in few steps.",
        "outlook": "Show replicas 30 or 90 days ahead, and how long limits last.",
        "explain": "Say why a decision was made: voices, winner, limits.",
        "report": "Render a ForecastReport as a page.",
        "crds": "Print the custom resource definitions.",
    }
)


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own name, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the commands in the order a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"controller.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for one that is not there, the one that may be meant is named."""
        near = get_close_matches(args[0], COMMANDS, n=1)
        if near and args[0] not in COMMANDS:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's signature
        """Run the command; a library that only an extra brings is asked for in one sentence."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as missing:
            extra = extra_of(missing.name or "")
            if extra is None:
                raise
            raise InputRefused(
                f"{missing.name} is missing; an extra brings it: run pip install '.[{extra}]' in a checkout of Headroom"
            ) from missing

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def extra_of(module: str) -> str | None:
    """Return the extra of this package that brings a library; None for a library that no extra names."""
    for requirement in metadata.requires("headroom") or ():
        found = re.match(r"([\w.-]+).*; extra == ['\"](\w+)['\"]", requirement)
        if found and found[1].replace("-", "_") == module.partition(".")[0]:
            return found[2]
    return None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="headroom")
def headroom() -> None:
    """Forecast demand and scale Kubernetes workloads before the spike."""
