"""When the live demo has seen what it waits for."""

import pytest

from controller.cli.live_demo import View


@pytest.mark.parametrize(
    ("view", "ready"),
    [
        pytest.param(View(6, 6, None, None, "no decision yet", ""), False, id="before the first decision"),
        pytest.param(View(6, 6, 6, 6, "WithinTolerance", ""), False, id="a forecast of a quiet hour"),
        pytest.param(View(47, 6, 47, 47, "Forecast", ""), False, id="pods that are starting"),
        pytest.param(View(47, 47, 47, 47, "Forecast", ""), True, id="pods that are Ready"),
        pytest.param(View(47, 47, 48, 47, "WithinTolerance", ""), True, id="a forecast that grew within the tolerance"),
    ],
)
def test_the_demo_waits_for_the_pods_that_were_decided_for_the_forecast(view: View, *, ready: bool) -> None:
    assert view.is_ready_for_the_forecast() is ready
