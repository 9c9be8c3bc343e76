from pathlib import Path

import pytest
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from controller.cluster.address import PODS, SCALING_POLICIES, Resource
from controller.cluster.answer import Answer, parse_retry_after
from controller.cluster.client import KubernetesClient, Patience
from controller.cluster.connection import connect
from controller.errors import ClusterUnavailable, Conflict, Forbidden, InputRefused, NotFound
from tests.cluster_door.fake_api import FakeApi, Naps, a_client, raw_answer, refusal, reset

WEB = Resource("apps/v1", "deployments").at("shop", "web")
POLICY = SCALING_POLICIES.at("shop", "web")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        pytest.param(404, b'{"message": "gone"}', NotFound, id="what is missing is NotFound"),
        pytest.param(404, b"404 page not found\n", NotFound, id="so is an API group, which answers in plain text"),
        pytest.param(403, b'{"message": "no right"}', Forbidden, id="a missing right is Forbidden"),
        pytest.param(409, b'{"message": "changed"}', Conflict, id="a changed object is a Conflict"),
        pytest.param(422, b'{"details": {}}', Conflict, id="so is a JSON patch whose test failed"),
        pytest.param(500, b'{"message": "oops"}', ClusterUnavailable, id="a fault of the server is no more than that"),
        pytest.param(502, b"<html>", ClusterUnavailable, id="a proxy speaks HTML"),
        pytest.param(200, b"<html>", ClusterUnavailable, id="even when it says that all is well"),
        pytest.param(200, b"[1]", ClusterUnavailable, id="a list is not an object"),
        pytest.param(200, b'{"kind": "Depl', ClusterUnavailable, id="half an answer is none"),
        pytest.param(
            422, b'{"details": {"causes": [{"field": "spec"}]}}', ClusterUnavailable, id="an invalid object is refused"
        ),
    ],
)
def test_each_answer_becomes_the_error_that_says_what_to_do(
    status: int, body: bytes, error: type[ClusterUnavailable]
) -> None:
    with pytest.raises(ClusterUnavailable) as caught:
        Answer(status, body).json_object("GET web")

    assert type(caught.value) is error


def test_a_refusal_repeats_the_servers_own_words_with_the_status() -> None:
    with pytest.raises(Forbidden, match=r"PATCH web: 403: deployments\.apps is forbidden"):
        Answer(403, b'{"message": "deployments.apps is forbidden"}').json_object("PATCH web")


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), (None, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
)
def test_retry_after_counts_only_as_seconds(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header) == seconds


def test_addresses_escape_what_a_tenant_may_have_written() -> None:
    address = Resource("apps/v1", "deployments").at("shop", "../../secrets?x", subresource="scale")

    assert address.path == "/apis/apps/v1/namespaces/shop/deployments/..%2F..%2Fsecrets%3Fx/scale"


async def test_an_object_comes_as_the_dict_that_was_sent(world: FakeApi, client: KubernetesClient) -> None:
    world.put(WEB.path, {"spec": {"replicas": 3}})

    assert (await client.get(WEB))["spec"] == {"replicas": 3}


async def test_a_list_of_many_pages_comes_whole_and_in_order(world: FakeApi, client: KubernetesClient) -> None:
    for number in range(1100):
        world.put(f"{PODS.at('shop').path}/{number}", {"metadata": {"name": str(number)}})

    pods = await client.list_objects(PODS.at("shop"))

    assert [pod["metadata"]["name"] for pod in pods] == [str(number) for number in range(1100)]
    assert len(world.seen) == 3


async def test_a_list_without_items_is_refused(world: FakeApi, client: KubernetesClient) -> None:
    world.faults = [raw_answer(200, b'{"kind": "PodList", "items": null}')]

    with pytest.raises(ClusterUnavailable, match="has no items"):
        await client.list_objects(PODS.at("shop"))


@pytest.mark.parametrize(
    "fault", [refusal(503), refusal(429, Retry_After="1"), refusal(500), reset, raw_answer(504, b"<html>")]
)
async def test_a_read_survives_a_passing_fault(world: FakeApi, client: KubernetesClient, fault: object) -> None:
    world.put(WEB.path, {"spec": {"replicas": 3}})
    world.faults = [fault, fault]  # type: ignore[list-item]  # the table mixes two callables of one shape

    assert (await client.get(WEB))["spec"] == {"replicas": 3}


