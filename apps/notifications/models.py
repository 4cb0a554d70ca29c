"""Notifications, the mails on their way, and what each person wants mailed."""

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.notifications import kinds
from apps.notifications.kinds import Kind


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Reads of notifications."""

    def unread(self) -> Self:
        """Keep what its person has not looked at."""
        return self.filter(read_at=None)

    def matching(self, *, text: str = "", kind: str = "") -> Self:
        """Keep those whose words hold the text, of one kind."""
        found = self.filter(Q(title__icontains=text) | Q(text__icontains=text))
        return found.filter(kind=kind) if kind else found

    def mark_read(self) -> int:
        """Note that they were looked at; return how many were not before."""
        now = timezone.now()
        return self.unread().update(read_at=now, updated_at=now)


class Notification(TimestampedModel):
    """Something that one person is told in the product. Telling it twice changes nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)  # of what happened; the same for all who are told
    about = models.UUIDField(null=True)  # of the thing; when it is settled, this counts as read
    title = models.CharField(max_length=400)
    text = models.CharField(max_length=400, blank=True)
    path = models.CharField(max_length=400, blank=True)  # where to see it, on this site
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notifications_told_once")
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notifications_of_user"),
            models.Index(
                fields=["user"], condition=Q(read_at=None), name="notifications_unread_of_user"
            ),
            models.Index(
                fields=["about"], condition=Q(read_at=None), name="notifications_unread_about"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def sort(self) -> Kind:
        """Its kind, with label and icon."""
        return kinds.find(self.kind)


class MailQuerySet(models.QuerySet["Mail"]):
    """Reads of the outbox."""

    def matching(self, *, text: str = "", status: str = "") -> Self:
        """Keep those to or about the text, in one state."""
        found = self.filter(Q(recipient__icontains=text) | Q(subject__icontains=text))
        return found.filter(status=status) if status else found

    def withdraw(self, about: UUID) -> list[UUID]:
        """Take back what is not sent yet about a thing; return what was taken back."""
        queued = self.filter(about=about, status=Mail.Status.QUEUED)
        found = list(queued.select_for_update().values_list("pk", flat=True))
        now = timezone.now()
        self.filter(pk__in=found).update(status=Mail.Status.WITHDRAWN, sealed="", updated_at=now)
        return found


class Mail(TimestampedModel):
    """A mail of the outbox, written in the transaction of what it tells.

    Its words are sealed, since links in them open things, and forgotten once they are sent.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DEAD = "dead"  # given up
        WITHDRAWN = "withdrawn"  # what it was about was settled before it was sent

    key = models.CharField(max_length=240, unique=True)
    kind = models.CharField(max_length=40)
    about = models.UUIDField(null=True)
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    sealed = models.TextField(blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(status="queued"), name="notifications_mail_due"
            ),
            models.Index(
                fields=["about"], condition=Q(status="queued"), name="notifications_mail_about"
            ),
            models.Index(fields=["-created_at"], name="notifications_mail_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class Preference(TimestampedModel):
    """Whether a kind of news is mailed to a person; without one it is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_preferences")
    kind = models.CharField(max_length=40)
    mail = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notifications_one_preference")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {'mail' if self.mail else 'no mail'}"
