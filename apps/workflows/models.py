"""Workflows, the log of updates that is their draft, and their immutable versions."""

from collections import Counter
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, F, Q

from apps.accounts.models import Folder, User
from apps.common.ids import uuid7
from apps.common.models import TimestampedModel
from apps.files.models import Blob


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    """Reads of workflows; every method returns a queryset."""

    def current(self) -> Self:
        """Keep what is neither in the bin nor archived."""
        return self.filter(deleted_at=None, archived_at=None)

    def archived(self) -> Self:
        """Keep the archived ones."""
        return self.filter(deleted_at=None).exclude(archived_at=None)

    def in_bin(self) -> Self:
        """Keep what was deleted and can still be restored."""
        return self.exclude(deleted_at=None)

    def matching(self, text: str) -> Self:
        """Keep those with the text in name, description or a tag."""
        if not text.strip():
            return self
        words = text.strip()
        return self.filter(
            Q(name__icontains=words) | Q(description__icontains=words) | Q(tags__contains=[words])
        )

    def in_folder(self, folder: Folder) -> Self:
        """Keep what lies in a folder or below it."""
        return self.filter(folder__path__startswith=folder.path)

    def counts(self) -> dict[str, int]:
        """Return how many there are in each state, in one query."""
        current = Q(deleted_at=None, archived_at=None)
        return self.aggregate(
            current=Count("pk", filter=current),
            archived=Count("pk", filter=Q(deleted_at=None, archived_at__isnull=False)),
            bin=Count("pk", filter=Q(deleted_at__isnull=False)),
            unpublished=Count("pk", filter=current & Q(published_version=None)),
            troubled=Count("pk", filter=current & Q(problem_count__gt=0)),
        )

    def tag_counts(self) -> list[tuple[str, int]]:
        """Return the tags in use with how often each is, the most frequent ones first."""
        lists = self.exclude(tags=[]).values_list("tags", flat=True)
        counted = Counter(tag for tags in lists for tag in tags)
        return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0].lower()))


