"""Providers with their sealed keys, routes with their targets, prices, and the ledger of calls."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.common.ids import uuid7
from apps.common.models import TimestampedModel
from apps.common.types import JSONDict
from apps.gateway.models.advice import Advice, AdviceQuerySet
from apps.gateway.models.budgets import (
    Budget,
    BudgetPeriod,
    BudgetQuerySet,
    BudgetSlice,
    MoneyRules,
)
from apps.gateway.models.guards import GuardDefaults
from apps.gateway.models.kept import KeptBody, KeptBodyQuerySet
from apps.gateway.models.prices import ModelPrice, ModelPriceQuerySet, best_price
from apps.gateway.models.prompts import Prompt, PromptLabel, PromptQuerySet, PromptVersion
from apps.gateway.models.providers import (
    MOST_CALLS,
    MOST_KEYS,
    NAME,
    Credential,
    Provider,
    ProviderQuerySet,
)
from apps.gateway.models.quality import TaskQuality, TaskQualityQuerySet
from apps.gateway.models.virtual_keys import VirtualKey

__all__ = [
    "ACCEPTED_ERROR",
    "MOST_CACHED_S",
    "MOST_CALLS",
    "MOST_KEYS",
    "NAME",
    "Advice",
    "AdviceQuerySet",
    "AllowList",
    "Budget",
    "BudgetPeriod",
    "BudgetQuerySet",
    "BudgetSlice",
    "Credential",
    "Endpoint",
    "GuardDefaults",
    "KeptBody",
    "KeptBodyQuerySet",
    "LlmCall",
    "LlmCallQuerySet",
    "ModelPrice",
    "ModelPriceQuerySet",
    "ModelRoute",
    "MoneyRules",
    "Prompt",
    "PromptLabel",
    "PromptQuerySet",
    "PromptVersion",
    "Provider",
    "ProviderQuerySet",
    "RouteTarget",
    "RouteVersion",
    "TaskQuality",
    "TaskQualityQuerySet",
    "VirtualKey",
    "best_price",
]  # fmt: skip

MOST_CACHED_S = 30 * 24 * 3600  # for which an answer may be given again
ACCEPTED_ERROR = 0.005  # of answers to questions in other words


class ModelRoute(TimestampedModel):
    """A name that steps call, and what it leads to: the newest of its versions."""

    alias = models.CharField(max_length=63, unique=True, validators=[NAME])
    description = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    # How long an answer is given again to the same question; null: never.
    cache_ttl_s = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_CACHED_S)]
    )
    # Whether that holds, too, where the temperature lets answers differ.
    cache_varied = models.BooleanField(default=False)
    # Whether what a workflow asks each time is asked anew before a schedule of it fires.
    cache_ahead = models.BooleanField(default=False)
    cache_epoch = models.PositiveIntegerField(default=0)  # one more forgets what was kept
    # What tells whether questions are alike, a route or `provider/model`; empty: only the same are.
    cache_embedder = models.CharField(max_length=264, blank=True)
    cache_error = models.FloatField(
        default=ACCEPTED_ERROR
    )  # share of such answers that may be wrong
    policy = models.JSONField(default=dict, blank=True)  # what `routes.policy.Policy` says

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.alias


class RouteTarget(models.Model):
    """One of the models that a route leads to: those of the lowest order are asked first.

    What is stated of it (context, capabilities, region, quality) is what a policy can ask for.
    """

    class Role(models.TextChoices):
        MAIN = "main", "Main"
        CANARY = "canary", "Canary"  # its weight is the share of calls that it gets, in percent
        CHEAP = "cheap", "Cheap"  # asked last where nothing can check its answer

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    route = models.ForeignKey(ModelRoute, on_delete=models.CASCADE, related_name="targets")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="targets")
    model = models.CharField(max_length=200)
    params = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField()
    order = models.PositiveSmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=10, choices=Role, default=Role.MAIN)
    context_tokens = models.PositiveIntegerField(null=True, blank=True)
    capabilities = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    region = models.CharField(max_length=40, blank=True)
    quality = models.FloatField(null=True, blank=True)  # 0 to 1, by the workspace's own measure

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["route", "position"], name="gateway_target_order")
        ]

    def __str__(self) -> str:
        return f"{self.provider.slug}/{self.model}"


class RouteVersion(models.Model):
    """What a route was at one time: never altered, so that a call's version can be looked up."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    route = models.ForeignKey(ModelRoute, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    settings = models.JSONField()  # {targets, policy}
    author = models.CharField(max_length=200, blank=True)  # as people know them, no foreign key
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["route", "number"], name="gateway_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.route.alias}@{self.number}"


