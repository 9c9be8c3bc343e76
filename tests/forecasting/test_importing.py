import subprocess
import sys

import forecasting


def test_importing_forecasting_loads_no_heavy_library() -> None:
    program = (
        "import forecasting, sys;"
        "print([name for name in ('statsmodels', 'pandas', 'scipy', 'pydantic', 'controller') if name in sys.modules])"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert all(hasattr(forecasting, name) for name in forecasting.__all__)
