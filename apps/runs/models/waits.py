"""What runs wait for: time, people, signals and other runs; and what these said."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from apps.accounts.models import RoleBinding, User
from apps.classification.placeholders import in_words
from apps.common.models import TimestampedModel
from apps.runs.models.runs import Run
from apps.runs.models.steps import FRAME_LENGTH

_OPEN_APPROVAL = Q(kind="approval", status="open")


class WaitQuerySet(models.QuerySet["Wait"]):
    """Reads of waits; every method returns a queryset."""

    def approvals(self) -> Self:
        """Keep what people decide."""
        return self.filter(kind=Wait.Kind.APPROVAL)

    def open(self) -> Self:
        """Keep what is not decided yet."""
        return self.filter(status=Wait.Status.OPEN)

    def assigned_to(self, user: User) -> Self:
        """Keep what this person may decide as far as assignment goes: theirs, or nobody's."""
        return self.filter(_asks(user))

    def awaiting(self, user: User) -> Self:
        """Keep the open ones that this person is asked for and has not answered."""
        return self.open().assigned_to(user).exclude(_answered(user))

    def awaiting_others(self, user: User) -> Self:
        """Keep the other open ones."""
        return self.open().filter(~_asks(user) | _answered(user))


class Wait(TimestampedModel):
    """What a step of a run waits for. It holds no worker, however long it lasts."""

    class Kind(models.TextChoices):
        APPROVAL = "approval"
        DELAY = "delay"
        SIGNAL = "signal"
        CHILD = "child"  # another run

    class Status(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="waits")
    frame = models.CharField(max_length=FRAME_LENGTH, blank=True)
    node = models.CharField(max_length=63)
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=400, blank=True)
    body = models.TextField(blank=True)
    actions = models.JSONField(default=list)
    assignees = models.JSONField(default=list)  # e-mail addresses, roles or groups, asked now
    require_reason = models.BooleanField(default=False)
    terms = models.JSONField(default=dict)  # how it is decided: see `runs.terms`
    value = models.JSONField(null=True)  # what may be edited, as the last vote left it
    stage = models.PositiveSmallIntegerField(default=0)  # of a sequence
    round = models.PositiveSmallIntegerField(default=0)  # a new one counts from nothing
    asked_at = models.DateTimeField(null=True)  # when this round began
    reminded = models.PositiveSmallIntegerField(default=0)  # how often in this round
    escalated = models.BooleanField(default=False)
    signal = models.CharField(max_length=63, blank=True)  # the name of the signal, and what tells
    key = models.CharField(max_length=200, blank=True)  # it from others of that name
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    decision = models.CharField(max_length=63, blank=True)
    comment = models.TextField(blank=True)
    form = models.JSONField(null=True)
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="decisions"
    )
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    child = models.OneToOneField(
        Run, null=True, on_delete=models.CASCADE, related_name="awaited_by"
    )

    objects = WaitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "frame", "node"], name="runs_wait_once")
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="runs_waits_by_status"),
            models.Index(
                F("expires_at").asc(nulls_last=True),
                F("created_at").desc(),
                F("id").desc(),
                condition=_OPEN_APPROVAL,
                name="runs_approvals_by_due",
            ),
            GinIndex(
                fields=["assignees"],
                opclasses=["jsonb_path_ops"],
                condition=_OPEN_APPROVAL,
                name="runs_approvals_by_assignee",
            ),
            models.Index(
                fields=["run"],
                condition=_OPEN_APPROVAL & Q(assignees=[]),
                name="runs_approvals_for_all",
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(kind="approval") & ~Q(status="open"),
                name="runs_approvals_decided",
            ),
            models.Index(
                fields=["signal", "key"], condition=Q(kind="signal"), name="runs_waits_for_signals"
            ),
        ]

    def __str__(self) -> str:
        return self.headline or f"wait of {self.node}"

    @property
    def headline(self) -> str:
        """Its title where nothing of what is withheld can be shown."""
        return in_words(self.title)

    def is_assigned_to(self, user: User) -> bool:
        """Tell whether this person may decide as far as assignment goes: theirs, or nobody's.

        A role counts where it is held: who is admin of one folder is not asked as one elsewhere.
        """
        folder = self.run.workflow.folder
        held = [each for each in user.bindings if each.covers(folder.path if folder else "")]
        names = {user.email, *(_name_of(each, user) for each in held), *user.group_handles}
        return not self.assignees or bool(names & set(self.assignees))


def _asks(user: User) -> Q:
    """Match what asks this person, or everybody. A role counts where it is held."""
    asks = Q(assignees=[])
    for name in (user.email, *user.group_handles):
        asks |= Q(assignees__contains=[name])
    for held in user.bindings:
        named = Q(assignees__contains=[_name_of(held, user)])
        if held.folder:
            named &= Q(run__workflow__folder__path__startswith=held.folder.path)
        asks |= named
    return asks


def _answered(user: User) -> models.Exists:
    """Match what this person has answered in its present round."""
    wait, round_ = models.OuterRef("pk"), models.OuterRef("round")
    return models.Exists(Vote.objects.filter(wait=wait, round=round_, voter=user))


def _name_of(held: RoleBinding, user: User) -> str:
    """Return the role that a person acts in: through a key that may do less, the key's."""
    key = user.acting_key
    return key.role.name if key and not held.role.allowed <= key.allowed else held.role.name


class Vote(TimestampedModel):
    """One person's answer to a question, in one round: the row keeps it from being given twice."""

    wait = models.ForeignKey(Wait, on_delete=models.CASCADE, related_name="votes")
    round = models.PositiveSmallIntegerField(default=0)
    stage = models.PositiveSmallIntegerField(default=0)
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="votes")
    decision = models.CharField(max_length=63)
    comment = models.TextField(blank=True)
    form = models.JSONField(null=True)
    edited = models.BooleanField(default=False)  # whether it changed the value that may be edited
    by_link = models.BooleanField(default=False)  # from a mail, without a sign-in

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["wait", "round", "voter"], name="runs_one_vote")
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.voter}"


class DecisionLink(TimestampedModel):
    """A link in a mail to one person about one question: single use, expiring, its hash kept."""

    wait = models.ForeignKey(Wait, on_delete=models.CASCADE, related_name="links")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    address_hash = models.CharField(max_length=64, db_default="")  # of where it was sent
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of {self.user}"


class Signal(TimestampedModel):
    """A word from outside into a live run, taken once. An early one is kept for its run."""

    class Status(models.TextChoices):
        TAKEN = "taken"
        KEPT = "kept"
        REFUSED = "refused"  # kept, and then not what the step expected

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="signals")
    wait = models.OneToOneField(Wait, null=True, on_delete=models.CASCADE, related_name="answer")
    name = models.CharField(max_length=63)
    key = models.CharField(max_length=200)
    payload = models.JSONField(null=True)
    external_id = models.CharField(max_length=200, blank=True)  # the sender's, to know a repeat
    sent_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=7, choices=Status)
    keep_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sent_by", "external_id"],
                condition=~Q(external_id=""),
                name="runs_signal_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
