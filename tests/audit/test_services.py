"""The trail."""

import datetime

import pytest
from django.db import DatabaseError, transaction

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common.requests import RequestInfo, request_info
from apps.tenants.models import Tenant


def test_entry_tells_who_what_and_from_where(alpha: Tenant) -> None:
    token = request_info.set(RequestInfo(id="r-1", ip="192.0.2.7"))
    entry = record(
        "thing.changed",
        actor=None,
        target=alpha,
        before={"n": 1},
        after={"at": datetime.date(2026, 1, 2)},
    )
    request_info.reset(token)
    entry.refresh_from_db()
    assert (entry.actor_label, entry.target_type, entry.target_label) == (
        "system",
        "tenant",
        "Alpha",
    )
    assert (entry.ip, entry.request_id, entry.after) == ("192.0.2.7", "r-1", {"at": "2026-01-02"})


def test_entry_vanishes_with_its_change(alpha: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("thing.changed", actor=None)
        raise ZeroDivisionError
    assert not AuditEntry.objects.exists()


def test_entries_cannot_be_changed_or_removed(alpha: Tenant) -> None:
    entry = record("thing.changed", actor=None)
    with pytest.raises(TypeError):
        entry.delete()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        AuditEntry.objects.update(action="other")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        AuditEntry.objects.all().delete()
