"""The life of an archive: asked for, cancelled, told of, deleted, expired."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import change_role
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, NotFound
from apps.dispatch.models import Chore
from apps.files.models import Blob
from apps.files.storage import Folder
from apps.notifications.models import Mail, Notification
from apps.portability import beside, exporting, reading, services
from apps.portability.exceptions import (
    ArchiveExpired,
    ArchiveNotReady,
    ArchiveOver,
    ArchiveRunning,
)
from apps.portability.models import Export, Part, Piece, Snapshot
from tests.factories.cast import member
from tests.portability.archives import written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
PASSPHRASE = "correct horse battery staple"


def test_owners_are_told_once(alice: User) -> None:
    other = member("Olga", "owner")
    export = services.start_export(actor=alice)
    written(export)
    exporting.carry(export.pk)
    told = Notification.objects.filter(about=export.pk)
    assert {each.user_id for each in told} == {alice.pk, other.pk}
    assert Mail.objects.filter(about=export.pk).count() == 2
    finished = AuditEntry.objects.get(action="archive.finished")
    assert finished.after is not None
    assert finished.after["secrets"] is False
    assert finished.after["bytes"] == Export.objects.get().size


def test_one_at_a_time(alice: User) -> None:
    export = services.start_export(actor=alice)
    with pytest.raises(ArchiveRunning):
        services.start_export(actor=alice)
    with pytest.raises(ArchiveNotReady):
        services.open_export(export.pk, actor=alice)
    written(export)
    services.start_export(actor=alice)


def test_it_is_cancelled_before_and_while_it_is_packed(alice: User) -> None:
    export = services.start_export(actor=alice, passphrase=PASSPHRASE)
    services.cancel_export(export.pk, actor=alice)
    exporting.carry(export.pk)
    assert not Part.objects.exists()
    second = services.start_export(actor=alice)
    for _ in range(3):
        exporting._advance(second.pk)
    assert Piece.objects.exists()
    services.cancel_export(second.pk, actor=alice)
    exporting.carry(second.pk)
    assert {each.status for each in Export.objects.all()} == {"cancelled"}
    assert not Piece.objects.exists()
    assert not Part.objects.exists()
    assert not Blob.objects.filter(kind=Blob.Kind.EXPORT).exists()
    assert not Export.objects.exclude(sealed="").exists()
    with pytest.raises(ArchiveOver):
        services.cancel_export(second.pk, actor=alice)


def test_it_is_cancelled_while_it_is_read(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "EVERY_S", 0.0)
    export = services.start_export(actor=alice)
    drafts = reading._drafts

    def cancelled() -> Any:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(copy_context().run, elsewhere).result()
        return drafts()

    def elsewhere() -> None:
        try:
            services.cancel_export(export.pk, actor=alice)
        finally:
            connection.close()

    monkeypatch.setattr(reading, "_drafts", cancelled)
    exporting.carry(export.pk)
    export.refresh_from_db()
    assert export.status == "cancelled"
    assert export.rows > 0  # it was told on the way how far it was
    assert not Snapshot.objects.exists()
    assert not Part.objects.exists()


def test_it_goes_when_its_time_is_over(alice: User, folder: Folder) -> None:
    export = services.start_export(actor=alice)
    written(export)
    assert Chore.objects.filter(kind=exporting.EXPIRY, subject=export.pk).exists()
    exporting.expire()
    assert export.pieces.exists()
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ArchiveExpired):
        services.open_export(export.pk, actor=alice)
    exporting.expire()
    assert not Piece.objects.exists()
    assert not [path for path in folder.root.rglob("*") if path.is_file()]
    assert not Chore.objects.filter(kind=exporting.EXPIRY).exists()


def test_deleted_it_leaves_its_entries(alice: User, folder: Folder) -> None:
    export = services.start_export(actor=alice)
    written(export)
    services.delete_export(export.pk, actor=alice)
    assert not Export.objects.exists()
    assert not Notification.objects.filter(about=export.pk).exists()
    assert not [path for path in folder.root.rglob("*") if path.is_file()]
    actions = AuditEntry.objects.filter(target_id=str(export.pk)).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "archive.started", "archive.finished", "archive.deleted",
    ]  # fmt: skip


def test_admins_have_no_part_in_it(alice: User) -> None:
    admin = member("Adam", "admin")
    with pytest.raises(Forbidden):
        services.start_export(actor=admin)
    export = services.start_export(actor=alice)
    written(export)
    for act in (services.open_export, services.cancel_export, services.delete_export):
        with pytest.raises(NotFound):
            act(export.pk, actor=admin)


def test_who_was_an_owner_has_none_any_more(alice: User) -> None:
    other = member("Olga", "owner")
    export = services.start_export(actor=other)
    written(export)
    change_role(other, role="admin", actor=alice)
    with pytest.raises(NotFound):
        services.open_export(export.pk, actor=User.objects.get(pk=other.pk))
