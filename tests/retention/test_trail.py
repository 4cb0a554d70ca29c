"""Looking after the chain: what is written is planned with it, linked once, and checked each day."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import chain, checking
from apps.audit.models import AuditEntry, Check, Link
from apps.audit.services import record
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.dispatch.sweeper import sweep
from apps.retention import tasks, trail
from apps.tenants.context import current_schema, maintenance, public_scope
from apps.tenants.models import Tenant
from tests.factories.cast import api_client


def planned() -> set[object]:
    return set(Chore.objects.filter(kind=trail.LINK).values_list("subject", flat=True))


def test_an_entry_is_planned_with_its_change(alpha: Tenant) -> None:
    entry = record("thing.changed", actor=None)
    assert entry.pk in planned()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lost = record("thing.changed", actor=None)
        raise ZeroDivisionError
    assert lost.pk not in planned()


def test_the_sweep_calls_once_for_a_workspace(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, str]] = []
    chores.register(trail.LINK, lambda ids, schema: calls.append((len(ids), schema)))
    try:
        for _ in range(3):
            record("thing.changed", actor=None)
        expected = len(planned())
        sweep()
    finally:
        chores.register(trail.LINK, chores.once(tasks.link_trail))
    assert (expected, alpha.schema_name) in calls


def test_what_is_planned_is_linked_and_done(alpha: Tenant) -> None:
    entry = record("thing.changed", actor=None)
    trail.link_pending()
    assert planned() == set()
    assert Link.objects.filter(entry=entry.pk).exists()


def test_while_somebody_else_links_it_comes_again_soon(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_entries: object) -> int:
        raise chain.Busy

    entry = record("thing.changed", actor=None)
    monkeypatch.setattr(chain, "link", busy)
    trail.link_pending()
    assert entry.pk in planned()
    due = Chore.objects.get(kind=trail.LINK, subject=entry.pk).due_at
    assert due <= chores.now() + trail.SOON


def test_the_platforms_trail_is_taken_in_by_the_rounds(alpha: Tenant) -> None:
    with public_scope():
        before = Chore.objects.count()
        entry = record("workspace.created", actor=None)
        assert Chore.objects.count() == before
        trail.look_after()
        assert Link.objects.filter(entry=entry.pk).exists()


def test_the_chain_is_checked_once_a_day(alpha: Tenant) -> None:
    trail.look_after()
    trail.look_after()
    assert Check.objects.count() == 1
    with maintenance(current_schema()):
        Check.objects.update(at=timezone.now() - timedelta(hours=25))
    trail.look_after()
    assert Check.objects.count() == 2


class TestPage:
    def page(self, actor: User) -> str:
        return " ".join(api_client(actor).get("/retention/").content.decode().split())

    def test_at_first_it_says_when(self, alice: User) -> None:
        assert "The audit chain is checked within minutes." in self.page(alice)

    def test_how_far_the_chain_is_intact(self, alice: User) -> None:
        record("thing.changed", actor=alice)
        chain.link()
        number = checking.check().number
        assert "Audit chain intact up to" in self.page(alice)
        assert f"entry {number}; checked" in self.page(alice)

    def test_a_broken_chain_is_an_alarm(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        entry = record("thing.changed", actor=alice)
        chain.link()
        with maintenance(current_schema()):
            AuditEntry.objects.filter(pk=entry.pk).update(action="x")
        trail.look_after()
        assert "is broken" in caplog.text
        assert "The audit trail is not as it was written." in self.page(alice)
        assert "was changed" in self.page(alice)
