"""The outbox: once for each key, again after a crash under the same Message-ID, given up in the end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.common.ids import uuid7
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.dispatch.sweeper import sweep
from apps.notifications import outbox, services
from apps.notifications.exceptions import NotDead
from apps.notifications.models import Mail, Notification
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

LETTER = Letter("welcome", "News", {"tenant": {"name": "Alpha"}, "address": "http://a/secret"})


def tell(user: User, key: str = "k", letter: Letter = LETTER, **rest: Any) -> None:
    services.tell([Notice(user, "News", letter=letter)], kind="test", key=key, **rest)


def due_now() -> None:
    """Let the time of every mail come."""
    Mail.objects.update(due_at=timezone.now())


def late() -> None:
    """Let the time come at which the sweep makes sure."""
    with public_scope():
        Chore.objects.update(due_at=F("due_at") - timedelta(minutes=1))


@pytest.fixture
def rung() -> Iterator[list[str]]:
    """The doorbell of this test: it notes for which schema was rung."""
    heard: list[str] = []
    before = chores._calls[outbox.CHORE]
    chores.register(outbox.CHORE, lambda mails, schema: heard.append(schema))
    yield heard
    chores.register(outbox.CHORE, before)


def test_a_mail_goes_out_once(oscar: User) -> None:
    tell(oscar)
    tell(oscar)
    assert Chore.objects.filter(kind=outbox.CHORE).count() == 1
    assert outbox.send_due() == 1
    assert outbox.send_due() == 0
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([oscar.email], "News")
    row = Mail.objects.get()
    assert sent.extra_headers["Message-ID"] == f"<{row.pk}@localhost>"
    assert (row.status, row.sealed) == ("sent", "")
    assert not Chore.objects.filter(kind=outbox.CHORE).exists()
    assert Notification.objects.get().user == oscar


def test_its_words_are_sealed_until_then(oscar: User) -> None:
    tell(oscar)
    assert "secret" not in Mail.objects.get().sealed
    outbox.send_due()
    assert "http://a/secret" in str(mail.outbox[0].body)


def test_nothing_is_mailed_of_what_did_not_happen(oscar: User) -> None:
    def fail() -> None:
        with transaction.atomic():
            tell(oscar)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not Mail.objects.exists()
    assert not Chore.objects.filter(kind=outbox.CHORE).exists()


def test_a_sender_that_dies_between_sending_and_noting_repeats_the_same_mail(
    oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(oscar)

    def die(sent: Mail) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_went_out", die)
        with pytest.raises(SystemExit):
            outbox.send_due()
    assert outbox.send_due() == 0  # whoever took it may still be at it
    due_now()
    assert outbox.send_due() == 1
    first, again = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == again
    assert Mail.objects.get().attempts == 2


def test_a_mail_is_tried_again_later_and_given_up_in_the_end(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(alice)

    def refuse(message: EmailMessage) -> int:
        raise ConnectionRefusedError("no server\r\nhere")

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", refuse)
        assert outbox.send_due() == 0
        row, chore = Mail.objects.get(), Chore.objects.get(kind=outbox.CHORE)
        assert (row.status, row.attempts) == ("queued", 1)
        assert row.error == "ConnectionRefusedError: no server here"
        assert row.due_at > timezone.now()
        assert chore.due_at == row.due_at
        for _ in outbox.PAUSES_S:
            due_now()
            outbox.send_due()
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("dead", len(outbox.PAUSES_S) + 1)
    assert row.sealed
    assert not Chore.objects.filter(kind=outbox.CHORE).exists()
    with pytest.raises(Forbidden):
        services.send_again(row, actor=bob)
    services.send_again(row, actor=alice)
    assert outbox.send_due() == 1
    assert AuditEntry.objects.filter(action="mail.sent_again").exists()
    with pytest.raises(NotDead):
        services.send_again(row, actor=alice)


def test_what_is_settled_is_not_mailed_and_counts_as_read(oscar: User) -> None:
    about = uuid7()
    tell(oscar, about=about)
    tell(oscar, key="other", about=uuid7())
    services.settle(about)
    assert outbox.send_due() == 1
    assert Mail.objects.get(about=about).status == "withdrawn"
    assert list(Notification.objects.unread().values_list("key", flat=True)) == ["other"]
    assert not Chore.objects.filter(kind=outbox.CHORE).exists()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("Hello\r\nBcc: all@b.example", "Hello Bcc: all@b.example"),
        ("  a\u2028b\x00c ", "a b c"),
        ("x" * 300, "x" * 179 + "…"),
    ],
)
def test_subjects_are_one_line(oscar: User, given: str, line: str) -> None:
    tell(oscar, letter=Letter(LETTER.template, given, LETTER.context))
    outbox.send_due()
    assert mail.outbox[0].subject == line
    assert mail.outbox[0].message()["Bcc"] is None


def test_who_wants_no_mail_is_told_in_the_product_alone(alice: User) -> None:
    from apps.notifications import kinds

    kinds.register(kinds.Kind("test", "Tests", ""))
    services.choose_mails(alice, [kind.name for kind in kinds.every() if kind.name != "test"])
    assert "test" not in services.mailed_kinds(alice)
    tell(alice)
    kinds._kinds.pop("test")
    assert Notification.objects.exists()
    assert not Mail.objects.exists()


def test_the_sweep_rings_for_each_workspace_until_it_is_done(
    oscar: User, alpha: Tenant, beta: Tenant, mallory: User, rung: list[str]
) -> None:
    tell(oscar)
    tell(oscar, key="second")
    with tenant_context(beta):
        tell(mallory)
    sweep()
    assert rung == []  # whoever was called at once has a little time
    late()
    sweep()
    assert sorted(rung) == ["t_alpha", "t_beta"]
    sweep()
    assert len(rung) == 2  # not again at once
    late()
    sweep()
    assert len(rung) == 4


def test_chores_belong_to_a_workspace(oscar: User, beta: Tenant) -> None:
    tell(oscar)
    with tenant_context(beta):
        assert not Chore.objects.filter(kind=outbox.CHORE).exists()
        assert not Mail.objects.exists()
