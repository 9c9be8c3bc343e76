"""The front door: `headroom`, or `python -m controller`."""

import sys

from controller.cli import headroom
from controller.errors import HeadroomError
from forecasting.errors import ForecastingError

REFUSED = 2  # as click exits on a wrong flag


def main() -> None:
    """Run the command line; what Headroom refuses is one sentence on standard error and exit code 2."""
    try:
        headroom()
    except (HeadroomError, ForecastingError) as error:
        print(f"headroom: {error}", file=sys.stderr)  # noqa: T201  the front door speaks to a person
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
