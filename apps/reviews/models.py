"""Where publishing needs a review, the reviews that were asked for, and what people said."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.accounts.models import Folder, User
from apps.common.models import TimestampedModel
from apps.workflows.models import Workflow, WorkflowVersion

MOST_APPROVALS = 5


class RuleQuerySet(models.QuerySet["Rule"]):
    """Reads of rules."""

    def covering(self, folder: Folder | None) -> Self:
        """Keep the rules that hold in a folder: its own, those above it, and the workspace's."""
        if folder is None:
            return self.filter(folder=None)
        above = folder.path.strip("/").split("/")
        return self.filter(Q(folder=None) | Q(folder__in=above))


class Rule(TimestampedModel):
    """In a folder and below it, or in the whole workspace, publishing needs approvals."""

    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.PROTECT, related_name="review_rules"
    )
    approvals = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_APPROVALS)]
    )

    objects = RuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["folder"],
                nulls_distinct=False,
                name="reviews_rule_once",
                violation_error_message="There is a rule for this place already.",
            ),
            models.CheckConstraint(
                condition=Q(approvals__gte=1, approvals__lte=MOST_APPROVALS),
                name="reviews_rule_approvals",
            ),
        ]

    def __str__(self) -> str:
        return self.folder.name if self.folder else "The whole workspace"


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reads of reviews."""

    def open(self) -> Self:
        """Keep those that people are still asked about."""
        return self.filter(status=Review.Status.OPEN)

    def answerable_by(self, user: User) -> Self:
        """Keep the open ones about which a person has said nothing, and that are not their work."""
        others = self.open().exclude(requested_by=user).exclude(authors=user)
        return others.exclude(opinions__reviewer=user)

    def matching(self, text: str) -> Self:
        """Keep those whose workflow or notes hold the text."""
        return self.filter(Q(workflow__name__icontains=text) | Q(notes__icontains=text))


class Review(TimestampedModel):
    """The question whether one state of a workflow's draft may be published."""

    class Status(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"  # by who asked, or because something newer was asked for
        PUBLISHED = "published"

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="reviews")
    # The draft as it was when it was asked for: it is this that is approved, and nothing else.
    version = models.ForeignKey(WorkflowVersion, on_delete=models.RESTRICT, related_name="reviews")
    seq = models.PositiveBigIntegerField(default=0)  # how far the draft's log was
    base = models.ForeignKey(
        WorkflowVersion, null=True, on_delete=models.RESTRICT, related_name="+"
    )  # what ran then
    notes = models.TextField(blank=True, max_length=10_000)
    needed = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    requested_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="requested_reviews"
    )
    # Whoever changed the draft since `base`: four eyes means that none of them approves.
    authors = models.ManyToManyField(User, related_name="+")
    closed_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workflow"], condition=Q(status="open"), name="reviews_one_open"
            )
        ]
        indexes = [models.Index(fields=["status", "-created_at"], name="reviews_by_status")]

    def __str__(self) -> str:
        return f"Review of {self.workflow}"

    @property
    def is_open(self) -> bool:
        """Whether people are still asked."""
        return self.status == self.Status.OPEN


class Opinion(TimestampedModel):
    """What one person said; it is not taken back."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="opinions")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approves = models.BooleanField()
    comment = models.TextField(blank=True, max_length=10_000)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["review", "reviewer"], name="reviews_opinion_once")
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {'approves' if self.approves else 'refuses'}"
