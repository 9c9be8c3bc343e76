import re

import pytest

from controller.api.fields import POSITIVE_QUANTITY_PATTERN, QUANTITY_PATTERN, parse_quantity


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (0, 0.0),
        (1500, 1500.0),
        ("1500", 1500.0),
        ("0.25", 0.25),
        (0.25, 0.25),
        (0.00001, 0.00001),
        ("250m", 0.25),
        ("1.5k", 1500.0),
        ("2Ki", 2048.0),
        ("3G", 3e9),
        ("5u", 5e-6),
    ],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(written: object, number: float) -> None:
    assert parse_quantity(written) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize("written", [-1, "-5", "", "m", "1e3", "007", "1.", ".5", "5 k", "1K", "9" * 33, "NaN"])
def test_what_the_api_server_refuses_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not a quantity of at least 0; write it like 1500"):
        parse_quantity(written)


@pytest.mark.parametrize("written", [True, None, [], {}, float("nan"), float("inf")])
def test_what_is_not_even_a_number_or_text_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not a quantity of at least 0"):
        parse_quantity(written)


@pytest.mark.parametrize("text", ["0", "1", "10", "0.0", "0.05", "1.0", "0.50m", "00", "01", "-1", "1x", "0m", "2Ki"])
def test_the_patterns_of_the_crd_agree_with_the_parser(text: str) -> None:
    try:
        number = parse_quantity(text)
    except ValueError:
        number = -1.0

    assert bool(re.search(QUANTITY_PATTERN, text)) == (number >= 0)
    assert bool(re.search(POSITIVE_QUANTITY_PATTERN, text)) == (number > 0)