class AllowList(models.Model):
    """The models and regions that may be asked at all in this workspace; an empty list allows all."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    patterns = ArrayField(models.CharField(max_length=264), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return "Allowed models"


class LlmCallQuerySet(models.QuerySet["LlmCall"]):
    """Reads of the ledger."""

    def of_run(self, run_id: UUID | str) -> Self:
        """Keep the calls of a run."""
        return self.filter(run_id=run_id)

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Keep the calls from `since` until before `until`."""
        kept = self
        if since is not None:
            kept = kept.filter(created_at__gte=since)
        return kept if until is None else kept.filter(created_at__lt=until)

    def totals(self) -> JSONDict:
        """Return calls, failures, tokens and cost; `unpriced` calls have no known price."""
        return self.aggregate(**SUMS)

    def choosing(self) -> JSONDict:
        """Return what calls with a choice cost, beside a random one of their targets and the dearest.

        `checked` of their answers could be checked, `held` of those did hold.
        """
        return self.exclude(mix_usd=None).aggregate(**_CHOOSING)

    def totals_by(self, *fields: str) -> Any:
        """Return the same for each value of the fields, the dearest first."""
        return self.order_by().values(*fields).annotate(**SUMS).order_by("-cost_usd", "-calls")

    def totals_by_day(self, *fields: str) -> Any:
        """Return the same for each day of the current time zone and value of the fields, the oldest first."""
        days = self.order_by().annotate(
            day=TruncDate("created_at", tzinfo=timezone.get_current_timezone())
        )
        return days.values("day", *fields).annotate(**SUMS).order_by("day")


SUMS: dict[str, Any] = {
    "calls": Count("pk"),
    "failed": Count("pk", filter=~Q(status="ok")),
    "unpriced": Count("pk", filter=Q(status="ok", cost_usd=None)),
    "input_tokens": Sum("input_tokens", default=0),
    "output_tokens": Sum("output_tokens", default=0),
    "cost_usd": Sum("cost_usd", default=Decimal(0)),
    "saved_usd": Sum("saved_usd", default=Decimal(0)),
    "hits": Count("pk", filter=Q(cache__in=("hit", "semantic"))),
}


_CHOOSING: dict[str, Any] = {
    "calls": Count("pk"),
    "cost_usd": Sum("cost_usd", default=Decimal(0)),
    "mix_usd": Sum("mix_usd", default=Decimal(0)),
    "dearest_usd": Sum("dearest_usd", default=Decimal(0)),
    "checked": Count("pk", filter=Q(verdict__in=("passed", "failed"))),
    "held": Count("pk", filter=Q(verdict="passed")),
}


class Endpoint(models.TextChoices):
    """What a call asks for, by the last part of its address."""

    CHAT = "chat", "Chat"
    EMBEDDINGS = "embeddings", "Embeddings"
    RESPONSES = "responses", "Responses"
    MESSAGES = "messages", "Messages"
    COUNT = "count_tokens", "Count of tokens"
    RERANK = "rerank", "Rerank"
    MODERATIONS = "moderations", "Moderation"


