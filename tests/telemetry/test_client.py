import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest

from controller.api.metrics_source import MetricsSource
from controller.errors import TelemetryUnavailable
from controller.telemetry.answers import Grid
from controller.telemetry.client import PrometheusClient
from controller.telemetry.compiler import Workload
from controller.telemetry.failures import AnswerRefused, SourceUnreachable
from tests.telemetry.loopback import CERTIFICATE, Asked, LoopbackServer, Reply, Script, replying, result
from tests.telemetry.selectors import WEB, a_selector, a_source

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
T = NOW.timestamp()
LABELS = {"namespace": "shop", "app": "web"}
SELECTOR = a_selector()
GRID = Grid(NOW, timedelta(minutes=5), 3)


def a_sample(value: object = "3.5", *, at: float = T, **labels: str) -> dict[str, object]:
    return {"metric": {**LABELS, **labels}, "value": [at, value]}


def some_samples(*samples: object) -> dict[str, object]:
    return {"metric": LABELS, "values": list(samples)}


@contextmanager
def a_client(script: Script) -> Iterator[tuple[PrometheusClient, list[Asked]]]:
    """A client of a server that answers by a script, and what the server was asked."""
    with LoopbackServer(script) as server, PrometheusClient(a_source(server.url)) as client:
        yield client, server.asked


def ask(source: MetricsSource) -> dict[Workload, float]:
    with PrometheusClient(source) as client:
        return dict(client.values(SELECTOR, [WEB], at=NOW))


def test_the_value_of_each_workload_is_read() -> None:
    api = Workload("bank", "api")
    with a_client(replying(result(a_sample(), a_sample("7", namespace="bank", app="api")))) as (client, _):
        values = client.values(SELECTOR, [WEB, api], at=NOW)

    assert values == {WEB: 3.5, api: 7.0}


def test_a_workload_that_shares_names_with_others_is_left_out_when_nobody_asked() -> None:
    with LoopbackServer(replying(result(a_sample(app="other"), a_sample()))) as server:
        assert ask(a_source(server.url)) == {WEB: 3.5}


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf"])
def test_a_value_that_is_not_finite_is_handed_on_as_it_is(text: str) -> None:
    with LoopbackServer(replying(result(a_sample(text)))) as server:
        values = ask(a_source(server.url))

    assert not np.isfinite(values[WEB])


def test_workloads_nobody_named_are_asked_for() -> None:
    with a_client(replying(result(a_sample("1"), a_sample("1", app="api")))) as (client, asked):
        found = client.workloads(SELECTOR, ["shop"], at=NOW)

    assert found == (Workload("shop", "api"), WEB)
    assert asked[0].form["query"].startswith("group by (namespace,app)")


def test_a_long_query_goes_into_the_body() -> None:
    with LoopbackServer(replying(result())) as server:
        ask(a_source(f"{server.url}/prometheus/"))

    (asked,) = server.asked
    assert asked.path == "/prometheus/api/v1/query"
    assert asked.form["query"].startswith("sum by (namespace,app)")
    assert (float(asked.form["time"]), asked.form["timeout"]) == (T, "10s")


def test_a_range_is_read_onto_its_grid_and_gaps_stay_gaps() -> None:
    with a_client(replying(result(some_samples([T, "1"], [T + 600, "3"])))) as (client, asked):
        values = client.ranges(SELECTOR, [WEB], grid=GRID)

    np.testing.assert_array_equal(values[WEB], [1.0, np.nan, 3.0])
    form = asked[0].form
    assert (float(form["start"]), float(form["end"]), form["step"]) == (T, T + 600, "300")


def test_what_is_not_finite_or_below_zero_is_missing_in_a_range() -> None:
    samples = some_samples([T, "NaN"], [T + 300, "-1"], [T + 600, "+Inf"])
    with a_client(replying(result(samples))) as (client, _):
        values = client.ranges(SELECTOR, [WEB], grid=GRID)

    assert np.isnan(values[WEB]).all()


@pytest.mark.parametrize(
    "sample", [[T + 1_000, "1"], [T - 300, "1"], [T + 100, "1"], [1e308, "1"]], ids=["after", "before", "off", "far"]
)
def test_a_range_with_times_nobody_asked_for_is_refused(sample: list[object]) -> None:
    script = replying(result(some_samples(sample)))
    with a_client(script) as (client, _), pytest.raises(AnswerRefused, match="not asked for"):
        client.ranges(SELECTOR, [WEB], grid=GRID)


