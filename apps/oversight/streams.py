"""Saying where the trail is sent to: each change of it is in the trail."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.oversight import delivering, formats
from apps.oversight.exceptions import BadStream, StreamNameTaken
from apps.oversight.models import Stream
from apps.oversight.sending.batches import Batch
from apps.oversight.sending.configs import NEEDS_SECRET, checked, place_of
from apps.vault import services as vault

SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Lag:
    """How far a stream is behind the end of the chain."""

    entries: int
    oldest: datetime | None  # when the first that is not sent was written


def create_stream(
    *,
    actor: User,
    kind: str,
    name: str,
    config: JSONDict,
    secret: str = "",
    from_beginning: bool = False,
    untested: bool = False,
) -> Stream:
    """Send the trail somewhere, from now on or from its beginning.

    A test entry is sent first; `untested` keeps the stream also if that does not arrive. Raises
    BadStream, StreamNameTaken, Forbidden.
    """
    policies.check(actor, "manage", Stream)
    stream = Stream(pk=uuid7(), kind=kind, name=name.strip(), config=checked(kind, config))
    stream.made_by = actor
    _check_secret(kind, secret)
    stream.sealed = vault.seal(secret, context=delivering.context_of(stream)) if secret else ""
    if not untested and (problem := try_out(stream)):
        raise BadStream.at("config", f"The test entry did not arrive: {problem}", "not_delivered")
    last = Link.objects.order_by("number").last()
    stream.cursor = 0 if from_beginning or last is None else last.number
    try:
        with transaction.atomic():
            stream.save(force_insert=True)
            record("stream.created", actor=actor, target=stream, after=_told(stream))
            chores.add(delivering.CHORE, [stream.pk])
    except IntegrityError as error:
        raise StreamNameTaken from error
    return stream


@transaction.atomic
def pause_stream(stream: Stream, *, actor: User) -> Stream:
    """Send nothing until it is resumed; then everything since. Repeating changes nothing."""
    policies.check(actor, "manage", stream)
    if Stream.objects.live().filter(pk=stream.pk).update(paused_at=timezone.now()):
        chores.done(delivering.CHORE, [stream.pk])
    record("stream.paused", actor=actor, target=stream)
    stream.refresh_from_db()
    return stream


@transaction.atomic
def resume_stream(stream: Stream, *, actor: User) -> Stream:
    """Go on where it stopped, at once also where it was waiting for its next try."""
    policies.check(actor, "manage", stream)
    Stream.objects.filter(pk=stream.pk).update(paused_at=None)
    chores.add(delivering.CHORE, [stream.pk])
    record("stream.resumed", actor=actor, target=stream)
    stream.refresh_from_db()
    return stream


def test_stream(stream: Stream, *, actor: User) -> str:
    """Send a test entry; return why it did not arrive, or nothing."""
    policies.check(actor, "manage", stream)
    problem = try_out(stream)
    result = AuditEntry.Result.FAILED if problem else AuditEntry.Result.OK
    with transaction.atomic():
        record("stream.tested", actor=actor, target=stream, after={"wrong": problem}, result=result)
    return problem


@transaction.atomic
def delete_stream(stream: Stream, *, actor: User) -> None:
    """Forget a stream and its secret; what was sent is no longer ours."""
    policies.check(actor, "manage", stream)
    chores.done(delivering.CHORE, [stream.pk])
    record("stream.deleted", actor=actor, target=stream, before=_told(stream))
    stream.delete()


def try_out(stream: Stream) -> str:
    """Send an entry that stands in no chain; return why it did not arrive, or nothing."""
    try:
        delivering.send(stream, Batch(str(stream.pk), 0, 0, [_test_entry()]))
    except delivering.FAILURES as error:
        return str(error)
    return ""


def lag_of(stream: Stream) -> Lag:
    """Return how far it is behind."""
    waiting = Link.objects.filter(number__gt=stream.cursor).order_by("number")
    first, last = waiting.first(), waiting.last()
    if first is None or last is None:
        return Lag(0, None)
    entry = AuditEntry.objects.filter(pk=first.entry).first()
    return Lag(last.number - stream.cursor, entry.at if entry else None)


def _test_entry() -> JSONDict:
    entry = AuditEntry(
        at=timezone.now(), actor_type="system", actor_label="system", action="audit.stream_tested"
    )
    [told] = formats.told([entry])
    return told


def _check_secret(kind: str, secret: str) -> None:
    if kind in NEEDS_SECRET and len(secret) < SHORTEST_SECRET:
        raise BadStream.at("secret", f"Use at least {SHORTEST_SECRET} characters.")
    if kind not in NEEDS_SECRET and secret:
        raise BadStream.at("secret", "Syslog has no secret: the collector knows us by address.")


def _told(stream: Stream) -> JSONDict:
    return {"kind": stream.kind, "to": place_of(stream.kind, stream.config)}
