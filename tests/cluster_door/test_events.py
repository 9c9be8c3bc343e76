from datetime import timedelta

from controller.api.metadata import ObjectKey
from controller.cluster.address import EVENTS
from controller.cluster.client import KubernetesClient
from controller.cluster.events import EventRecorder, event_name, shorten
from controller.scaling.publishing.patch import EventNote
from tests.builders import NOON, a_policy
from tests.cluster_door.fake_api import FakeApi

FORECAST = EventNote("Forecast", "12 replicas needed at 09:00")


def a_path(note: EventNote) -> str:
    return EVENTS.at("shop", event_name(a_policy(), note)).path


async def test_an_event_says_what_happened_to_which_policy(world: FakeApi, client: KubernetesClient) -> None:
    await EventRecorder(client, "headroom-1").record(a_policy(), FORECAST, NOON)

    event = world.objects[a_path(FORECAST)]
    regarding = event["regarding"]
    assert (event["type"], event["reason"], event["note"]) == ("Normal", "Forecast", "12 replicas needed at 09:00")
    assert ObjectKey(regarding["namespace"], regarding["name"]) == a_policy().key
    assert (regarding["kind"], regarding["uid"]) == ("ScalingPolicy", a_policy().metadata.uid)
    assert event["eventTime"] == "2026-03-02T12:00:00.000000Z"


async def test_what_comes_back_is_counted_and_not_repeated(world: FakeApi, client: KubernetesClient) -> None:
    recorder = EventRecorder(client, "headroom-1")
    for minute in range(3):
        await recorder.record(a_policy(), FORECAST, NOON + timedelta(minutes=minute))

    assert len(world.objects) == 1
    assert world.objects[a_path(FORECAST)]["series"] == {"count": 3, "lastObservedTime": "2026-03-02T12:02:00.000000Z"}


async def test_a_restarted_operator_goes_on_counting(world: FakeApi, client: KubernetesClient) -> None:
    await EventRecorder(client, "headroom-1").record(a_policy(), FORECAST, NOON)

    await EventRecorder(client, "headroom-2").record(a_policy(), FORECAST, NOON)

    assert world.objects[a_path(FORECAST)]["series"]["count"] == 2


async def test_new_figures_are_a_new_event(world: FakeApi, client: KubernetesClient) -> None:
    more = EventNote("Forecast", "20 replicas needed at 10:00")
    recorder = EventRecorder(client, "headroom-1")

    await recorder.record(a_policy(), FORECAST, NOON)
    await recorder.record(a_policy(), more, NOON)

    assert world.objects[a_path(more)]["note"] == "20 replicas needed at 10:00"
    assert "series" not in world.objects[a_path(FORECAST)]


async def test_another_reason_is_another_event(world: FakeApi, client: KubernetesClient) -> None:
    stale = EventNote("SignalsStale", "no answer", warning=True)
    recorder = EventRecorder(client, "headroom-1")

    await recorder.record(a_policy(), FORECAST, NOON)
    await recorder.record(a_policy(), stale, NOON)

    assert len(world.objects) == 2
    assert world.objects[a_path(stale)]["type"] == "Warning"


def test_a_policy_made_anew_under_its_old_name_has_events_of_its_own() -> None:
    again = a_policy().model_copy(update={"metadata": a_policy().metadata.model_copy(update={"uid": "other"})})

    assert event_name(again, FORECAST) != event_name(a_policy(), FORECAST)


def test_the_longest_policy_name_still_makes_a_name() -> None:
    assert len(event_name(a_policy(name="a" * 253), FORECAST)) <= 253


def test_a_note_is_cut_to_what_an_event_holds_and_never_inside_a_character() -> None:
    assert shorten("é" * 600) == "é" * 512
    assert shorten("short") == "short"
