"""`headroom demo` end to end on the last day of the trace, and what it says where something is not there."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from controller.cli import LazyGroup, extra_of
from controller.cli.demo import TRACE, days_of, demo, price_of_the_same, recorded_demand
from controller.errors import InputRefused
from controller.simulation.rivals.matched import HPAReplay, MatchedHPA
from tests.reporting.examples import replay_report, timeline

OURS = replay_report(days=1).scores[0]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = tmp_path_factory.mktemp("demo") / "pages"
    return CliRunner().invoke(demo, ["--days", "1", "--output", str(folder)]), folder / "report.html"


@pytest.mark.slow
def test_the_summary_compares_at_equal_cost_and_names_the_page(shown: tuple[Result, Path]) -> None:
    result, page = shown

    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "Over 24 h and at the same cost" in said
    assert "To keep it as well, HPA needs" in said
    assert len(result.output.splitlines()) < 24
    assert result.output.rstrip().endswith(str(page))


@pytest.mark.slow
def test_the_page_shows_both_policies_the_forecast_and_why_it_scaled(shown: tuple[Result, Path]) -> None:
    page = shown[1].read_text(encoding="utf-8")

    for part in ("HPA 70 %", "as it stood 5 min before", "Planned for", "all voices and limits", "Daily season"):
        assert part in page
    assert "needs" in page.split("all voices and limits")[1]


def hpa(*, pod_hours: float, target: int) -> HPAReplay:
    report = replay_report(days=1)
    assert report.replicas is not None
    made = replace(report.scores[1], pod_hours=pod_hours)
    return HPAReplay(target, timeline=None, score=made)  # type: ignore[arg-type]  # only its score is asked for


@pytest.mark.parametrize(
    ("as_good", "sentence"),
    [
        (hpa(pod_hours=2 * OURS.pod_hours, target=61), "pod-hours (+100\u202f%), at 61 %."),
        (hpa(pod_hours=0.5 * OURS.pod_hours, target=88), "pod-hours (\N{MINUS SIGN}50\u202f%), at 88 %."),
        (None, "No target lets HPA keep it as well."),
    ],
)
def test_the_price_of_the_same_quality_is_told_whoever_wins(as_good: HPAReplay | None, sentence: str) -> None:
    usual = hpa(pod_hours=100, target=70)

    said = price_of_the_same(OURS, MatchedHPA(usual, usual, as_good))

    assert said.endswith(sentence)


@pytest.mark.parametrize(("days", "said"), [(1, "26 Oct 2014"), (3, "26 Oct to 28 Oct 2014")])
def test_one_day_is_called_by_its_date(days: int, said: str) -> None:
    ticks = np.full(days * 5760, 10.0)
    played = replace(timeline("Headroom", ticks, ticks), start=datetime(2014, 10, 26, tzinfo=UTC))

    assert days_of(played) == said


def test_the_evaluated_days_are_the_last_ones_with_and_without_spikes() -> None:
    plain, spiky = (recorded_demand(TRACE, days=3, spikes=spikes) for spikes in (False, True))

    assert f"{plain.at(plain.evaluated_from):%F %R}" == f"{spiky.at(spiky.evaluated_from):%F %R}" == "2014-10-24 00:00"
    assert spiky.rps.max() / spiky.rps.mean() > 1.3 * plain.rps.max() / plain.rps.mean()


def test_without_the_examples_it_says_where_to_run_it(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="run `headroom demo` from a checkout"):
        recorded_demand(tmp_path / "nyc-taxi-30min.csv", days=3, spikes=False)


def test_keep_without_live_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(demo, ["--keep", "--output", str(tmp_path)])

    assert result.exit_code == 2
    assert "--keep goes with --live" in result.output


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    refused = CliRunner().invoke(demo, ["--output", str(tmp_path / "file" / "pages")]).exception

    assert isinstance(refused, InputRefused)
    assert "choose another --output" in str(refused)


HIDE_TESTBED = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name == "testbed":
            raise ModuleNotFoundError("No module named 'testbed'", name="testbed")
sys.meta_path.insert(0, Hide())
from controller.__main__ import main
main()
"""


def test_live_without_a_checkout_is_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HIDE_TESTBED, "demo", "--live", "--output", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert done.stderr.startswith("headroom: --live needs the testbed")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("bokeh", "report"),
        ("bokeh.models", "report"),
        ("prometheus_api_client", "operator"),
        ("kubernetes.aio", "operator"),
        ("numpy", None),
        ("controller.cli.nothing", None),
    ],
)
def test_a_missing_library_is_known_by_its_extra(module: str, extra: str | None) -> None:
    assert extra_of(module) == extra


class Lacking(LazyGroup):
    """The command line on a machine without one library."""

    def __init__(self, missing: str) -> None:
        super().__init__("headroom")
        self.missing = missing

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        raise ModuleNotFoundError(f"No module named {self.missing!r}", name=self.missing)


def test_a_command_without_its_extra_says_what_to_install() -> None:
    refused = CliRunner().invoke(Lacking("bokeh.plotting"), ["demo"]).exception

    assert isinstance(refused, InputRefused)
    assert str(refused) == (
        "bokeh.plotting is missing; an extra brings it: run pip install '.[report]' in a checkout of Headroom"
    )


def test_a_defect_is_not_taken_for_a_missing_extra() -> None:
    raised = CliRunner().invoke(Lacking("controller.nothing"), ["demo"]).exception

    assert isinstance(raised, ModuleNotFoundError)
