"""Sending the trail on: from the cursor in order of the chain, at least once, as long as it takes.

A stream's chore comes back by itself every few seconds, so that writing an entry plans nothing
more; the cursor moves only when a batch has arrived, and a worker that dies in between sends the
batch again under the same name.
"""

import json
import logging
from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from apps.audit.models import AuditEntry, Link
from apps.dispatch import chores, workers
from apps.egress.exceptions import EgressError
from apps.oversight import formats, sending
from apps.oversight.exceptions import NotDelivered
from apps.oversight.models import Stream
from apps.oversight.sending.batches import Batch
from apps.vault import services as vault
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)

CHORE = "oversight.deliver"
IDLE = timedelta(seconds=5)  # how late an entry is sent at most, while all is well
LEASE = timedelta(seconds=90)  # longer than any sender's patience
AT_ONCE, MOST_BYTES = 100, 1 << 20
FIRST_PAUSE_S, LONGEST_PAUSE_S = 10, 600
FAILURES = (EgressError, NotDelivered, CannotUnseal)


def deliver(stream_id: UUID) -> None:
    """Send batches until there is nothing more, or one does not arrive."""
    while not workers.draining.is_set() and _advance(stream_id):
        pass


def next_batch(stream: Stream) -> Batch | None:
    """Return what comes behind the cursor, up to a MiB; None when everything has arrived."""
    links = list(Link.objects.filter(number__gt=stream.cursor).order_by("number")[:AT_ONCE])
    if not links:
        return None
    there = AuditEntry.objects.in_bulk([link.entry for link in links])
    told = formats.told([there[link.entry] for link in links if link.entry in there])
    size, kept = 0, 0
    for entry in told:
        size += len(json.dumps(entry))
        if kept and size > MOST_BYTES:
            break
        kept += 1
    # What a rule has deleted leaves a gap, which the batch closes.
    last = links[-1].number if kept == len(told) else told[kept - 1]["number"]
    missed = last - stream.cursor - kept
    return Batch(str(stream.pk), stream.cursor + 1, last, told[:kept], missed)


def send(stream: Stream, batch: Batch) -> None:
    """Send a batch to where the stream goes. Raises what is in FAILURES."""
    secret = vault.unseal(stream.sealed, context=context_of(stream)) if stream.sealed else ""
    if batch.entries:
        sending.send(stream.kind, stream.config, secret, batch)


def context_of(stream: Stream) -> str:
    """Return what the secret of a stream is sealed for."""
    return f"stream:{stream.pk}"


def _advance(stream_id: UUID) -> bool:
    """Send the next batch; False when there is nothing more to do for now."""
    stream = Stream.objects.live().filter(pk=stream_id).first()
    if stream is None:
        chores.done(CHORE, [stream_id])
        return False
    chores.postpone(CHORE, stream.pk, chores.now() + LEASE)
    batch = next_batch(stream)
    if batch is None:
        chores.postpone(CHORE, stream.pk, chores.now() + IDLE)
        return False
    try:
        send(stream, batch)
    except FAILURES as error:
        _failed(stream, error)
        return False
    _arrived(stream, batch)
    return True


def _arrived(stream: Stream, batch: Batch) -> None:
    """Move the cursor, unless somebody else has moved it already."""
    Stream.objects.filter(pk=stream.pk, cursor=stream.cursor).update(
        cursor=batch.last,
        sent=F("sent") + len(batch.entries),
        missed=F("missed") + batch.missed,
        sent_at=timezone.now(),
        failures=0,
        error="",
    )


def _failed(stream: Stream, error: Exception) -> None:
    """Keep the reason and come back later, each time twice as late, or when the other end says."""
    reason = f"{error}"[:300]
    Stream.objects.filter(pk=stream.pk).update(
        failures=F("failures") + 1, error=reason, failed_at=timezone.now()
    )
    pause: float = min(FIRST_PAUSE_S * 2 ** min(stream.failures, 10), LONGEST_PAUSE_S)
    pause = max(pause, min(getattr(error, "retry_after", None) or 0, LONGEST_PAUSE_S))
    chores.postpone(CHORE, stream.pk, chores.now() + timedelta(seconds=pause))
    logger.warning("Stream %s: a batch did not arrive: %s", stream.pk, reason)