def test_a_range_with_a_duplicate_time_is_refused() -> None:
    script = replying(result(some_samples([T, "1"], [T, "2"])))
    with a_client(script) as (client, _), pytest.raises(AnswerRefused, match="not asked for"):
        client.ranges(SELECTOR, [WEB], grid=GRID)


def an_error(kind: str, text: str) -> dict[str, object]:
    return {"status": "error", "errorType": kind, "error": text}


WARNED = result(a_sample(), warnings=['bucket label "le" has a malformed value'])
FAILURES: list[tuple[str, Script, type[TelemetryUnavailable], str]] = [
    ("500", lambda _: Reply(500, [b"oops"]), SourceUnreachable, "answered with HTTP status 500"),
    ("a gateway's page", lambda _: Reply(200, [b"<html></html>"]), SourceUnreachable, "is not JSON"),
    ("half an answer", lambda _: Reply(200, [json.dumps(result()).encode()[:-5]]), SourceUnreachable, "is not JSON"),
    ("nothing", lambda _: Reply(200), SourceUnreachable, "is not JSON"),
    ("a bare NaN", lambda _: Reply(200, [b'{"status": NaN}']), SourceUnreachable, "is not JSON"),
    ("deep nesting", lambda _: Reply(200, [b"[" * 100_000]), SourceUnreachable, "is not JSON"),
    ("a list", replying([]), SourceUnreachable, "is not JSON of the Prometheus API"),
    ("an endless body", lambda _: Reply(200, repeat(b" " * 2**20)), AnswerRefused, "more than 16 MiB"),
    ("a zipped body", lambda _: Reply(200, [], {"Content-Encoding": "gzip"}), AnswerRefused, "not asked for"),
    ("a redirect", lambda _: Reply(302, [], {"Location": "/x"}), SourceUnreachable, "redirects \\(302\\)"),
    ("no credentials", lambda _: Reply(401), SourceUnreachable, "refused our credentials \\(401\\)"),
    ("a warning", replying(WARNED), AnswerRefused, 'warning: bucket label "le" has a malformed value'),
    ("a partial answer", replying(result(a_sample(), isPartial=True)), AnswerRefused, "only in part"),
    ("a query that is too big", replying(an_error("execution", "too many samples"), status=422), AnswerRefused, "too"),
    ("a query that took too long", replying(an_error("timeout", "slow"), status=503), AnswerRefused, "503"),
    ("a server that is starting", replying(an_error("unavailable", "x"), status=503), SourceUnreachable, "503"),
    ("an error with status 200", replying(an_error("execution", "many")), AnswerRefused, "refused the query: many"),
    ("no result", replying({"status": "success", "data": {}}), AnswerRefused, "without a result"),
    ("data of a wrong type", replying({"status": "success", "data": 3}), AnswerRefused, "without a result"),
    ("a scalar", replying(result(T, "1")), AnswerRefused, "not a series"),
    ("labels of a wrong type", replying(result({"metric": [], "value": [T, "1"]})), AnswerRefused, "not a series"),
    ("a matrix", replying(result(some_samples([T, "1"]))), AnswerRefused, "not pairs"),
    ("a bare number", replying(result(a_sample(3.5))), AnswerRefused, "not numbers in quotes"),
    ("a word", replying(result(a_sample("many"))), AnswerRefused, "not pairs of time and number"),
    ("another time", replying(result(a_sample(at=T - 60))), AnswerRefused, "2026-03-02T11:59:00"),
    ("a far time", replying(result(a_sample(at=1e300))), AnswerRefused, "no time at all"),
    ("another namespace", replying(result(a_sample(namespace="bank"))), AnswerRefused, "not asked for"),
    ("no namespace", replying(result({"metric": {"app": "web"}, "value": [T, "1"]})), AnswerRefused, "not asked for"),
    ("the same twice", replying(result(a_sample(), a_sample("4"))), AnswerRefused, "twice for the same workload"),
]


@pytest.mark.parametrize(
    ("script", "kind", "sentence"), [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES]
)
def test_an_answer_that_cannot_be_trusted_is_a_failure_that_says_why(
    script: Script, kind: type[TelemetryUnavailable], sentence: str
) -> None:
    with LoopbackServer(script) as server, pytest.raises(kind, match=f"^MetricsSource default .*{sentence}"):
        ask(a_source(server.url))


def test_an_info_is_not_a_failure() -> None:
    infos = ["metric might not be a counter"]
    with LoopbackServer(replying(result(a_sample(), infos=infos))) as server:
        assert ask(a_source(server.url)) == {WEB: 3.5}


