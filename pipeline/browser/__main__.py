"""`python -m pipeline.browser`: make sure that the scripts of the web pages are here."""

import sys

from pipeline.browser import VENDOR, vendor
from pipeline.errors import TaptrainError


def main() -> int:
    """Fetch and copy what is missing; 0 when `vendor/` is complete."""
    try:
        if vendor.ensure():
            print(f"The scripts of the web pages are in {VENDOR}.")
    except TaptrainError as error:
        print(error.user_message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
