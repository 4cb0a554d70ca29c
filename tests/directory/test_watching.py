"""Owners are told in time that a directory's token ends."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.accounts.models import User
from apps.directory import services, watching
from apps.directory.models import Directory, Token
from apps.dispatch.models import Chore
from apps.notifications.models import Notification

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