class Workflow(TimestampedModel):
    """A workflow: its details, and what is derived from its draft to be listed quickly."""

    class Via(models.TextChoices):
        STUDIO = "studio"
        ASSISTANT = "assistant"
        TEMPLATE = "template"
        IMPORT = "import"
        API = "api"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=10_000)
    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.PROTECT, related_name="workflows"
    )
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_via = models.CharField(max_length=12, choices=Via, default=Via.API)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="workflows"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    published_version = models.ForeignKey(
        "WorkflowVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # By which programs call it as a model: given when it is first published, and never another.
    slug = models.CharField(max_length=63, null=True, editable=False)  # noqa: DJ001 - many have none
    # Counts every change of details or draft: the ETag.
    revision = models.PositiveBigIntegerField(default=0)
    # The draft: all updates up to `snapshot_seq` merged, and those after it in the log.
    draft_seq = models.PositiveBigIntegerField(default=0)
    snapshot = models.BinaryField(default=bytes)
    snapshot_seq = models.PositiveBigIntegerField(default=0)
    # Derived from the draft as it was at `derived_seq`: live changes are looked at a little later.
    derived_seq = models.PositiveBigIntegerField(default=0)
    # How far those were told who want to know that a draft changed: once for a burst of changes.
    told_seq = models.PositiveBigIntegerField(default=0)
    draft_sha256 = models.CharField(max_length=64, blank=True)
    node_count = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at"], name="workflows_recent"),
            GinIndex(fields=["tags"], name="workflows_tags"),
        ]
        constraints = [models.UniqueConstraint(fields=["slug"], name="workflows_slug_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def etag(self) -> str:
        """The entity tag of details and draft together."""
        return f'"{self.revision}"'

    @property
    def has_unpublished_changes(self) -> bool:
        """Whether the draft differs from what runs; of what nobody looked at yet it is assumed."""
        published = self.published_version
        if published is None or self.derived_seq != self.draft_seq:
            return True
        return published.sha256 != self.draft_sha256


class Origin(models.TextChoices):
    """By which way a change came into a draft."""

    EDITOR = "editor"
    API = "api"  # by a key, which acts for somebody
    IMPORT = "import"
    RESTORE = "restore"


class WorkflowUpdate(models.Model):
    """One accepted change of the draft, by whom and when; never altered."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="updates")
    seq = models.PositiveBigIntegerField()
    data = models.BinaryField()
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(
        max_length=8, choices=Origin, default=Origin.EDITOR, db_default=Origin.EDITOR
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "seq"], name="workflows_update_once")
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} #{self.seq}"


class WorkflowVersion(models.Model):
    """A definition that never changes. Without a number it is a draft's snapshot that runs pin."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    # How far the log was when it was made.
    seq = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    definition = models.JSONField()
    notes = models.TextField(blank=True, max_length=10_000)
    engine = models.PositiveSmallIntegerField(default=1)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="workflows_version_number"),
            models.UniqueConstraint(
                fields=["workflow", "sha256"],
                condition=Q(number=None),
                name="workflows_snapshot_once",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}" if self.number else "draft"


class PointQuerySet(models.QuerySet["Point"]):
    """Reads of points; what they carry of the draft is read by `points.whole_at` alone."""

    def in_order(self) -> Self:
        """Put them in the order of the log; a publishing comes after what it published."""
        return self.order_by("seq", "first")

    def taking_in(self) -> Self:
        """Keep those that take in changes of the log."""
        return self.filter(first__lte=F("seq"))

    def after(self, seq: int) -> Self:
        """Keep those that end after a number of the log."""
        return self.filter(seq__gt=seq)


class Point(models.Model):
    """A moment of a draft to which one can go back: after a burst of changes, or as published.

    Points follow from the log; only names are set by people.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="points")
    # The changes of the log that it takes in; a publishing takes in none: `first` is behind `seq`.
    first = models.PositiveBigIntegerField()
    seq = models.PositiveBigIntegerField()
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.EDITOR)
    version = models.ForeignKey(
        WorkflowVersion, null=True, on_delete=models.CASCADE, related_name="points"
    )
    name = models.CharField(max_length=120, blank=True)
    authors = ArrayField(models.UUIDField(), default=list)
    changes = models.JSONField(default=list)  # as `attribution.Credit` writes them
    began_at = models.DateTimeField()
    created_at = models.DateTimeField()  # when the last of its changes was made
    # The whole draft, for some points: the others are found from the one before and the log.
    state = models.BinaryField(null=True)
    is_coarse = models.BooleanField(default=False)  # the log below it is gone

    objects = PointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "seq", "first"], name="workflows_point_once"
            )
        ]
        indexes = [models.Index(fields=["workflow", "-created_at"], name="workflows_point_recent")]

    def __str__(self) -> str:
        return self.name or f"{self.workflow_id} #{self.seq}"

    @property
    def kind(self) -> str:
        """What it is: `publish`, or the way by which its changes came."""
        return self.origin if self.version_id is None else "publish"

    @property
    def is_kept(self) -> bool:
        """Whether it stays for ever."""
        return bool(self.name) or self.version_id is not None


class Pin(models.Model):
    """An output that stands in for a step while people try the draft; it then does not run."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="pins")
    node = models.CharField(max_length=63)
    output = models.JSONField(null=True)
    sealed = models.TextField(blank=True, default="", editable=False)  # what is marked in it
    port = models.CharField(max_length=80, blank=True)
    pinned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    pinned_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["node"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "node"], name="workflows_pin_once")
        ]

    def __str__(self) -> str:
        return self.node

    @property
    def seal_context(self) -> str:
        """What its sealed values are bound to."""
        return f"pin:{self.workflow_id}:{self.node}"


class Image(models.Model):
    """A picture in a workflow's runbook. What it is was found out from its bytes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="images")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=20)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return str(self.pk)


class DataSet(TimestampedModel):
    """Inputs to try a workflow with, and what should come out once somebody has said so."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="data_sets")
    name = models.CharField(max_length=120)
    inputs = models.JSONField(default=dict)
    compares = models.BooleanField(default=False)
    expected = models.JSONField(null=True)
    sealed = models.TextField(blank=True, default="", editable=False)  # what is marked in it

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "name"], name="workflows_data_set_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def seal_context(self) -> str:
        """What its sealed values are bound to."""
        return f"data-set:{self.pk}"
