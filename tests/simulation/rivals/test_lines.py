import pytest

from controller.simulation.rivals.lines import line_through


@pytest.mark.parametrize(
    ("values", "end", "slope"),
    [([5.0], 5.0, 0.0), ([1.0, 2.0, 3.0], 3.0, 1.0), ([4.0, 4.0], 4.0, 0.0), ([0.0, 0.0, 3.0], 2.5, 1.5)],
)
def test_the_line_of_least_squares_ends_at_the_last_value(values: list[float], end: float, slope: float) -> None:
    assert line_through(values) == pytest.approx((end, slope))