async def test_a_read_gives_up_after_its_attempts(world: FakeApi, client: KubernetesClient) -> None:
    world.broken = refusal(503, "overloaded")

    with pytest.raises(ClusterUnavailable, match="503: overloaded"):
        await client.get(WEB)

    assert len(world.seen) == 3


async def test_a_refusal_that_asking_again_will_not_change_is_not_asked_again(
    world: FakeApi, client: KubernetesClient
) -> None:
    with pytest.raises(NotFound):
        await client.get(WEB)

    assert len(world.seen) == 1


async def test_back_off_grows_and_waits_as_long_as_the_server_asks(world: FakeApi, api: ApiClient) -> None:
    naps = Naps()
    world.put(WEB.path, {})
    world.faults = [refusal(503), refusal(429, Retry_After="2")]

    await a_client(api, naps).get(WEB)

    first, second = naps.seconds
    assert first == pytest.approx(0.2 * 1.5)
    assert second == pytest.approx(2 + 0.4 * 1.5)


async def test_a_server_that_asks_for_a_long_pause_is_left_to_the_next_sweep(world: FakeApi, api: ApiClient) -> None:
    naps = Naps()
    world.broken = refusal(429, "slow down", Retry_After="60")

    with pytest.raises(ClusterUnavailable, match="slow down"):
        await a_client(api, naps).get(WEB)

    assert naps.seconds == []


async def test_a_silent_server_is_waited_for_no_longer_than_agreed(world: FakeApi, api: ApiClient) -> None:
    world.silent = True

    with pytest.raises(ClusterUnavailable, match=r"no answer within 0\.05 s"):
        await a_client(api, reads=Patience(0.05, attempts=1)).get(WEB)


async def test_nobody_listening_is_a_cluster_that_is_unavailable() -> None:
    async with ApiClient(Configuration(host="http://127.0.0.1:1")) as api:
        with pytest.raises(ClusterUnavailable, match="GET deployments shop/web"):
            await a_client(api).get(WEB)


async def test_a_write_is_sent_once_and_left_to_the_next_sweep(world: FakeApi, client: KubernetesClient) -> None:
    world.broken = refusal(503)

    with pytest.raises(ClusterUnavailable):
        await client.apply(POLICY, {"status": {}})

    assert len(world.seen) == 1


async def test_the_fence_keeps_every_kind_of_write_from_the_server(world: FakeApi, api: ApiClient) -> None:
    def not_leading() -> None:
        raise ClusterUnavailable("not leading")

    world.put(WEB.path, {"spec": {"replicas": 3}})
    before = dict(world.objects)
    fenced = a_client(api, before_write=not_leading)

    for write in (
        fenced.apply(WEB, {"spec": {}}),
        fenced.patch_json(WEB, [{"op": "replace", "path": "/spec/replicas", "value": 9}]),
        fenced.create(WEB.resource.at("shop"), {"metadata": {"name": "other"}}),
    ):
        with pytest.raises(ClusterUnavailable, match="not leading"):
            await write

    assert world.objects == before


async def test_writes_are_told_by_what_they_write(world: FakeApi, api: ApiClient) -> None:
    written: list[str] = []
    client = a_client(api, on_write=written.append)
    world.put(POLICY.path, {})

    await client.apply(SCALING_POLICIES.at("shop", "web", subresource="status"), {"status": {}})
    await client.create(PODS.at("shop"), {"metadata": {"name": "a"}})
    await client.get(POLICY)

    assert written == ["scalingpolicies/status", "pods"]


async def test_a_kubeconfig_says_where_the_cluster_is(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        '{"current-context": "c", "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],'
        '"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],'
        '"users": [{"name": "u", "user": {"token": "secret"}}]}'
    )

    async with connect(kubeconfig) as api:
        assert api.configuration.host == "http://127.0.0.1:1"
        assert api.user_agent.startswith("headroom/")


async def test_a_pod_without_a_service_account_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")

    with pytest.raises(InputRefused, match=r"no cluster to connect to: .*token"):
        async with connect():
            pass


async def test_a_kubeconfig_that_is_not_there_is_the_persons_to_mend(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"there is no file .*/nowhere; set KUBECONFIG"):
        async with connect(tmp_path / "nowhere"):
            pass


async def test_a_kubeconfig_that_is_no_yaml_is_the_persons_to_mend(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("a: [1,\nb: }")

    with pytest.raises(InputRefused, match=r"no cluster to connect to: while parsing"):
        async with connect(kubeconfig):
            pass
