"""Whether runs can be rung for, and whether somebody sweeps."""

import time

from celery import current_app

from apps.dispatch import figures

LATE_S = 15  # after which the sweep counts as missing
ASKED_S = 5  # how often the broker itself is asked at most

_answered: list[float] = []


def broker_answers() -> bool:
    """Tell whether the broker takes messages."""
    if _answered and time.monotonic() - _answered[0] < ASKED_S:
        return True
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
    _answered[:] = [time.monotonic()]
    return True


def sweeps() -> bool:
    """Tell whether a worker swept lately; a product whose first worker has yet to come may wait."""
    return figures.sweep_lag_s() < LATE_S
