"""Triggers, and what came of each time one fired."""

from functools import cached_property
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.runs.models import Run
from apps.triggers.configs import CONFIGS, Config, EventConfig, ScheduleConfig, WebhookConfig
from apps.workflows.models import Workflow


class TriggerQuerySet(models.QuerySet["Trigger"]):
    """Reads of triggers; every method returns a queryset."""

    def matching(self, text: str) -> Self:
        """Keep those with the text in their name, path or workflow's name."""
        words = text.strip()
        found = Q(name__icontains=words) | Q(workflow__name__icontains=words)
        return self.filter(found | Q(path__icontains=words)) if words else self

    def with_last(self) -> Self:
        """Add what came of the newest delivery, and when that was."""
        newest = Delivery.objects.filter(trigger=OuterRef("pk")).order_by("-created_at", "-id")
        return self.annotate(
            last_outcome=Subquery(newest.values("outcome")[:1]),
            last_at=Subquery(newest.values("created_at")[:1]),
            last_run=Subquery(newest.values("run")[:1]),
            last_run_status=Subquery(newest.values("run__status")[:1]),
        )


class Trigger(TimestampedModel):
    """Something outside a workflow that starts its published version, in one person's name."""

    class Kind(models.TextChoices):
        SCHEDULE = "schedule"
        WEBHOOK = "webhook"
        EVENT = "event"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="triggers")
    config = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    # Why the product switched it off; empty when a person did, or nobody.
    paused_reason = models.CharField(max_length=300, blank=True)
    # Whose rights its runs use: whoever last said what it does.
    run_as = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="triggers")
    path = models.CharField(max_length=120, blank=True)  # of a webhook, below /hooks/
    secret = models.TextField(blank=True)  # sealed
    next_at = models.DateTimeField(null=True)  # when a schedule fires next, jitter left out
    since = models.DateTimeField(null=True)  # from when the intervals of a schedule count
    # Until when one person listens on the test address.
    test_until = models.DateTimeField(null=True)
    test_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TriggerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["path"], condition=~Q(path=""), name="triggers_path_once"
            )
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="triggers_recent"),
            models.Index(
                fields=["kind"], condition=Q(kind="event", enabled=True), name="triggers_of_events"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def settings(self) -> Config:
        """The config, checked."""
        return CONFIGS[self.kind].model_validate(self.config)

    @property
    def schedule(self) -> ScheduleConfig:
        """The config of a schedule."""
        assert isinstance(self.settings, ScheduleConfig)
        return self.settings

    @property
    def webhook(self) -> WebhookConfig:
        """The config of a webhook."""
        assert isinstance(self.settings, WebhookConfig)
        return self.settings

    @property
    def event(self) -> EventConfig:
        """The config of an event trigger."""
        assert isinstance(self.settings, EventConfig)
        return self.settings

    @property
    def secret_context(self) -> str:
        """What its sealed secret is bound to."""
        return f"trigger:{self.pk}"

    @property
    def state(self) -> str:
        """`active`, `paused` by the product, or `disabled` by a person."""
        if self.enabled:
            return "active"
        return "paused" if self.paused_reason else "disabled"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reads of deliveries; every method returns a queryset."""

    def unfinished(self) -> Self:
        """Keep those whose run goes on."""
        return self.filter(outcome=Delivery.Outcome.STARTED).exclude(run__status__in=Run.FINISHED)

    def settled(self) -> Self:
        """Keep those of which nothing follows any more."""
        over = self.filter(Q(run=None) | Q(run__status__in=Run.FINISHED))
        return over.exclude(outcome=Delivery.Outcome.PENDING)


class Delivery(TimestampedModel):
    """One time that a trigger was asked to start a run, and what came of it."""

    class Outcome(models.TextChoices):
        PENDING = "pending"  # is being started, or waits for its turn
        STARTED = "started"
        DUPLICATE = "duplicate"
        SKIPPED = "skipped"
        REFUSED = "refused"

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="deliveries")
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.PENDING)
    reason = models.CharField(max_length=300, blank=True)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    fire_at = models.DateTimeField(null=True)  # of a schedule
    # What the start step is offered: of a webhook the request, of an event what happened.
    payload = models.JSONField(default=dict)
    # Whether all of the payload is here, so that it can be sent again.
    is_whole = models.BooleanField(default=True)
    # By what a repeat shows that it is one, where it shows nothing else: see `webhooks`.
    digest = models.CharField(max_length=64, default="", db_default="")
    is_test = models.BooleanField(default=False)
    replay_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="replays"
    )
    replayed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # How many event triggers lie before it in a row.
    depth = models.PositiveSmallIntegerField(default=0)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["trigger", "-created_at"], name="triggers_deliveries")]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.trigger_id} {self.outcome}"

    @property
    def state(self) -> str:
        """What lists show: the state of the run it started, else its outcome."""
        started: Any = self.run if self.outcome == self.Outcome.STARTED else None
        return str(started.status) if started else self.outcome

    @property
    def dedupe_key(self) -> str:
        """What makes its run one of a kind: of a schedule the fire time."""
        if self.fire_at and not self.replay_of_id:
            return f"schedule:{self.trigger_id}:{int(self.fire_at.timestamp())}"
        return f"delivery:{self.pk}"

    @property
    def can_be_replayed(self) -> bool:
        """Whether everything is there that a repeat needs."""
        return self.is_whole and self.outcome != self.Outcome.PENDING
