"""Budgets: how much may be spent on what, what was spent in each period, and what is out as slices."""

from datetime import UTC
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.accounts.models import Folder
from apps.common.ids import uuid7
from apps.common.models import TimestampedModel

ZERO = Decimal(0)


def _usd(**rest: Any) -> "models.DecimalField[Decimal, Decimal]":
    """Return a field of dollars, as exact as the price of one token."""
    return models.DecimalField(max_digits=20, decimal_places=10, default=ZERO, **rest)


class BudgetQuerySet(models.QuerySet["Budget"]):
    """Reads of budgets."""

    def matching(self, text: str) -> Self:
        """Keep those of whose thing the name holds the text."""
        return self.filter(label__icontains=text) if text else self


class Budget(TimestampedModel):
    """How much may be spent on calls in each day or month, by the workspace or a part of it."""

    class Scope(models.TextChoices):
        WORKSPACE = "workspace", "Workspace"
        FOLDER = "folder", "Folder"
        WORKFLOW = "workflow", "Workflow"
        KEY = "key", "Key"
        MEMBER = "member", "Member"

    class Every(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"

    scope = models.CharField(max_length=10, choices=Scope)
    # Of what: no foreign key, since workflows live above. A folder is named for its policy, too.
    subject = models.UUIDField(null=True)
    folder = models.ForeignKey(Folder, null=True, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=200)  # how it was called when this was saved
    every = models.CharField(max_length=5, choices=Every)
    amount_usd = models.DecimalField(max_digits=14, decimal_places=4)
    # At which shares of the amount, in percent, people are told.
    alerts = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    stops = models.BooleanField(default=True)  # whether calls are refused once it is used up

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "subject", "every"], nulls_distinct=False,
                name="gateway_budget_once",
            ),
            models.CheckConstraint(
                condition=Q(scope="workspace", subject=None) | ~Q(scope="workspace") & ~Q(subject=None),
                name="gateway_budget_of_something",
            ),
            models.CheckConstraint(condition=Q(amount_usd__gt=0), name="gateway_budget_positive"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.label


class BudgetPeriod(models.Model):
    """What was spent of a budget in one day or month. Only here is it decided whether there is more.

    `held_usd` is always the sum of its slices. The limit stands here too, so that one row holds all
    that one UPDATE must compare; none where the budget only warns.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    limit_usd = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    spent_usd = _usd()
    held_usd = _usd()
    alerted = models.PositiveSmallIntegerField(default=0)  # the greatest share that was told of
    refused = models.PositiveIntegerField(default=0)  # calls
    refused_at = models.DateTimeField(null=True)  # the first of them

    class Meta:
        ordering = ["-begins_at"]
        constraints = [
            models.UniqueConstraint(fields=["budget", "begins_at"], name="gateway_period_once"),
            models.CheckConstraint(
                condition=Q(spent_usd__gte=0, held_usd__gte=0), name="gateway_period_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.begins_at.astimezone(UTC):%Y-%m-%d}"


class BudgetSlice(models.Model):
    """What one process may spend of a period from its memory, leased.

    `settled_usd` is what the process has told of spending since it took the slice, so that telling
    it twice counts once; `amount_usd` is what is still out.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="slices")
    owner = models.CharField(max_length=80)  # a process
    amount_usd = _usd()
    settled_usd = _usd()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "owner"], name="gateway_slice_once"),
            models.CheckConstraint(
                condition=Q(amount_usd__gte=0, settled_usd__gte=0),
                name="gateway_slice_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.amount_usd}"


class MoneyRules(models.Model):
    """How a workspace counts money; without its one row the defaults hold."""

    class Unpriced(models.TextChoices):
        REFUSE = "refuse", "Refuse the call"
        ASSUME = "assume", "Count it by an assumed price"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC")  # in which days begin
    # What becomes of a call to a model without a known price, where a budget applies.
    unpriced = models.CharField(max_length=6, choices=Unpriced, default=Unpriced.REFUSE)
    # Dollars for a million tokens.
    assumed_input_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(5))
    assumed_output_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(25))
    # The longest answer of a call that names no limit, where a budget applies.
    answer_tokens = models.PositiveIntegerField(default=8192)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="gateway_one_money_rules"),
            models.CheckConstraint(
                condition=Q(assumed_input_usd__gte=0, assumed_output_usd__gte=0, answer_tokens__gt=0),
                name="gateway_assumed_not_negative",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.time_zone

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days begin."""
        return ZoneInfo(self.time_zone)
