"""Asking for archives of the workspace, fetching them, and letting go of them."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.dispatch import chores
from apps.files import services as files
from apps.notifications import services as notifications
from apps.portability import exporting, sealing
from apps.portability.exceptions import (
    ArchiveExpired,
    ArchiveNotReady,
    ArchiveOver,
    ArchiveRunning,
    WeakPassphrase,
)
from apps.portability.models import Export
from apps.vault import services as vault


def start_export(*, actor: User, passphrase: str = "") -> Export:
    """Have the workspace written as an archive; with a passphrase its secrets too, sealed with it.

    Raises ArchiveRunning, WeakPassphrase, Forbidden.
    """
    policies.check(actor, "manage", Export)
    if passphrase and len(passphrase) < sealing.SHORTEST:
        raise WeakPassphrase.at("passphrase", WeakPassphrase.__doc__ or "")
    try:
        with transaction.atomic():
            export = Export(started_by=actor, with_secrets=bool(passphrase))
            if passphrase:
                _keep_key(export, passphrase)
            export.save(force_insert=True)
            told = {"secrets": export.with_secrets}
            record("archive.started", actor=actor, target=export, after=told)
            chores.add(exporting.CHORE, [export.pk])
            return export
    except IntegrityError as error:
        raise ArchiveRunning from error


def _keep_key(export: Export, passphrase: str) -> None:
    """Keep the passphrase's key, sealed, until the secrets are read; the passphrase itself never."""
    salt = sealing.new_salt()
    key = sealing.key_of(passphrase, salt)
    export.terms = sealing.terms(export.pk, key, salt)
    export.sealed = vault.seal(sealing.as_text(key), context=export.seal_context)


@transaction.atomic
def cancel_export(export_id: UUID, *, actor: User) -> Export:
    """End an export that is going on. Raises NotFound, Forbidden, ArchiveOver."""
    export = _managed(export_id, actor)
    ended = Export.objects.filter(pk=export.pk).unfinished()
    if not ended.update(
        status=Export.Status.CANCELLED, finished_at=timezone.now(), sealed="", trouble=""
    ):
        raise ArchiveOver
    export.refresh_from_db()
    record("archive.cancelled", actor=actor, target=export)
    exporting.discard([export.pk])
    return export


@transaction.atomic
def delete_export(export_id: UUID, *, actor: User) -> None:
    """Delete an archive, whatever its state; the trail still tells of it. Raises NotFound, Forbidden."""
    export = _managed(export_id, actor)
    record("archive.deleted", actor=actor, target=export, before={"bytes": export.size})
    exporting.discard([export.pk])
    chores.done(exporting.EXPIRY, [export.pk])
    notifications.take_back(export.pk)
    export.delete()
    transaction.on_commit(files.take_out_or_later, robust=True)


@transaction.atomic
def open_export(export_id: UUID, *, actor: User) -> Export:
    """Return an archive whose pieces may be read, and tell the trail who took it.

    Raises NotFound, Forbidden, ArchiveNotReady, ArchiveExpired.
    """
    export = readable_export(export_id, actor=actor)
    record("archive.downloaded", actor=actor, target=export, after={"bytes": export.size})
    return export


def readable_export(export_id: UUID, *, actor: User) -> Export:
    """Return an archive that is there. Raises NotFound, Forbidden, ArchiveNotReady, ArchiveExpired."""
    export = _managed(export_id, actor)
    if export.status != Export.Status.DONE:
        raise ArchiveNotReady
    if export.is_expired:
        raise ArchiveExpired
    return export


def _managed(export_id: UUID, actor: User) -> Export:
    export = policies.find(actor, Export.objects.all(), pk=export_id)
    policies.check(actor, "manage", export)
    return export
