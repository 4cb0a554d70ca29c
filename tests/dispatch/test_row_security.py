"""Rows of tickets and timers belong to one workspace's role; only the owner sees all."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.common.ids import uuid7
from apps.dispatch.leases import claim
from apps.dispatch.models import Pass, Ticket, Timer
from apps.dispatch.passes import Wanted, take
from apps.dispatch.services import Alarm, admit, set_timers
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant


@pytest.fixture
def ticket(alpha: Tenant) -> Ticket:
    made = admit(uuid7())
    set_timers(made.pk, [Alarm("wait", Timer.Kind.DELAY, timezone.now())])
    return made


def test_a_ticket_belongs_to_the_role_that_made_it(alpha: Tenant, ticket: Ticket) -> None:
    ticket.refresh_from_db()
    assert ticket.role == alpha.role_name


def test_others_do_not_see_or_touch_it(ticket: Ticket, beta: Tenant) -> None:
    with tenant_context(beta):
        assert not Ticket.objects.exists()
        assert not Timer.objects.exists()
        assert Ticket.objects.filter(pk=ticket.pk).update(wanted="cancel") == 0
        assert Timer.objects.all().delete()[0] == 0
    assert Timer.objects.get().ticket_id == ticket.pk


def test_the_owner_sees_all(ticket: Ticket, beta: Tenant) -> None:
    with tenant_context(beta):
        admit(uuid7())
    with public_scope():
        assert Ticket.objects.count() == 2


@pytest.mark.parametrize("how", ["insert", "hand over"])
def test_a_row_cannot_be_given_to_another_role(ticket: Ticket, beta: Tenant, how: str) -> None:
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        if how == "insert":
            Ticket.objects.create(id=uuid7(), role=beta.role_name)
        else:
            Ticket.objects.filter(pk=ticket.pk).update(role=beta.role_name)


def test_the_wall_is_the_policy(ticket: Ticket, beta: Tenant) -> None:
    """With row security switched off the same query finds the row: the policy is what hides it."""
    with public_scope(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE dispatch_ticket DISABLE ROW LEVEL SECURITY")
    with tenant_context(beta):
        assert Ticket.objects.filter(pk=ticket.pk).exists()


def test_passes_have_the_same_wall(alpha: Tenant, beta: Tenant) -> None:
    lease = claim(admit(uuid7()).pk, "test")
    assert lease is not None
    take(lease, [Wanted("a")])
    with tenant_context(beta):
        assert not Pass.objects.exists()
        assert Pass.objects.all().delete()[0] == 0
    assert Pass.objects.get().role == alpha.role_name
