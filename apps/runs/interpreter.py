"""Carrying a run on: claim it, walk its graph, write down what happened, let it go.

One thread walks; steps that only compute run on it, those that reach outside run as coroutines on
the loop of the process and report to the walker's inbox. Everything is written behind the fence;
what a crash loses was only computed, and is computed again.
"""

import logging
import os
import socket
from uuid import UUID

from django.db import Error as DatabaseError

from apps.dispatch import leases
from apps.dispatch.exceptions import Fenced
from apps.dispatch.keeper import kept
from apps.nodes.registry import UnknownNodeType
from apps.runs.endings import RunEnds, close
from apps.runs.graphs import UnknownEngine, graph_of
from apps.runs.ledger import Clock, Ledger
from apps.runs.models import Run
from apps.runs.segment import Segment

logger = logging.getLogger(__name__)

POISON_STRIKES = 3


def advance(run_id: UUID) -> None:
    """Carry a run as far as it goes now. Does nothing if another worker has it."""
    lease = leases.claim(run_id, owner())
    if lease is None:
        return
    run = _load(run_id)
    if run is None:  # its workflow was purged meanwhile
        leases.finish(lease)
        return
    ledger = Ledger(run, lease, Clock(lease.at))
    try:
        _carry(run, ledger)
    except Fenced:
        logger.info("Run %s was taken over by another worker.", run_id)
    except DatabaseError as error:
        logger.warning(
            "Run %s goes on when its lease ends, the database is away: %s", run_id, error
        )
    except Exception:
        # The lease ends, the run is claimed again; what always happens again is poison.
        logger.exception("Run %s met a fault in the engine.", run_id)


def owner() -> str:
    """Return how this process signs its leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _load(run_id: UUID) -> Run | None:
    runs = Run.objects.select_related("workflow")
    return runs.defer("workflow__snapshot", "outputs", "error").filter(pk=run_id).first()


def _carry(run: Run, ledger: Ledger) -> None:
    try:
        if ledger.lease.strikes >= POISON_STRIKES:
            raise RunEnds.poison(run)
        segment = Segment(run, graph_of(run), ledger)
        with kept(ledger.lease, segment.hear):
            segment.carry()
    except (UnknownNodeType, UnknownEngine) as error:
        close(ledger, RunEnds.unknown(error), bytes(run.state))
    except RunEnds as end:
        close(ledger, end, bytes(run.state))
