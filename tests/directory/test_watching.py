"""Owners are told in time that a directory's token ends."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.directory import services, watching
from apps.directory.models import Directory, Token
from apps.dispatch.models import Chore
from apps.notifications.models import Notification
from apps.tenants.context import maintenance, tenant_context
from apps.tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(directory: Directory, alice: User) -> Token:
    life = timedelta(days=90)
    return services.make_token(directory.connection, life=life, actor=alice)[0]


def looked_at(token: Token, left: timedelta) -> list[str]:
    """Look so long before the end; return the titles of all that owners were told."""
    with time_machine.travel(token.expires_at - left, tick=False):
        watching.look([token.pk])
    return list(Notification.objects.order_by("created_at").values_list("title", flat=True))


def test_it_is_looked_at_from_thirty_days_before(token: Token) -> None:
    due = Chore.objects.get(kind=watching.CHORE, subject=token.pk).due_at
    assert due == token.expires_at - timedelta(days=30)


def test_owners_are_told_once_at_each_of_the_days(token: Token, alice: User, vera: User) -> None:
    counts = [
        len(looked_at(token, timedelta(days=days, minutes=1))) for days in (31, 30, 29, 7, 7, 6, 1)
    ]
    assert counts == [0, 1, 1, 2, 2, 2, 3]
    told = Notification.objects.filter(user=alice)
    assert told.count() == 3
    assert f"The token {token} of Okta ends on" in told[0].title
    assert "Make another one" in told[0].text
    assert not Notification.objects.filter(user=vera).exists()


def test_what_is_over_is_told_once_and_looked_at_no_more(token: Token) -> None:
    assert "ended on" in looked_at(token, -timedelta(hours=1))[0]
    assert not Chore.objects.filter(kind=watching.CHORE).exists()


def test_a_revoked_one_is_told_of_no_more(token: Token, alice: User) -> None:
    Token.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    assert looked_at(token, timedelta(days=1)) == []
    assert not Chore.objects.filter(kind=watching.CHORE).exists()


def watch_older_ones(tenant: Tenant) -> None:
    """Do what brings a workspace up to date whose tokens are from before they were watched."""
    migration = import_module("apps.directory.migrations.0004_watch_older_tokens")
    with maintenance(tenant.schema_name), connection.schema_editor(atomic=False) as editor:
        migration.watch(apps, editor)


def test_tokens_from_before_are_watched(token: Token, alpha: Tenant, beta: Tenant) -> None:
    Chore.objects.filter(kind=watching.CHORE).delete()
    for _ in range(2):
        watch_older_ones(alpha)
    chore = Chore.objects.get(kind=watching.CHORE)
    assert (chore.subject, chore.due_at) == (token.pk, token.expires_at - timedelta(days=30))
    assert len(looked_at(token, timedelta(days=6))) == 1
    with tenant_context(beta):
        watch_older_ones(beta)
        assert not Chore.objects.filter(kind=watching.CHORE).exists()


@pytest.mark.parametrize("how", ["revoked_at", "expires_at"])
def test_tokens_that_are_over_are_not(how: str, token: Token, alpha: Tenant) -> None:
    Chore.objects.filter(kind=watching.CHORE).delete()
    Token.objects.filter(pk=token.pk).update(**{how: timezone.now()})
    watch_older_ones(alpha)
    assert not Chore.objects.filter(kind=watching.CHORE).exists()
