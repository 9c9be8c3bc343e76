from datetime import timedelta

import numpy as np
import pytest

from forecasting.leads import leads_of
from tests.forecasting.loads import FIVE_MINUTES, HOUR, a_panel

FIFTEEN_SECONDS = timedelta(seconds=15)
HALF_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    "step", [FIFTEEN_SECONDS, FIVE_MINUTES, HALF_HOUR, HOUR], ids=["15 s", "5 min", "30 min", "1 h"]
)
def test_leads_stand_for_every_step_of_a_day(step: timedelta) -> None:
    leads = leads_of(a_panel(np.zeros(2), step).steps)

    assert leads.share.sum() == pytest.approx(timedelta(days=1) / step)
    assert leads.steps[0] == 0
    assert leads.steps[-1] == timedelta(days=1) // step - 1
    assert (np.diff(leads.steps) > 0).all()


@pytest.mark.parametrize(
    ("step", "windows"), [(FIVE_MINUTES, 5), (HALF_HOUR, 5), (HOUR, 4)], ids=["5 min", "30 min", "1 h"]
)
def test_a_window_without_a_step_of_the_grid_is_left_out(step: timedelta, windows: int) -> None:
    leads = leads_of(a_panel(np.zeros(2), step).steps)

    assert len(leads.windows) == len(leads.middles) == len(leads.widths) == windows


def test_windows_are_where_their_leads_are() -> None:
    leads = leads_of(a_panel(np.zeros(2)).steps)

    hours = [leads.hours[inside] for inside in leads.windows]
    assert [round(float(each[0]), 2) for each in hours] == [0.0, 0.25, 1.0, 4.0, 10.0]
    assert [round(float(each[-1]), 2) for each in hours] == [0.17, 0.92, 3.92, 9.92, 23.92]
    assert leads.widths.tolist() == pytest.approx([1.0, 1.0, 2.9, 5.9, 13.9], abs=0.1)
