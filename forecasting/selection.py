"""Selection: who counts how much in the combination. Nobody is thrown out; a bad member's weight just becomes small.

    weight[i] = error[i] ** -4 / sum_j error[j] ** -4

with the mean absolute errors over recent rolling origins (Bates and Granger, The Combination of Forecasts, 1969, with a
steeper power), in each window of lead: who knows the next minutes best need not know tomorrow best. The power hardly
matters; that there are weights makes the set safe for series without a week.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.interpolation import interpolate
from forecasting.leads import Leads
from forecasting.series import Values

POWER = 4
SMALLEST_SHARE = 1e-9  # errors below this share of demand are rounding: who makes no other is perfect


@dataclass(frozen=True, slots=True)
class Weight:
    """A member's share in the combination over a day, and the mean absolute error it rests on.

    `by_lead` holds (hours ahead, share, error) for each window of lead that was measured; an error is NaN before the
    first backtest.
    """

    name: str
    weight: float
    error: float
    by_lead: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """Shares (series, members, windows) at the middles of windows of lead, `leads` (windows,) in hours."""

    leads: Values
    shares: Values

    def select(self, row: int) -> "Mix":
        """Return that of one of the series, as its own copy."""
        return Mix(self.leads, self.shares[row : row + 1].copy())

    @property
    def now(self) -> Values:
        """The shares of one series' members in the first window, (members,)."""
        return self.shares[0, :, 0]

    def at(self, leads: Values) -> Values:
        """Return shares (series, members, leads) that add up to 1 at each lead in hours."""
        return interpolate(self.shares, self.leads, leads)


def equal_mix(members: int) -> Mix:
    """Return equal shares for one series, while nobody was measured."""
    return Mix(np.zeros(1), np.full((1, members, 1), 1.0 / members))


def mix_from(errors: Values, demand: Values, leads: Leads) -> Mix:
    """Return the mix from mean absolute errors (series, members, windows) and mean demand (series,).

    An error that is NaN was never measured; where none was, all members weigh the same.
    """
    floor = np.maximum(SMALLEST_SHARE * demand, np.finfo(np.float64).tiny)[:, None, None]
    floored = np.maximum(np.where(np.isnan(errors), np.inf, errors), floor)
    best = floored.min(axis=1, keepdims=True)
    unmeasured = np.isinf(best)
    powers = np.where(unmeasured, 1.0, (np.where(unmeasured, 1.0, best) / floored) ** POWER)
    return Mix(leads.middles, powers / powers.sum(axis=1, keepdims=True))


def weights_of(names: Sequence[str], mix: Mix, errors: Values, leads: Leads) -> tuple[tuple[Weight, ...], ...]:
    """Return what a report says of each series' mix: shares, and the errors (series, members, windows) behind them."""
    share = np.array([leads.share[inside].sum() for inside in leads.windows])
    over_a_day = share / share.sum()
    return tuple(
        tuple(
            Weight(
                name,
                float(shares @ over_a_day),
                float(misses @ over_a_day),
                tuple(zip(mix.leads.tolist(), shares.tolist(), misses.tolist(), strict=True)),
            )
            for name, shares, misses in zip(names, mix.shares[row], errors[row], strict=True)
        )
        for row in range(len(errors))
    )
