from datetime import UTC, datetime, timedelta

from controller.telemetry.quarantine import RETRY_AFTER, Quarantine

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = START + RETRY_AFTER


def holding(*namespaces: str) -> Quarantine:
    quarantine = Quarantine()
    quarantine.put(dict.fromkeys(namespaces, "a warning"), START)
    return quarantine


def test_nobody_is_tried_again_too_early() -> None:
    assert holding("a").trial(LATER - timedelta(seconds=1)) == []


def test_one_is_tried_again_at_first() -> None:
    assert holding("b", "a").trial(LATER) == ["a"]


def test_each_success_doubles_how_many_are_tried_together() -> None:
    quarantine = holding(*"abcdefgh")
    sizes = []
    while tried := quarantine.trial(LATER):
        sizes.append(len(tried))
        quarantine.succeed(tried)

    assert sizes == [1, 2, 4, 1]
    assert not quarantine.problems


def test_a_failure_goes_back_to_one_and_to_the_end_of_the_queue() -> None:
    quarantine = holding("a", "b", "c")
    quarantine.succeed(quarantine.trial(LATER))
    quarantine.fail({"b": "still"}, LATER)

    assert quarantine.trial(LATER) == ["c"]
    assert quarantine.problems == {"b": "still", "c": "a warning"}


def test_namespaces_nobody_asks_for_are_forgotten() -> None:
    quarantine = holding("a", "b")
    quarantine.keep(["b"])

    assert quarantine.problems.keys() == {"b"}
