"""What a worker process does for the gateway beside the calls of its runs."""

from typing import Any

from celery.signals import worker_ready

from apps.gateway.ledger import journal


@worker_ready.connect
def start(**kwargs: Any) -> None:
    """Write the ledger from now on: also what workers and web processes that died have left."""
    journal.start()
