"""`headroom explain`: why a decision was made: every voice, the winner, and every limit in order."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import click
from pydantic import ValidationError
from rich.console import RenderableType
from rich.table import Table

from controller.api.refusal import explain as explained
from controller.api.scaling_policy import ScalingPolicy
from controller.cli.reading.decisions import Told, Voice, find_decision
from controller.cli.reading.values import FILE, UtcTime
from controller.cli.showing.outputs import UNKNOWN, iso, make_table, plain, print_json, print_terminal
from controller.errors import InputRefused
from controller.scaling.publishing.recall import recomputed

RECORD = click.Path(path_type=Path)
WINNER = "wins"
SILENT = "silent"


@click.command()
@click.argument("name", required=False)
@click.option("--record", type=RECORD, metavar="FILE|DIR", help="What a backtest or `headroom run` recorded.")
@click.option("--at", type=UtcTime(), help="With --record: the last decision up to this time. Default: the last one.")
@click.option("--namespace", "-n", default="default", show_default=True, help="Namespace of the live policy.")
@click.option("--kubeconfig", type=FILE, help="Kubeconfig. Default: KUBECONFIG, else ~/.kube/config.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def explain(
    *,
    name: str | None,
    record: Path | None,
    at: datetime | None,
    namespace: str,
    kubeconfig: Path | None,
    shape: str,
) -> None:
    """Say why a number of replicas was decided.

    With --record, any decision of `headroom backtest --decisions FILE` or `headroom run --record DIR`: what each voice
    asked for, who won, every limit that changed the number, in order, and what this version makes of the same record.
    Else the live policy NAME, as its status tells.
    """
    if record is not None:
        told = find_decision(record, at=at, policy=name)
        {"table": show_decision, "json": print_decision}[shape](told)
    elif at is not None:
        raise click.UsageError("--at goes with --record: a live policy tells of its last decision only")
    elif name is None:
        raise click.UsageError("name the policy, or give --record")
    else:
        policy = asyncio.run(fetch_policy(namespace, name, kubeconfig=kubeconfig))
        {"table": show_policy, "json": print_policy}[shape](policy)


def show_decision(told: Told) -> None:
    """Print the voices, the limits, and what came of them."""
    parts: list[RenderableType] = [plain(f"{told.policy} at {iso(told.at)}: {_change(told)} ({told.reason})")]
    parts.append(_voices(told))
    if told.limiters:
        parts.append(_limits(told))
    again = made_again(told)
    parts.append(plain(f"Made again from its record: {'the same' if again == _outcome(told) else again}."))
    print_terminal(*parts)


def made_again(told: Told) -> str:
    """Return what this version decides from the record, or why it cannot."""
    try:
        decision = recomputed(json.loads(told.line))
    except ValueError as problem:
        return str(problem)
    return f"{decision.desired_replicas} replicas ({decision.reason})"


def _outcome(told: Told) -> str:
    return f"{told.desired_replicas} replicas ({told.reason})"


def _change(told: Told) -> str:
    current, desired = told.current_replicas, told.desired_replicas
    return f"stays at {desired} replicas" if current == desired else f"from {current} to {desired} replicas"


def _voices(told: Told) -> Table:
    table = make_table(["voice", "of"], ["replicas"])
    table.add_column("", no_wrap=True)
    table.add_column("why")
    for voice in told.candidates:
        replicas = UNKNOWN if voice.replicas is None else str(voice.replicas)
        table.add_row(
            plain(voice.reason), plain(voice.source), replicas, _part(voice, told.winner), plain(voice.message)
        )
    return table


def _part(voice: Voice, winner: Voice | None) -> str:
    if voice.replicas is None:
        return SILENT
    return WINNER if voice is winner else ""


def _limits(told: Told) -> Table:
    table = make_table(["limit"], ["from", "to"])
    table.add_column("why")
    for limit in told.limiters:
        table.add_row(plain(limit.reason), str(limit.before), str(limit.after), plain(limit.message))
    return table


def print_decision(told: Told) -> None:
    """Print the same, for programs."""
    document = told.model_dump(mode="json", by_alias=False, exclude={"line"})
    winner = None if told.winner is None else told.winner.model_dump(mode="json")
    print_json(document | {"winner": winner, "made_again": made_again(told)})


async def fetch_policy(namespace: str, name: str, *, kubeconfig: Path | None) -> ScalingPolicy:
    """Return a policy of a cluster. Raises InputRefused where another version wrote it."""
    from controller.cluster.address import SCALING_POLICIES  # noqa: PLC0415  the cluster door
    from controller.cluster.client import KubernetesClient  # noqa: PLC0415  is an extra,
    from controller.cluster.connection import connect  # noqa: PLC0415  and --record goes without it

    async with connect(kubeconfig) as api:
        client = KubernetesClient(api, Random(0).random)  # noqa: S311  spreads retries, guards nothing
        raw: Mapping[str, Any] = await client.get(SCALING_POLICIES.at(namespace, name))
    try:
        return ScalingPolicy.model_validate(raw)
    except ValidationError as problem:
        raise InputRefused(f"policy {namespace}/{name} cannot be read: {explained(problem)}") from problem


def show_policy(policy: ScalingPolicy) -> None:
    """Print what a live policy wants and why, and its conditions."""
    status = policy.status
    table = make_table(["condition", "status", "reason"], [])
    table.add_column("says")
    for each in status.conditions:
        table.add_row(plain(each.type), plain(each.status), plain(each.reason), plain(each.message))
    print_terminal(*map(plain, _sentences(policy)), *([table] if status.conditions else []))


def _sentences(policy: ScalingPolicy) -> Iterator[str]:
    status = policy.status
    if status.desired_replicas is None:
        yield f"{policy.key}: nothing has been decided yet"
        return
    yield f"{policy.key}: {status.current_replicas} replicas now, {status.desired_replicas} desired ({status.reason})"
    yield status.message
    if status.forecast_replicas is not None:
        yield f"the forecast asks for {status.forecast_replicas} over the lead time"
    if status.learned is not None:
        learned = status.learned
        steps = f" from {learned.lead_time_steps} scale-ups" if learned.lead_time_source == "Learned" else ""
        yield f"lead time: {learned.lead_time_seconds} s ({learned.lead_time_source.lower()}{steps})"


def print_policy(policy: ScalingPolicy) -> None:
    """Print its status, for programs; what only the operator needs is left out."""
    status = policy.status.model_dump(mode="json", by_alias=True, exclude={"memory"})
    print_json({"policy": str(policy.key), "status": status})
