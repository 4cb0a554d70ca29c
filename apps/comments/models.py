"""Threads of comments, the comments in them, and how far each person has read."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.workflows.models import Workflow

LONGEST = 4_000  # characters of one comment
FURTHEST = 10_000_000  # from the canvas's origin
NODE_LENGTH = 63


class ThreadQuerySet(models.QuerySet["Thread"]):
    """Reads of threads."""

    def open(self) -> Self:
        """Keep those that somebody still has to do something about."""
        return self.filter(resolved_at=None)

    def resolved(self) -> Self:
        """Keep those that are done with."""
        return self.exclude(resolved_at=None)

    def matching(self, text: str) -> Self:
        """Keep those with the text in a comment, in the step's title or in an author's name."""
        said = Comment.objects.living().filter(
            Q(text__icontains=text) | Q(author__name__icontains=text)
        )
        return self.filter(Q(pk__in=said.values("thread")) | Q(node_title__icontains=text))

    def with_part_of(self, user: User) -> Self:
        """Keep those in which a person said something or was mentioned."""
        own = Comment.objects.living().filter(Q(author=user) | Q(mentioned=user))
        return self.filter(pk__in=own.values("thread"))

    def counted_for(self, user: User) -> Self:
        """Add how many comments each has, and how many of others' a person has not seen."""
        seen = Reading.objects.filter(thread=OuterRef("pk"), user=user).values("seen_at")
        living = Q(comments__deleted_at=None) & Q(comments__isnull=False)
        since = Q(seen_at=None) | Q(comments__created_at__gt=models.F("seen_at"))
        return self.annotate(seen_at=Subquery(seen[:1])).annotate(
            comment_count=Count("comments", filter=living),
            unread=Count("comments", filter=living & since & ~Q(comments__author=user)),
        )

    def unread_by(self, user: User) -> Self:
        """Keep those in which others said something that a person has not seen."""
        return self.counted_for(user).filter(Q(unread__gt=0))

    def shown_to(self, user: User) -> Self:
        """Add all that lists show: the numbers, the people, and the comment that began it."""
        firsts = Comment.objects.living().order_by("thread_id", "created_at", "id")
        related = self.select_related("opened_by", "resolved_by", "workflow__folder")
        counted = related if "unread" in self.query.annotations else related.counted_for(user)
        return counted.prefetch_related(
            Prefetch("comments", firsts.distinct("thread_id").with_people(), to_attr="firsts")
        )

    def with_comments(self) -> Self:
        """Add all that was said, as pages write it out."""
        said = Comment.objects.living().with_people().order_by("created_at", "id")
        return self.prefetch_related(Prefetch("comments", said, to_attr="said"))


class Thread(TimestampedModel):
    """What is said about one step (perhaps one of its fields) or one point of the canvas.

    Of a step that is gone the thread keeps the last title, and finds it again if it comes back.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="threads")
    node = models.CharField(max_length=NODE_LENGTH, blank=True)
    field = models.CharField(max_length=200, blank=True)
    node_title = models.CharField(max_length=200, blank=True)
    x = models.IntegerField(null=True)
    y = models.IntegerField(null=True)
    detached_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    last_at = models.DateTimeField()  # of the newest comment

    objects: ClassVar[ThreadQuerySet] = ThreadQuerySet.as_manager()  # type: ignore[assignment]
    firsts: "list[Comment]"  # one or none; see `shown_to`
    said: "list[Comment]"  # see `with_comments`
    comment_count: int
    unread: int

    class Meta:
        indexes = [
            models.Index(fields=["workflow", "-last_at", "-id"], name="comments_recent"),
            models.Index(fields=["workflow", "node"], name="comments_of_node"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(x__isnull=False, y__isnull=False, node="", field="")
                | (Q(x=None, y=None) & ~Q(node="")),
                name="comments_thread_anchor",
            )
        ]

    def __str__(self) -> str:
        return f"Comments on {self.node_title or 'the canvas'}"

    @property
    def place(self) -> str:
        """What it is about, in words."""
        return f"“{self.node_title}”" if self.node else "a place on the canvas"


class CommentQuerySet(models.QuerySet["Comment"]):
    """Reads of comments."""

    def living(self) -> Self:
        """Keep those that were not deleted."""
        return self.filter(deleted_at=None)

    def with_people(self) -> Self:
        """Read authors and who is mentioned together."""
        return self.select_related("author").prefetch_related("mentioned")


class Comment(TimestampedModel):
    """What one person said. A deleted one keeps its place, without a word of its text."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(max_length=LONGEST)
    mentioned = models.ManyToManyField(User, related_name="+")
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[CommentQuerySet] = CommentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["thread", "created_at"], name="comments_in_thread")]

    def __str__(self) -> str:
        return self.text[:80]


class Reading(models.Model):
    """Up to which comment a person has read a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "user"], name="comments_reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.thread}"
