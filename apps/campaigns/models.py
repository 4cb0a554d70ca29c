"""Campaigns that review rights, what they repeat by, and each right that was found with what was decided."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import ApiKey, Folder, Role, User
from apps.common.models import TimestampedModel

LONGEST_NOTE, LONGEST_REASON = 2_000, 1_000
MOST_DAYS = 90


class Sort(models.TextChoices):
    """What is reviewed, in the order in which it is taken away: what other things go with comes first."""

    MEMBER = "member", "Membership"
    PROGRAM = "program", "Service account"
    CLIENT = "client", "Token of a provider"
    DIRECTORY = "directory", "Directory token"
    KEY = "key", "API key"
    MEMBERSHIP = "membership", "Place in a group"
    ROLE = "role", "Role on the workspace"
    FOLDER = "folder", "Role on a folder"
    GROUP_ROLE = "group_role", "Role of a group"


class Terms(TimestampedModel):
    """What is reviewed and by whom; a series hands it to each of its campaigns."""

    class Reviewers(models.TextChoices):
        PERSON = "person", "One person"
        MANAGERS = "managers", "Who manages members there"
        ROLE = "role", "Who holds a role"

    name = models.CharField(max_length=120)
    note = models.TextField(max_length=LONGEST_NOTE, blank=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    sorts = models.JSONField(default=list)
    roles = models.JSONField(default=list)  # names; none: all
    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewers = models.CharField(max_length=8, choices=Reviewers)
    reviewer = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reviewer_role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField(default=14)  # until it is to be done

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SeriesQuerySet(models.QuerySet["Series"]):
    """Reads of series."""

    def running(self) -> Self:
        """Keep those that begin campaigns."""
        return self.filter(paused_at=None)


class Series(Terms):
    """Terms by which a campaign begins again and again."""

    class Every(models.IntegerChoices):
        MONTH = 1, "Every month"
        QUARTER = 3, "Every quarter"
        HALF = 6, "Every half year"
        YEAR = 12, "Every year"

    months = models.PositiveSmallIntegerField(choices=Every)
    began_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)  # why it was paused by itself

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "series"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Reads of campaigns."""

    def open(self) -> Self:
        """Keep those in which people decide."""
        return self.filter(status=Campaign.Status.OPEN)

    def asking(self, user: User) -> Self:
        """Keep those in which a person has something to decide still."""
        waiting = Item.objects.undecided().filter(campaign=models.OuterRef("pk"), reviewer=user)
        return self.open().filter(models.Exists(waiting))

    def counted(self) -> Self:
        """Read how many items are decided."""
        items = Item.objects.filter(campaign=models.OuterRef("pk")).exclude(decision="")
        count = items.order_by().values("campaign").annotate(n=models.Count("pk")).values("n")
        return self.annotate(decided=Coalesce(models.Subquery(count), 0))


class Campaign(Terms):
    """One access review: the rights of a scope at one moment, and what people say of each."""

    class Status(models.TextChoices):
        GATHERING = "gathering"
        OPEN = "open"
        SIGNED = "signed"  # what is to go is being taken away
        CLOSED = "closed"
        CANCELLED = "cancelled"

    ENDED = (Status.CLOSED, Status.CANCELLED)

    status = models.CharField(max_length=9, choices=Status, default=Status.GATHERING)
    series = models.ForeignKey(
        Series, null=True, on_delete=models.SET_NULL, related_name="campaigns"
    )
    taken_at = models.DateTimeField(null=True)  # the moment
    due_at = models.DateTimeField()
    total = models.PositiveIntegerField(default=0)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # What is taken away is taken with no more rights than the key had.
    signed_through = models.ForeignKey(
        ApiKey, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    statement = models.TextField(max_length=LONGEST_NOTE, blank=True)
    closed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)  # over all items as they were at the end

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    @property
    def is_open(self) -> bool:
        """Whether people decide."""
        return self.status == self.Status.OPEN

    @property
    def is_overdue(self) -> bool:
        """Whether people should have decided by now."""
        return self.is_open and self.due_at <= timezone.now()

    @property
    def is_signed(self) -> bool:
        """Whether somebody has signed it off."""
        return self.signed_at is not None


class ItemQuerySet(models.QuerySet["Item"]):
    """Reads of items."""

    def undecided(self) -> Self:
        """Keep those about which nobody has said anything."""
        return self.filter(decision="")

    def asked_of(self, user: User) -> Self:
        """Keep what one person is to decide, and still can."""
        return self.undecided().filter(reviewer=user, campaign__status=Campaign.Status.OPEN)

    def to_take_away(self) -> Self:
        """Keep what is to go, or to be changed, and was not looked at since the sign-off."""
        wanted = (Item.Decision.REMOVE, Item.Decision.CHANGE)
        return self.filter(decision__in=wanted, outcome="").order_by("rank", "pk")

    def to_follow_up(self) -> Self:
        """Keep what a person has to see to by hand."""
        return self.filter(outcome__in=Item.OPEN_ENDS)

    def matching(self, text: str) -> Self:
        """Keep what a text is in."""
        return self.filter(
            Q(holder_label__icontains=text) | Q(label__icontains=text) | Q(place__icontains=text)
        )


class Item(TimestampedModel):
    """One right as it was at the moment of its campaign, by id and label: it outlives what it tells of."""

    class Holder(models.TextChoices):
        PERSON = "person"
        PROGRAM = "program"
        GROUP = "group"
        DIRECTORY = "directory"

    class Decision(models.TextChoices):
        KEEP = "keep"
        REMOVE = "remove"
        CHANGE = "change"

    class Outcome(models.TextChoices):
        REMOVED = "removed"
        GONE = "gone", "Gone before"
        CHANGED = "changed", "Changed since"
        REFUSED = "refused", "Could not be removed"
        ASKED = "asked", "To be changed"
        DONE = "done", "Seen to"

    OPEN_ENDS = (Outcome.CHANGED, Outcome.REFUSED, Outcome.ASKED)

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="items")
    sort = models.CharField(max_length=10, choices=Sort)
    rank = models.PositiveSmallIntegerField()
    ref = models.UUIDField()  # of the row that gives the right
    holder_kind = models.CharField(max_length=9, choices=Holder)
    holder = models.UUIDField()
    holder_label = models.CharField(max_length=200)
    maker = models.UUIDField(null=True)  # of a program's key
    label = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    path = models.CharField(max_length=700, blank=True)
    terms = models.JSONField(default=dict)  # what the right is; when it differs, it was changed
    signs = models.JSONField(default=dict)  # what helps to decide
    reviewer = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="review_items"
    )
    decision = models.CharField(max_length=6, choices=Decision, blank=True)
    reason = models.TextField(max_length=LONGEST_REASON, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    with_others = models.BooleanField(default=False)  # kept with many at once
    outcome = models.CharField(max_length=7, choices=Outcome, blank=True)
    outcome_note = models.CharField(max_length=400, blank=True)
    settled_at = models.DateTimeField(null=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["holder_label", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "sort", "ref"], name="campaigns_right_once_in_each"
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "reviewer", "decision"], name="campaigns_item_asked"),
            models.Index(fields=["campaign", "holder_label", "rank"], name="campaigns_item_order"),
            models.Index(
                fields=["reviewer"], condition=Q(decision=""), name="campaigns_item_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_label}: {self.label}"[:200]

    @property
    def needs_hand(self) -> bool:
        """Whether somebody has to see to it."""
        return self.outcome in self.OPEN_ENDS
