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

from apps.common.outages import outage_of
from apps.dispatch import keeper, leases
from apps.dispatch.exceptions import Fenced
from apps.dispatch.leases import Lease
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.nodes.registry import UnknownNodeType
from apps.runs.interpreter import quarantine
from apps.runs.interpreter.endings import RunEnds, close, park_again
from apps.runs.interpreter.ledger import Clock, Ledger, stored_of
from apps.runs.interpreter.recoveries import note_recovery
from apps.runs.interpreter.segment import Segment
from apps.runs.models import Run
from apps.runs.state.graphs import UnknownEngine, graph_of
from apps.runs.state.outcomes import failure_of
from apps.runs.state.payloads import restore
from apps.runs.state.withholding import veiled

logger = logging.getLogger(__name__)

POISON_STRIKES = 3


def advance(run_id: UUID, *, alone: bool = False) -> None:
    """Carry a run as far as it goes now. Does nothing if another worker has it.

    With `alone` this process carries nothing else, and so takes also what is suspected of killing.
    """
    lease = leases.claim(run_id, owner(), alone=alone)
    if lease is None:
        if not alone and leases.is_suspected(run_id):
            quarantine.carry_alone(run_id)
        return
    try:
        _advance(run_id, lease)
    except Fenced:
        logger.warning("Run %s was taken over by another worker.", run_id)
    except StorageAway:
        logger.warning("Run %s goes on when the file storage answers.", run_id)
        keeper.forsake(lease)
    except Exception as error:
        if isinstance(error, DatabaseError) and outage_of(error):
            logger.warning("Run %s goes on when the database lets it: %s", run_id, error)
            keeper.forsake(lease)
            return
        # The lease ends, the run is claimed again; what always happens again is poison.
        logger.exception("Run %s met a fault in the engine.", run_id)


def owner() -> str:
    """Return how this process signs its leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _advance(run_id: UUID, lease: Lease) -> None:
    clock = Clock(lease.at)  # goes from now on: reading the run may take a while
    run = _load(run_id)
    if run is None:  # its workflow was purged meanwhile
        leases.finish(lease)
        return
    with veiled(run):
        _carry(run, Ledger(run, lease, clock))


def _load(run_id: UUID) -> Run | None:
    runs = Run.objects.select_related("workflow", "version").filter(pk=run_id)
    return runs.defer("workflow__snapshot", "version__definition", "outputs", "error").first()


def _carry(run: Run, ledger: Ledger) -> None:
    note_recovery(ledger)
    if run.status == Run.Status.NEEDS_ATTENTION and park_again(ledger):
        return
    try:
        if ledger.lease.strikes >= POISON_STRIKES:
            raise RunEnds.poison(run)
        segment = Segment(restore(run), graph_of(run), ledger)
        with keeper.kept(ledger.lease, segment.hear):
            segment.carry()
    except (UnknownNodeType, UnknownEngine) as error:
        close(ledger, RunEnds.unknown(error), stored_of(run))
    except BlobUnusable as error:
        close(ledger, RunEnds.failed(failure_of(error), ""), stored_of(run))
    except RunEnds as end:
        close(ledger, end, stored_of(run))
