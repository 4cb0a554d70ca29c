"""The outbox: mails are written with what they tell, and sent afterwards until they went out.

A worker that dies between sending and noting it makes the mail go out again under the same
Message-ID, which is how mail systems know a repeat.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone

from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.notifications.models import Mail
from apps.vault import services as vault
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)

CHORE = "notifications.mail"
LEASE_S = 180  # after which a mail whose sender was not heard of again is sent by somebody else
# After so many seconds it is tried again; past the last one a person has to look.
PAUSES_S = (60, 300, 1_800, 7_200, 21_600, 43_200)


@dataclass(frozen=True)
class Letter:
    """What a mail says: one of `templates/emails/` with its values; tenants' words are only values."""

    template: str
    subject: str
    context: JSONDict = field(default_factory=dict)

    def write(self) -> str:
        """Return the words."""
        return render_to_string(f"emails/{self.template}.txt", self.context)


@dataclass(frozen=True)
class Addressed:
    """A letter to somebody; the key says what happened, so that it goes out once."""

    key: str
    recipient: str
    letter: Letter


def queue(mails: Sequence[Addressed], *, kind: str, about: UUID | None = None) -> None:
    """Put mails into the outbox, in the caller's transaction; known keys change nothing."""
    made = [_sealed(each, kind, about) for each in mails]
    Mail.objects.bulk_create(made, ignore_conflicts=True)
    new = Mail.objects.filter(pk__in=[mail.pk for mail in made]).values_list("pk", flat=True)
    chores.add(CHORE, list(new))


def withdraw(about: UUID) -> None:
    """Take back what is not sent yet about a thing that is settled."""
    chores.done(CHORE, Mail.objects.withdraw(about))


def send_due() -> int:
    """Send what is due, one after the other; return how many went out."""
    sent = 0
    while (mail := _claim()) is not None:
        sent += _send(mail)
    return sent


def one_line(text: str, most: int = 180) -> str:
    """Return a text without line breaks and control characters, as subjects must be."""
    words = "".join(sign if sign.isprintable() else " " for sign in text).split()
    line = " ".join(words)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _sealed(mail: Addressed, kind: str, about: UUID | None) -> Mail:
    made = Mail(
        key=mail.key, kind=kind, about=about, recipient=mail.recipient,
        subject=one_line(mail.letter.subject),
    )  # fmt: skip
    made.sealed = vault.seal(mail.letter.write(), context=context_of(made))
    return made


def context_of(mail: Mail) -> str:
    return f"mail:{mail.pk}"


@transaction.atomic
def _claim() -> Mail | None:
    """Take the next mail for a while, counted as an attempt before it is made."""
    due = Mail.objects.filter(status=Mail.Status.QUEUED, due_at__lte=Now()).order_by("due_at")
    mail = due.select_for_update(skip_locked=True).first()
    if mail is None:
        return None
    until = Now() + timedelta(seconds=LEASE_S)
    Mail.objects.filter(pk=mail.pk).update(attempts=F("attempts") + 1, due_at=until)
    mail.attempts += 1
    return mail


def _send(mail: Mail) -> bool:
    try:
        _message(mail).send()
    except (OSError, ValueError, CannotUnseal) as error:  # a server's refusal is an OSError
        _failed(mail, error)
        return False
    _went_out(mail)
    return True


def _message(mail: Mail) -> EmailMessage:
    return EmailMessage(
        subject=mail.subject,
        body=vault.unseal(mail.sealed, context=context_of(mail)),
        to=[mail.recipient],
        headers={
            "Message-ID": f"<{mail.pk}@{settings.BASE_DOMAIN}>",
            "Auto-Submitted": "auto-generated",
        },
    )


@transaction.atomic
def _went_out(mail: Mail) -> None:
    now = timezone.now()
    Mail.objects.filter(pk=mail.pk).update(
        status=Mail.Status.SENT, sent_at=now, updated_at=now, sealed="", error=""
    )
    chores.done(CHORE, [mail.pk])


@transaction.atomic
def _failed(mail: Mail, error: Exception) -> None:
    """Try again later, or give up and keep the reason."""
    reason = one_line(f"{type(error).__name__}: {error}", 500)
    logger.warning("Mail %s did not go out at attempt %s: %s", mail.pk, mail.attempts, reason)
    queued = Mail.objects.filter(pk=mail.pk, status=Mail.Status.QUEUED)
    if mail.attempts > len(PAUSES_S):
        queued.update(status=Mail.Status.DEAD, error=reason, updated_at=timezone.now())
        chores.done(CHORE, [mail.pk])
        return
    again = timezone.now() + timedelta(seconds=PAUSES_S[mail.attempts - 1])
    queued.update(due_at=again, error=reason, updated_at=timezone.now())
    chores.postpone(CHORE, mail.pk, again)
