"""`headroom report`, from a file that kubectl wrote and from a pretend API server."""

import json
from functools import partial
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from controller.cli.reading.reports import fetch_objects, read_objects
from controller.cli.report import report
from controller.errors import InputRefused, NotFound
from tests.builders import a_policy
from tests.cli.kubeconfigs import kubeconfig
from tests.cli.running import run_command
from tests.cluster_door.fake_api import FakeApi, raw_answer, refusal
from tests.reporting.examples import forecast_report_object

GROUP = "/apis/headroom.dev/v1alpha1/namespaces/shop"
POLICY = json.loads(a_policy(maxReplicas=40).model_dump_json(by_alias=True, exclude_none=True))


def as_file(folder: Path, *objects: object) -> Path:
    path = folder / "objects.yaml"
    path.write_text(yaml.safe_dump({"kind": "List", "items": list(objects)}), encoding="utf-8")
    return path


run = partial(run_command, report)


def refused(result: Result) -> str:
    assert isinstance(result.exception, InputRefused)
    return str(result.exception)


def test_a_file_becomes_a_page_and_a_summary(tmp_path: Path) -> None:
    page = tmp_path / "web.html"

    result = run("--file", as_file(tmp_path, forecast_report_object(), POLICY), "--output", page)

    assert result.exit_code == 0, result.output
    assert "Between 4 and 20 replicas" in result.output
    assert str(page) in result.output.replace("\n", "")
    assert "maxReplicas (40)" in page.read_text(encoding="utf-8")


def test_without_its_policy_a_report_has_no_bounds(tmp_path: Path) -> None:
    page = tmp_path / "web.html"
    other = POLICY | {"metadata": {"name": "web", "namespace": "elsewhere"}}

    result = run("--file", as_file(tmp_path, forecast_report_object(), other), "--output", page)

    assert result.exit_code == 0
    assert "maxReplicas" not in page.read_text(encoding="utf-8")


def test_a_policy_of_another_version_is_left_out_and_said(tmp_path: Path) -> None:
    odd = POLICY | {"spec": POLICY["spec"] | {"novelty": 1}}

    result = run("--file", as_file(tmp_path, forecast_report_object(), odd), "--output", tmp_path / "web.html")

    assert result.exit_code == 0
    assert "the policy is left out: spec.novelty" in result.stderr


def test_a_name_picks_one_of_several(tmp_path: Path) -> None:
    other = forecast_report_object(verdict="The other one.") | {"metadata": {"name": "api", "namespace": "shop"}}

    result = run("api", "--file", as_file(tmp_path, forecast_report_object(), other), "--output", tmp_path / "p.html")

    assert "The other one." in result.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must hold one ForecastReport; it has: none"),
        ("kind: ConfigMap", "must hold one ForecastReport; it has: none"),
        ("[1, 2]", "must hold one ForecastReport; it has: none"),
        ("kind: List\nitems: [1]", "must hold one ForecastReport; it has: none"),
        ("{a: b: c}", "is not YAML"),
        (
            "kind: ForecastReport\nmetadata: {name: web}",
            "has a ForecastReport that cannot be read: spec: Field required",
        ),
        ("kind: ForecastReport\nmetadata: {name: web}\nspec: {policy: web, colour: red}", "spec.colour"),
    ],
)
def test_a_file_that_holds_no_report_is_refused_by_name(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")

    told = refused(run("--file", path))

    assert told.startswith(str(path))
    assert sentence in told


def test_two_reports_need_a_name(tmp_path: Path) -> None:
    other = forecast_report_object() | {"metadata": {"name": "api", "namespace": "shop"}}

    assert "it has: shop/web, shop/api" in refused(run("--file", as_file(tmp_path, forecast_report_object(), other)))


def test_a_file_that_is_not_there_and_a_page_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "web.html"

    assert "cannot be read" in refused(run("--file", nowhere))
    assert "choose another --output" in refused(
        run("--file", as_file(tmp_path, forecast_report_object()), "--output", nowhere)
    )


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputRefused, match="cannot be read"):
        read_objects(path)


def test_without_a_name_and_a_file_it_says_what_to_give() -> None:
    result = run()

    assert result.exit_code == 2
    assert "name the ForecastReport" in result.output


async def fetched(api: FakeApi, folder: Path) -> list[object]:
    async with api.serve() as client:
        config = kubeconfig(folder, client.configuration.host)
        return [raw["kind"] for raw in await fetch_objects("shop", "web", kubeconfig=config)]


async def test_the_cluster_is_asked_for_the_report_and_its_policy(tmp_path: Path) -> None:
    api = FakeApi()
    api.put(f"{GROUP}/forecastreports/web", forecast_report_object())
    api.put(f"{GROUP}/scalingpolicies/web", POLICY)

    assert await fetched(api, tmp_path) == ["ForecastReport", "ScalingPolicy"]


@pytest.mark.parametrize("forbidden", [True, False])
async def test_a_policy_that_may_not_be_read_is_done_without(tmp_path: Path, *, forbidden: bool) -> None:
    api = FakeApi()
    api.put(f"{GROUP}/forecastreports/web", forecast_report_object())
    if forbidden:
        api.faults = [raw_answer(200, json.dumps(forecast_report_object()).encode()), refusal(403)]

    assert "ScalingPolicy" not in await fetched(api, tmp_path)


async def test_a_report_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="shop/web"):
        await fetched(FakeApi(), tmp_path)
