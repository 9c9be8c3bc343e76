from datetime import timedelta

from controller.telemetry.breaker import FAILURES_TO_OPEN, SHORTEST_REST
from controller.telemetry.link import Errand, Link
from tests.builders import NOON
from tests.telemetry.pretend_prometheus import PretendPrometheus
from tests.telemetry.selectors import WEB, a_selector, a_source

SWEEP = timedelta(seconds=15)


def test_asking_for_nobody_neither_asks_nor_closes_the_breaker() -> None:
    prometheus = PretendPrometheus(down=True)
    link = Link(a_source(), prometheus)
    for number in range(FAILURES_TO_OPEN):
        link.ask(a_selector(), [[WEB]], NOON + number * SWEEP)
    prometheus.asked()

    link.ask(a_selector(), [], NOON + SHORTEST_REST)
    learned = link.ask(a_selector(), [[WEB]], NOON + SHORTEST_REST)

    assert "cannot be reached" in learned.problem
    assert prometheus.asked() == 0


def test_an_errand_that_fails_tells_why_and_keeps_what_it_had() -> None:
    prometheus = PretendPrometheus({WEB: 3.0}, down=True)

    fetched = Link(a_source(), prometheus).run(a_selector(), Errand(unfilled=[WEB]), NOON)

    assert "cannot be reached" in fetched.problem
    assert fetched.past.values == {}
