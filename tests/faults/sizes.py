"""How much a fault test does: the short form in every run of the tests, the long one by `make faults`."""

import os

LONG = os.environ.get("FAULTS") == "long"


def size(short: int, long: int) -> int:
    """Return the number for the form that runs."""
    return long if LONG else short