class LlmCall(models.Model):
    """One call, however many targets it tried. Words are not kept, only figures."""

    class Status(models.TextChoices):
        OK = "ok"
        ERROR = "error"
        CANCELLED = "cancelled"

    class Cache(models.TextChoices):
        MISS = "miss", "Asked"
        HIT = "hit", "From the cache"
        SEMANTIC = "semantic", "Semantic hit"

    class Verdict(models.TextChoices):
        PASSED = "passed", "Passed its check"
        FAILED = "failed", "Failed its check"
        OPEN = "open", "Could not be checked"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request_id = models.CharField(max_length=36)
    run_id = models.UUIDField(null=True)  # no foreign key: runs live above
    node_id = models.CharField(max_length=63, blank=True)
    workflow_id = models.UUIDField(null=True)  # of that run: no foreign key either
    # Who asked over /v1: no foreign keys, so that a row can be written without looking anything up.
    key_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    endpoint = models.CharField(max_length=20, choices=Endpoint, default=Endpoint.CHAT)
    route = models.CharField(max_length=80, blank=True)
    route_version = models.PositiveIntegerField(null=True)
    task = models.CharField(max_length=20, blank=True)
    # Its class, by which what is learnt of models is kept: the task, and the answer's form.
    task_class = models.CharField(max_length=40, blank=True)
    prompt = models.CharField(max_length=80, blank=True)  # of the library, as slug@number
    provider = models.CharField(max_length=63, blank=True)
    model = models.CharField(max_length=200, blank=True)
    credential_id = models.UUIDField(null=True)  # the key that the provider was shown
    status = models.CharField(max_length=10, choices=Status)
    error_code = models.CharField(max_length=40, blank=True)
    attempts = models.JSONField(default=list)  # [{provider, model, error, ms}], in order
    decision = models.JSONField(
        default=dict
    )  # what `routes.decision` chose from, and what it chose
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)  # of the input, at the provider
    reasoning_tokens = models.PositiveIntegerField(default=0)  # of the output
    tokens_estimated = models.BooleanField(default=False)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=10, null=True)  # null: unknown
    # What it would have cost at a random one of the targets that could take it, and at the dearest:
    # null where there was no choice, or where not all prices are known.
    mix_usd = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    dearest_usd = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    # What the check of its answer said; empty: none was made. `explored`: to learn about a target.
    verdict = models.CharField(max_length=6, choices=Verdict, blank=True)
    explored = models.BooleanField(default=False)
    cache = models.CharField(max_length=8, choices=Cache, blank=True)  # empty: nothing is kept
    cache_name = models.CharField(max_length=64, blank=True)  # of the kept answer
    similarity = models.FloatField(null=True)  # of the question that it was kept for, if another
    saved_usd = models.DecimalField(max_digits=18, decimal_places=10, null=True)  # by a hit
    guards = models.JSONField(default=list)  # [{place, kind, action, count}], never what was found
    # Classes of data that the prompt of a run's step did not hold, because the route minds.
    withheld = models.JSONField(default=list)
    latency_ms = models.PositiveIntegerField(default=0)
    ttft_ms = models.PositiveIntegerField(null=True)
    streamed = models.BooleanField(default=False)
    builtin = models.BooleanField(default=False)
    idempotency_key = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LlmCallQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        # Those by which days are added up hold what a call cost: its row, which is wide, is not read.
        indexes = [
            models.Index(
                fields=["-created_at", "-id"], include=["cost_usd"], name="gateway_calls_newest"
            ),
            models.Index(fields=["route", "-created_at"], name="gateway_calls_by_route"),
            models.Index(fields=["provider", "-created_at"], name="gateway_calls_by_provider"),
            models.Index(fields=["run_id"], name="gateway_calls_by_run"),
            models.Index(
                fields=["credential_id", "-created_at"],
                name="gateway_calls_by_credential",
                condition=~Q(credential_id=None),
            ),
            models.Index(
                fields=["key_id", "-created_at"],
                include=["cost_usd"],
                name="gateway_calls_by_key",
                condition=~Q(key_id=None),
            ),
            models.Index(
                fields=["workflow_id", "-created_at"],
                include=["cost_usd"],
                name="gateway_calls_by_workflow",
                condition=~Q(workflow_id=None),
            ),
            models.Index(
                fields=["user_id", "-created_at"],
                include=["cost_usd"],
                name="gateway_calls_by_member",
                condition=~Q(user_id=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.created_at:%Y-%m-%d %H:%M:%S}"

    @property
    def prompt_slug(self) -> str:
        """The prompt of the library that was used, without the number of its version."""
        return self.prompt.partition("@")[0]
