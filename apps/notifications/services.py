"""Telling people, and what they do about it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.events import publish_on_commit
from apps.dispatch import chores
from apps.notifications import kinds, outbox
from apps.notifications.exceptions import NotDead
from apps.notifications.models import Mail, Notification, Preference
from apps.notifications.outbox import Addressed, Letter
from apps.tenants.keys import group_name


@dataclass(frozen=True)
class Notice:
    """What one person is told; without a letter it is told in the product alone."""

    user: User
    title: str
    text: str = ""
    path: str = ""
    letter: Letter | None = None


@transaction.atomic
def tell(notices: Sequence[Notice], *, kind: str, key: str, about: UUID | None = None) -> None:
    """Tell people of something, and mail those who want it, once for each key.

    `about` names the thing; `settle` takes back what is about it.
    """
    Notification.objects.bulk_create(
        [
            Notification(
                user=notice.user, kind=kind, key=key, about=about,
                title=outbox.one_line(notice.title, 400), text=outbox.one_line(notice.text, 400),
                path=notice.path,
            )
            for notice in notices
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    _mail(notices, kind, key, about)
    _stir(notice.user.pk for notice in notices)


@transaction.atomic
def settle(about: UUID) -> None:
    """Count as read, and no longer mail, what is about a thing that needs nobody any more."""
    told = Notification.objects.unread().filter(about=about)
    people = set(told.values_list("user_id", flat=True))
    told.mark_read()
    outbox.withdraw(about)
    _stir(people)


@transaction.atomic
def take_back(about: UUID) -> None:
    """Let nobody find any more what was told of a thing that is gone, and mail it to nobody."""
    told = Notification.objects.filter(about=about)
    people = set(told.values_list("user_id", flat=True))
    told.delete()
    outbox.withdraw(about)
    _stir(people)


def heard(abouts: Collection[UUID], *, by: User) -> None:
    """Note that a person has seen the things themselves, so that the bell need not tell of them."""
    if Notification.objects.filter(user=by, about__in=abouts).mark_read():
        _stir([by.pk])


def mark_read(notification: Notification) -> None:
    """Note that its person has looked at it; repeating changes nothing."""
    if Notification.objects.filter(pk=notification.pk).mark_read():
        _stir([notification.user_id])


def mark_all_read(actor: User) -> int:
    """Note that a person has looked at everything; return how much was new."""
    count = Notification.objects.filter(user=actor).mark_read()
    _stir([actor.pk])
    return count


@transaction.atomic
def choose_mails(actor: User, wanted: Collection[str]) -> None:
    """Set what is mailed to a person: these kinds and no others."""
    for kind in kinds.mailed():
        Preference.objects.update_or_create(
            user=actor, kind=kind.name, defaults={"mail": kind.name in wanted}
        )


def mailed_kinds(user: User) -> list[str]:
    """Return the kinds that are mailed to a person."""
    refused = Preference.objects.filter(user=user, mail=False).values_list("kind", flat=True)
    return [kind.name for kind in kinds.mailed() if kind.name not in set(refused)]


@transaction.atomic
def send_again(mail: Mail, *, actor: User) -> None:
    """Try a mail anew that was given up. Raises NotDead, Forbidden."""
    policies.require(actor, "member.manage")
    changed = Mail.objects.filter(pk=mail.pk, status=Mail.Status.DEAD).update(
        status=Mail.Status.QUEUED, attempts=0, due_at=timezone.now(), updated_at=timezone.now()
    )
    if not changed:
        raise NotDead
    chores.add(outbox.CHORE, [mail.pk])
    record("mail.sent_again", actor=actor, target=mail)


def _mail(notices: Sequence[Notice], kind: str, key: str, about: UUID | None) -> None:
    refused = Preference.objects.filter(
        user__in=[notice.user for notice in notices], kind=kind, mail=False
    )
    without = set(refused.values_list("user_id", flat=True))
    letters = [
        Addressed(f"{key}:{notice.user.pk}", notice.user.email, notice.letter)
        for notice in notices
        if notice.letter is not None and notice.user.pk not in without
    ]
    if letters:
        outbox.queue(letters, kind=kind, about=about)


def _stir(people: Iterable[UUID]) -> None:
    """Have the bells of these people counted anew."""
    for user_id in people:
        publish_on_commit(group_name(f"person.{user_id}"), {"type": "notifications"})
