"""`--with`: what else happens in a backtest, from text; refused in words where it cannot be meant."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from controller.cli.backtest import backtest
from controller.cli.reading.variants import VariantText
from controller.errors import InputRefused
from controller.simulation.variants.batches import Batches
from controller.simulation.variants.blackout import Blackout
from controller.simulation.variants.outage import Outage
from controller.simulation.variants.zones import ZoneLoss
from controller.simulation.world import Variant
from tests.cli.traces import TAXI

NOON = datetime(2014, 10, 26, 12, tzinfo=UTC)
LAST_DAY = ("--evaluate-from", "2014-10-26T00:00Z", "--rivals", "", "--noise", "0")


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("batches", Batches()),
        ("batches:every=5m,share=0.5", Batches(every=timedelta(minutes=5), share=0.5)),
        ("outage:begin=2014-10-26T12:00Z,lost=0.8", Outage(NOON, lost=0.8)),
        ("zone-loss:at=2014-10-26T14:00+02:00,zones=2", ZoneLoss(NOON, zones=2)),
        (
            "blackout:begin=2014-10-26T12:00Z,length=90s,presets=queue-depth+cpu-cores",
            Blackout(NOON, timedelta(seconds=90), frozenset({"queue-depth", "cpu-cores"})),
        ),
    ],
    ids=["a kind alone", "some fields", "a moment", "a moment elsewhere", "a set"],
)
def test_text_becomes_a_variant(text: str, variant: Variant) -> None:
    assert VariantText().convert(text, None, None) == variant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("flood", "there is no 'flood'; there are outage, blackout"),
        ("batches:often=5m", "batches has no often; it has every, share, latest, seed"),
        ("outage", "outage: begin: Field required"),
        ("outage:begin=2014-10-26T12:00Z,lost=2", "outage: lost: Input should be less than or equal to 1"),
        ("batches:every=1s", "batches: every: Input should be greater than or equal to 15 seconds"),
        ("zone-loss:at=2014-10-26T12:00", "has no time zone"),
    ],
    ids=["an unknown kind", "an unknown field", "a field that is missing", "a share above 1", "too short", "no zone"],
)
def test_what_cannot_be_meant_is_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(click.BadParameter, match=sentence):
        VariantText().convert(text, None, None)


def test_a_moment_outside_of_what_is_judged_is_refused() -> None:
    result = CliRunner().invoke(backtest, [str(TAXI), *LAST_DAY, "--with", "zone-loss:at=2014-10-20T12:00Z"])

    assert isinstance(result.exception, InputRefused)
    assert "not in the evaluated window, 2014-10-26T00:00Z to" in str(result.exception)


def test_an_outage_is_in_the_demand_of_everybody(tmp_path: Path) -> None:
    timeline = tmp_path / "timeline.csv"
    outage = "outage:begin=2014-10-26T12:00Z,length=10m,lost=1"

    result = CliRunner().invoke(backtest, [str(TAXI), *LAST_DAY, "--with", outage, "--timeline", str(timeline)])

    assert result.exit_code == 0, result.output
    with timeline.open(encoding="utf-8") as file:
        demand = {datetime.fromisoformat(row["timestamp"]): float(row["demand_rps"]) for row in csv.DictReader(file)}
    lost = [at for at, rps in demand.items() if rps == 0]
    assert (min(lost), max(lost)) == (NOON, NOON + timedelta(minutes=9, seconds=45))
