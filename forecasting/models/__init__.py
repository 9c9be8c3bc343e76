"""The members of the combination, a file each. A new one is a file, one line here, and must pass the shared tests."""

from collections.abc import Mapping

from forecasting.models.decomposed import MSTL_ETS, STL_ETS
from forecasting.models.harmonic import Harmonic
from forecasting.models.member import FittedModel, Model, fit_member, stacked
from forecasting.models.naive import DayNaive, LastValue, WeekNaive
from forecasting.models.profile import Profile
from forecasting.models.ridge import Ridge
from forecasting.models.scryer_fft import ScryerFFT
from forecasting.models.scryer_regression import ScryerRegression
from forecasting.models.smoothing import DoubleSeasonal

# Who always takes part: the gate compares with them.
YARDSTICKS: tuple[Model, ...] = (DayNaive(), WeekNaive())

MEMBERS: tuple[Model, ...] = (*YARDSTICKS, Profile(), Harmonic(), DoubleSeasonal(), Ridge())

# Who can be asked for to compare with: what others scale by.
BASELINES: tuple[Model, ...] = (ScryerFFT(), ScryerRegression())

# Who takes part only where asked for: by statsmodels, at hundreds of times the cost of all MEMBERS together.
SLOW: tuple[Model, ...] = (STL_ETS, MSTL_ETS)

# All of them by name, for who asks by name.
MODELS: Mapping[str, Model] = {model.name: model for model in (*MEMBERS, *BASELINES, *SLOW)}

# What speaks while the history is too short for any member.
FALLBACK: Model = LastValue()

__all__ = [
    "BASELINES",
    "FALLBACK",
    "MEMBERS",
    "MODELS",
    "SLOW",
    "YARDSTICKS",
    "FittedModel",
    "Model",
    "fit_member",
    "stacked",
]
