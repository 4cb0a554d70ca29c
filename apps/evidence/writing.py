"""Writing a pack file by file: whoever comes after a crash goes on behind the last one.

A file is stored first and then, in one short transaction, becomes part of the pack together with the
place behind it; one that nobody took up is swept from the storage like all that nothing refers to.
"""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.dispatch import carrying, chores
from apps.evidence import news
from apps.evidence.models import Pack, Part
from apps.evidence.sections import SECTIONS
from apps.evidence.sections.closing import MANIFEST
from apps.evidence.sections.shape import Member
from apps.files import services as files
from apps.files import zips
from apps.files.exceptions import StorageAway
from apps.files.models import Blob

logger = logging.getLogger(__name__)

CHORE = "evidence.write"
AWAY = "The file storage does not answer. The pack goes on when it does."


class Overtaken(Exception):
    """The pack is not any more where it was when this was begun."""


@dataclass(frozen=True)
class Place:
    """Where a pack is."""

    number: int
    offset: int


def carry(pack_id: UUID) -> None:
    """Write files until the pack is done, given up, or has to wait. Never call it inside of a transaction."""
    try:
        carrying.carry_on(CHORE, pack_id, _advance)
    except StorageAway:
        logger.warning("Evidence pack %s waits for the file storage.", pack_id)
        Pack.objects.unfinished().filter(pk=pack_id).update(trouble=AWAY)


def _advance(pack_id: UUID) -> bool:
    """Write the next file; False when there is nothing more to do here."""
    pack = Pack.objects.unfinished().select_related("asked_by").filter(pk=pack_id).first()
    if pack is None:
        chores.done(CHORE, [pack_id])
        return False
    if pack.started_at is None:
        _begin(pack)
    if pack.stage == len(SECTIONS):
        return _finish(pack)
    member = SECTIONS[pack.stage](pack, pack.cursor)
    if member is None:
        same = Pack.objects.unfinished().filter(pk=pack_id, stage=pack.stage, cursor=pack.cursor)
        same.update(stage=F("stage") + 1, cursor={})
        return True
    place = _place(pack)
    told, packed = zips.record(member.name, member.data)
    blob = files.store(zips.header(told) + packed, kind=Blob.Kind.EXPORT)
    try:
        _take_up(pack, place, member, told, blob)
    except (Overtaken, IntegrityError):
        logger.info("Somebody else wrote file %s of evidence pack %s.", place.number, pack_id)
    return True


def _begin(pack: Pack) -> None:
    """Say when it was begun: once, for all files of it tell the same."""
    now = timezone.now()
    started = Pack.objects.unfinished().filter(pk=pack.pk, started_at=None)
    started.update(started_at=now, status=Pack.Status.RUNNING)
    pack.refresh_from_db()


def _place(pack: Pack) -> Place:
    last = pack.parts.order_by("number").last()
    return Place(last.number + 1 if last else 1, pack.size)


@transaction.atomic
def _take_up(pack: Pack, place: Place, member: Member, told: zips.Record, blob: Blob) -> None:
    """Make a stored file part of the pack, unless somebody else was first or it was given up.

    Raises Overtaken, IntegrityError.
    """
    changed: dict[str, Any] = {"facts": {**pack.facts, **member.facts}} if member.facts else {}
    same = Pack.objects.unfinished().filter(pk=pack.pk, stage=pack.stage, cursor=pack.cursor)
    moved = same.update(
        cursor=member.cursor, done=F("done") + member.done, size=F("size") + blob.size, trouble="",
        wrong=pack.wrong or member.wrong, **changed,
    )  # fmt: skip
    if not moved:
        raise Overtaken
    Part.objects.create(
        pack=pack, number=place.number, name=member.name, blob=blob, size=told.size,
        sha256=hashlib.sha256(member.data).hexdigest(), packed=told.packed, crc=told.crc,
        offset=place.offset,
    )  # fmt: skip


def _finish(pack: Pack) -> bool:
    """Write the directory of all files, and say that the pack can be fetched."""
    place = _place(pack)
    told = pack.parts.order_by("number").values_list("name", "crc", "size", "packed", "offset")
    end = zips.directory((zips.Record(*each) for each in told), offset=place.offset)
    blob = files.store(end, kind=Blob.Kind.EXPORT)
    try:
        with transaction.atomic():
            _close(pack, place, blob)
    except IntegrityError:
        logger.info("Somebody else finished evidence pack %s.", pack.pk)
    return False


def _close(pack: Pack, place: Place, blob: Blob) -> None:
    ready = Pack.objects.unfinished().filter(pk=pack.pk).update(
        status=Pack.Status.DONE, finished_at=timezone.now(), size=F("size") + blob.size, trouble="",
        manifest=pack.parts.get(name=MANIFEST).sha256,
    )  # fmt: skip
    chores.done(CHORE, [pack.pk])
    if not ready:
        return
    Part.objects.create(pack=pack, number=place.number, blob=blob, offset=place.offset)
    pack.refresh_from_db()
    after = {
        "manifest": pack.manifest, "entries": pack.done, "size": pack.size, "wrong": pack.wrong,
        "since": pack.since, "until": pack.until,
    }  # fmt: skip
    result = AuditEntry.Result.FAILED if pack.wrong else AuditEntry.Result.OK
    record("evidence.written", actor=pack.asked_by, target=pack, after=after, result=result)
    news.tell_written(pack)
