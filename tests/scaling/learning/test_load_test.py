import pytest

from controller.api.scaling_policy import ScalingPolicy
from controller.errors import InputRefused
from controller.scaling.learning.learned_capacity import capacity_of
from controller.scaling.learning.load_pairs import Pair
from controller.scaling.learning.load_test import read_load_test, seed_capacities
from tests.builders import LATENCY, QUEUED_REQUESTS, a_policy
from tests.scaling.seen import seen

LEARNS = a_policy(
    {"name": "requests", "preset": "http-request-rate", "load": {}},
    LATENCY,
    objective={"p95Milliseconds": 250, "latencySignal": "latency"},
)


def lines(*rows: str, header: str = "load_per_replica,p95_ms") -> list[str]:
    return [header, *rows]


def test_rows_are_read_as_loads_of_one_replica() -> None:
    pairs = read_load_test(lines("2,100", "8,140.5", "9.5,400"), "test.csv")
    assert [pair[:3] for pair in pairs] == [(2, 1, 100), (8, 1, 140.5), (9.5, 1, 400)]


def test_a_third_column_says_how_many_replicas_were_tested() -> None:
    pairs = read_load_test(lines("2,100,4", "8,140,4", "9,300,4", header="load_per_replica,p95_ms,replicas"), "t.csv")
    assert {pair.replicas for pair in pairs} == {4}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ([], "t.csv, line 1: the header must be load_per_replica,p95_ms"),
        (["rps,p95", "1,2"], "t.csv, line 1: the header must be load_per_replica,p95_ms"),
        (lines("2,100", "many,140"), "t.csv, line 3, load_per_replica: 'many' is not a number above 0"),
        (lines("2,"), "t.csv, line 2, p95_ms: '' is not a number above 0"),
        (lines("2,nan"), "t.csv, line 2, p95_ms: 'nan' is not a number above 0"),
        (lines("-2,100"), "t.csv, line 2, load_per_replica: '-2' is not a number above 0"),
        (lines("2," + 140_000 * "1"), "t.csv, line 2: field larger than field limit"),
        (lines("2,100,1"), "t.csv, line 2: 2 fields are needed, there are 3"),
        (lines("2,100", "8,140"), "t.csv has 2 rows; at least 3 are needed"),
        (lines(*["2,100"] * 10_001), "t.csv, line 10002: a load test may have at most 10000 rows"),
    ],
    ids=[
        "empty",
        "other header",
        "a word",
        "nothing",
        "nan",
        "negative",
        "a huge field",
        "a field more",
        "too few",
        "too many",
    ],
)
def test_what_is_odd_is_refused_by_line_and_field(text: list[str], sentence: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        read_load_test(text, "t.csv")
    assert sentence in str(refusal.value)


def test_a_load_test_up_to_the_knee_seeds_the_capacity() -> None:
    pairs = seen((0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95), throughput=40, replicas=(1,))
    memory = seed_capacities(LEARNS, pairs, "t.csv")
    capacity = capacity_of(LEARNS.spec.signals[0], memory)
    assert capacity is not None
    assert capacity.per_replica == pytest.approx(40, rel=0.1)
    assert memory.capacities[0].used is not None
    assert memory.capacities[0].used.source == "LoadTest"


@pytest.mark.parametrize(
    ("policy", "pairs", "sentence"),
    [
        (LEARNS, seen((0.1, 0.2, 0.3), replicas=(1,)), "at its highest load of 3 the p95 is"),
        (LEARNS, seen((0.1, 0.5, 0.9), service_time=300), "even at light load the p95 is 300 ms"),
        (a_policy(QUEUED_REQUESTS), seen((0.1, 0.5, 0.9)), "policy shop/web has 0"),
    ],
    ids=["far from the knee", "never within the objective", "capacity is given"],
)
def test_a_load_test_that_cannot_tell_is_refused(policy: ScalingPolicy, pairs: list[Pair], sentence: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        seed_capacities(policy, pairs, "t.csv")
    assert sentence in str(refusal.value)
