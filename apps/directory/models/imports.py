"""Imports of people from another sign-in service: a file that was read, and what becomes of each row."""

from typing import Self

from django.db import models

from apps.accounts.models import Role, User
from apps.common.models import TimestampedModel


class PeopleImport(TimestampedModel):
    """People of one file; nobody joins before somebody who read the preview started it."""

    class Source(models.TextChoices):
        AUTH0 = "auth0", "Auth0"
        CLERK = "clerk", "Clerk"

    class Status(models.TextChoices):
        DRAFT = "draft"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"

    source = models.CharField(max_length=8, choices=Source)
    file_name = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self.status in {self.Status.DONE, self.Status.STOPPED}

    @property
    def is_going_on(self) -> bool:
        """Whether it was started and is not over."""
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Reads of rows."""

    def matching(self, *, text: str = "", outcome: str = "") -> Self:
        """Keep whose name, address or words hold the text and of whom this came."""
        found = self.filter(
            models.Q(name__icontains=text)
            | models.Q(email__icontains=text)
            | models.Q(words__icontains=text)
        )
        return found.filter(outcome=outcome) if outcome else found


class ImportRow(TimestampedModel):
    """Somebody in the file. Their password's hash is kept until they joined, or never will."""

    class Outcome(models.TextChoices):
        JOINS = "joins"
        JOINED = "joined"
        REFUSED = "refused"

    job = models.ForeignKey(PeopleImport, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=120, blank=True)
    password = models.CharField(max_length=128, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    words = models.CharField(max_length=200, blank=True)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="directory_import_row_once")
        ]
        indexes = [models.Index(fields=["job", "outcome", "number"], name="directory_import_rows")]

    def __str__(self) -> str:
        return self.email or f"Row {self.number}"
