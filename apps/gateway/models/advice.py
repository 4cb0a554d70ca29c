"""What the advisor found: a cheaper target that a route could ask first, with its evidence."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.common.ids import uuid7


class AdviceQuerySet(models.QuerySet["Advice"]):
    """Reads of advice."""

    def about(self, text: str) -> Self:
        """Keep what is about a route, a provider or a model."""
        return self.filter(
            Q(route__alias__icontains=text) | Q(provider__icontains=text) | Q(model__icontains=text)
        )


class Advice(models.Model):
    """One piece of advice about a route; found again each night, it is the same row."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        APPLIED = "applied", "Applied"
        UNDONE = "undone", "Undone"
        DISMISSED = "dismissed", "Dismissed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    route = models.ForeignKey("gateway.ModelRoute", on_delete=models.CASCADE, related_name="advice")
    provider = models.CharField(max_length=63)
    model = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    route_version = models.PositiveIntegerField()  # that it was found for
    applied_version = models.PositiveIntegerField(null=True)
    classes = ArrayField(models.CharField(max_length=40))  # of calls that it is about
    steps = ArrayField(models.CharField(max_length=63), default=list)
    calls = models.PositiveIntegerField()  # in the last 30 days
    now_usd = models.DecimalField(max_digits=18, decimal_places=10)
    then_usd = models.DecimalField(max_digits=18, decimal_places=10)
    saved_usd = models.DecimalField(max_digits=18, decimal_places=10)
    checked = models.PositiveIntegerField()  # answers of the target, lately
    passed = models.FloatField()  # the share of them that held
    low = models.FloatField()  # between these it is, with 9 to 1
    high = models.FloatField()
    floor = models.FloatField()
    reason = models.CharField(max_length=300, blank=True)  # why it was dismissed
    decided_by = models.CharField(max_length=200, blank=True)  # as people know them
    decided_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(default=timezone.now)

    objects = AdviceQuerySet.as_manager()

    class Meta:
        ordering = ["-saved_usd", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["route", "provider", "model"], name="gateway_advice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider}/{self.model} first on {self.route.alias}"

    def decide(self, status: str, *, by: str, reason: str = "") -> None:
        """Note what somebody did with it."""
        self.status, self.decided_by, self.reason = status, by[:200], reason[:300]
        self.decided_at = timezone.now()
        self.save()