def test_a_redirect_is_not_followed_and_its_target_never_sees_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("open-sesame")
    with LoopbackServer(replying(result())) as thief:
        redirect = Reply(307, [], {"Location": f"{thief.url}/api/v1/query"})
        with LoopbackServer(lambda _: redirect) as server, pytest.raises(SourceUnreachable):
            ask(a_source(server.url, bearerTokenFile=str(token)))

    assert thief.asked == []


def test_nobody_listening_is_a_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(SourceUnreachable, match=r"cannot be reached \(Connection refused\)"):
            ask(a_source(f"http://127.0.0.1:{unused.getsockname()[1]}"))


@pytest.mark.parametrize("url", ["http://[::1", "http://a..b", "http://x:99999", "http://%zz/"])
def test_an_address_that_makes_no_sense_is_a_failure(url: str) -> None:
    with pytest.raises(TelemetryUnavailable):
        ask(a_source(url))


def test_proxies_and_netrc_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with LoopbackServer(replying(result())) as server:
        ask(a_source(server.url))

    assert "Authorization" not in server.asked[0].headers


def test_tenant_and_token_are_sent_and_the_token_is_read_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    with LoopbackServer(replying(result())) as server:
        source = a_source(server.url, bearerTokenFile=str(token), tenant="team-a")
        with PrometheusClient(source) as client:
            client.probe(NOW)
            token.write_text("second\n")
            client.probe(NOW)

    assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer first", "Bearer second"]
    assert {asked.headers["X-Scope-OrgID"] for asked in server.asked} == {"team-a"}


def test_a_cookie_is_not_kept() -> None:
    reply = Reply(200, [json.dumps(result()).encode()], {"Set-Cookie": "a=b"})
    with a_client(lambda _: reply) as (client, asked):
        client.probe(NOW)
        client.probe(NOW)

    assert all("Cookie" not in request.headers for request in asked)


def test_a_token_that_the_server_echoes_is_not_repeated(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("open-sesame")

    def echo(asked: Asked) -> Reply:
        return Reply(422, [json.dumps(an_error("execution", f"no: {asked.headers['Authorization']}")).encode()])

    with LoopbackServer(echo) as server, pytest.raises(AnswerRefused) as failure:
        ask(a_source(server.url, bearerTokenFile=str(token)))

    assert "open-sesame" not in str(failure.value)


@pytest.mark.parametrize("content", [b"", b" \n", b"two words", b"a\nb", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_holds_no_token_is_a_failure_that_does_not_show_it(tmp_path: Path, content: bytes) -> None:
    token = tmp_path / "token"
    token.write_bytes(content)

    with pytest.raises(SourceUnreachable, match=r"its bearerTokenFile (does not hold|cannot be read)"):
        ask(a_source(bearerTokenFile=str(token)))


def test_a_token_file_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="bearerTokenFile cannot be read"):
        ask(a_source(bearerTokenFile=str(tmp_path / "none")))


def test_a_certificate_is_trusted_by_the_given_authority_only() -> None:
    with LoopbackServer(replying(result(a_sample())), tls=True) as server:
        trusted = ask(a_source(server.url, caFile=str(CERTIFICATE)))
        with pytest.raises(SourceUnreachable, match="certificate is not trusted"):
            ask(a_source(server.url))

    assert trusted == {WEB: 3.5}


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://2852039166",
        "http://0xa9.0376.0xa9.254",
        "http://[fe80::1]:9090",
        "http://[::ffff:169.254.169.254]",
        "http://[fd00:ec2::254]",
        "https://169.254.169.254",
    ],
)
def test_a_metadata_service_is_never_asked(url: str) -> None:
    with pytest.raises(SourceUnreachable, match="link-local or a cloud's metadata service"):
        ask(a_source(url))


def rebinding(*answers: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """Return a resolver that gives another answer each time it is asked."""
    later: Iterator[Sequence[str]] = iter(answers)
    return lambda _host, _port: next(later)


def test_a_name_that_leads_to_a_forbidden_address_is_refused() -> None:
    source, resolver = a_source("http://prometheus.example:9090"), rebinding(["127.0.0.1", "169.254.169.254"])
    client = PrometheusClient(source, resolver=resolver)

    with client, pytest.raises(SourceUnreachable, match="metadata service"):
        client.probe(NOW)


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    with LoopbackServer(replying(result())) as server:
        source = a_source(server.url.replace("127.0.0.1", "prometheus.example"))
        with PrometheusClient(source, resolver=rebinding(["127.0.0.1"], ["169.254.169.254"])) as client:
            client.probe(NOW)

    assert server.asked[0].headers["Host"].startswith("prometheus.example")
