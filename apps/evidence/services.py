"""Evidence packs: asked for, given up, fetched and deleted; each with its audit entry."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.dispatch import chores
from apps.evidence import writing
from apps.evidence.exceptions import BadPeriod, PackKept, PackNotReady, PackOver, PackRunning
from apps.evidence.models import Pack, Part
from apps.files import services as files
from apps.retention import holds

LONGEST = timedelta(days=3 * 366)


def find_pack(pack_id: UUID | str, *, actor: User) -> Pack:
    """Return a pack that the actor may see. Raises NotFound."""
    return policies.find(actor, Pack.objects.select_related("asked_by"), pk=pack_id)


def start_pack(*, actor: User, since: datetime, until: datetime) -> Pack:
    """Have the evidence of a period written; what is not past of it is left out.

    Raises BadPeriod, PackRunning, Forbidden.
    """
    policies.require(actor, "evidence.manage")
    until = min(until, timezone.now())
    if since >= until:
        raise BadPeriod.at("until", "The period ends after it begins, and begins before now.")
    if until - since > LONGEST:
        raise BadPeriod.at("since", "A period is three years at most. Ask for several.")
    total = AuditEntry.objects.filter(at__gte=since, at__lt=until).count()
    try:
        with transaction.atomic():
            pack = Pack.objects.create(asked_by=actor, since=since, until=until, total=total)
            told = {"since": since, "until": until, "entries": total}
            record("evidence.asked", actor=actor, target=pack, after=told)
            chores.add(writing.CHORE, [pack.pk])
            return pack
    except IntegrityError as error:
        raise PackRunning from error


@transaction.atomic
def cancel(pack: Pack, *, actor: User) -> Pack:
    """Give a pack up while it is written; what is written of it goes. Raises PackOver, Forbidden."""
    policies.require(actor, "evidence.manage")
    stopped = Pack.objects.unfinished().filter(pk=pack.pk).update(
        status=Pack.Status.CANCELLED, finished_at=timezone.now(), size=0
    )  # fmt: skip
    if not stopped:
        raise PackOver
    let_go([pack.pk])
    record("evidence.cancelled", actor=actor, target=pack)
    chores.done(writing.CHORE, [pack.pk])
    pack.refresh_from_db()
    return pack


@transaction.atomic
def open_pack(pack_id: UUID, *, actor: User) -> Pack:
    """Return a pack that is fetched, and tell the trail of it. Raises NotFound, PackNotReady."""
    pack = find_pack(pack_id, actor=actor)
    if pack.status != Pack.Status.DONE:
        raise PackNotReady
    record("evidence.downloaded", actor=actor, target=pack, after={"manifest": pack.manifest})
    return pack


@transaction.atomic
def delete(pack: Pack, *, actor: User) -> None:
    """Delete a pack with its bytes. Raises PackKept, PackRunning, Forbidden."""
    policies.require(actor, "evidence.manage")
    if holds.everything_is_held():
        raise PackKept
    pack = Pack.objects.select_for_update(of=("self",)).get(pk=pack.pk)
    if pack.is_unfinished:
        raise PackRunning
    record("evidence.deleted", actor=actor, target=pack, before={"manifest": pack.manifest})
    let_go([pack.pk])
    pack.delete()


def let_go(packs: list[UUID]) -> None:
    """Delete the parts of packs, and note their bytes to be taken out of the storage."""
    parts = Part.objects.filter(pack__in=packs)
    blobs = list(parts.values_list("blob", flat=True))
    parts.delete()
    files.discard(blobs)
