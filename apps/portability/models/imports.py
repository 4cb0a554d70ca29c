"""Archives that come into the workspace: the job, its bytes, and the history that came with them."""

from typing import Self

from django.db import models
from django.db.models import Q, Value

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.files.models import Blob


class ImportQuerySet(models.QuerySet["Import"]):
    """Reads of imports; every method returns a queryset."""

    def going_on(self) -> Self:
        """Keep what was started and is not over."""
        return self.filter(status__in=Import.GOING_ON)

    def matching(self, text: str) -> Self:
        """Keep whose file's name, or workspace, holds the text."""
        return self.filter(Q(file_name__icontains=text) | Q(source__icontains=text))


class Import(TimestampedModel):
    """An archive that is to come into this workspace: first its bytes, then all of it or nothing."""

    class Status(models.TextChoices):
        UPLOADING = "uploading"
        QUEUED = "queued"
        CHECKING = "checking"
        STORING = "storing"
        WRITING = "writing"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    GOING_ON = frozenset({Status.QUEUED, Status.CHECKING, Status.STORING, Status.WRITING})

    file_name = models.CharField(max_length=120)
    status = models.CharField(max_length=9, choices=Status, default=Status.UPLOADING)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    size = models.PositiveBigIntegerField(default=0)
    sealed = models.TextField(blank=True)  # the passphrase, until it is over
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    trouble = models.CharField(max_length=500, blank=True)
    archive = models.UUIDField(null=True)
    source = models.CharField(max_length=200, blank=True)  # the name of the workspace it is of
    moment = models.DateTimeField(null=True)
    report = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Value(1),
                condition=Q(status__in=["queued", "checking", "storing", "writing"]),
                name="portability_one_import",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_going_on(self) -> bool:
        """Whether it was started and is not over."""
        return self.status in self.GOING_ON

    @property
    def percent(self) -> int:
        """How much is behind it."""
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def seal_context(self) -> str:
        """What the kept passphrase is bound to."""
        return f"portability.import:{self.pk}"


class ImportPiece(models.Model):
    """A piece of an archive that was sent; one after the other they are the file."""

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="portability_import_piece_once")
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.number}"


class StoredFile(models.Model):
    """Bytes of an archive that are stored here, until rows refer to them."""

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    name = models.UUIDField()  # the id that they have in the archive
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "name"], name="portability_file_once")
        ]

    def __str__(self) -> str:
        return str(self.name)


class FormerEntryQuerySet(models.QuerySet["FormerEntry"]):
    """Reads of history."""

    def matching(self, text: str) -> Self:
        """Keep those of whom somebody, what was done or what it was done to holds the text."""
        return self.filter(
            Q(actor_label__icontains=text)
            | Q(action__icontains=text)
            | Q(target_label__icontains=text)
        )


class FormerEntry(models.Model):
    """An entry of the trail of the workspace that an archive is of: history, and no part of the trail here.

    It was written elsewhere, and nobody here vouches for it.
    """

    job = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="entries")
    entry = models.UUIDField()
    at = models.DateTimeField()
    actor_type = models.CharField(max_length=40)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=200)
    via = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=80)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    result = models.CharField(max_length=8)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, blank=True)

    objects = FormerEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-entry"]
        constraints = [
            models.UniqueConstraint(fields=["job", "entry"], name="portability_former_entry_once")
        ]
        indexes = [models.Index(fields=["job", "-at"], name="portability_former_recent")]
        verbose_name_plural = "former entries"

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.target_label}"


class FormerLink(models.Model):
    """The place that an entry had in the chain of that workspace, as the archive tells it."""

    job = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="links")
    number = models.BigIntegerField()
    entry = models.UUIDField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="portability_former_link_once")
        ]
        indexes = [models.Index(fields=["entry"], name="portability_former_link")]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"
