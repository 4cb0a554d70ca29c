"""Endpoints of providers, routes, prices, the ledger and usage."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.gateway import filters, services
from apps.gateway.api.serializers import (
    CallSerializer,
    ImportedModelsSerializer,
    NewProviderSerializer,
    ProviderChangeSerializer,
    ProviderSerializer,
    TrialSerializer,
    TrySerializer,
    UsageSerializer,
)
from apps.gateway.costs import month, savings
from apps.gateway.costs.summing import Summed
from apps.gateway.exceptions import ModelsUnknown
from apps.gateway.models import LlmCall, LlmCallQuerySet, Provider
from apps.gateway.providers import importing

MANAGED = {
    "GET": "provider.view",
    "POST": "provider.manage",
    "PATCH": "provider.manage",
    "DELETE": "provider.manage",
}
PERIOD = [
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="From this time or day on."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Before this time or day."),
]
LEDGER = [
    OpenApiParameter("q", str, description="Part of a model's name, an error's code, a request."),
    OpenApiParameter("route", str),
    OpenApiParameter("provider", str, description="Its slug."),
    OpenApiParameter("model", str, description="Its whole name."),
    OpenApiParameter("task", str, description="What it was asked for, such as classify."),
    OpenApiParameter("status", str, enum=LlmCall.Status.values),
    OpenApiParameter("cache", str, enum=LlmCall.Cache.values),
    OpenApiParameter("run", OpenApiTypes.UUID),
    OpenApiParameter("workflow", OpenApiTypes.UUID, description="Whose runs asked."),
    OpenApiParameter("member", OpenApiTypes.UUID, description="On whose behalf it was asked."),
    OpenApiParameter("key", OpenApiTypes.UUID, description="Of an API key."),
    OpenApiParameter("credential", OpenApiTypes.UUID, description="Of a provider's key."),
    *PERIOD,
]


class ProviderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[Provider]):
    """Who answers calls to models."""

    queryset = Provider.objects.with_keys()
    serializer_class = ProviderSerializer
    permission_required: ClassVar = MANAGED

    @extend_schema(request=NewProviderSerializer, responses={201: ProviderSerializer})
    def create(self, request: Request) -> Response:
        """Connect a provider; the key is kept encrypted and never shown again."""
        provider = services.add_provider(actor=self.actor, **self.asked(NewProviderSerializer))
        return Response(ProviderSerializer(provider).data, status=HTTPStatus.CREATED)

    @extend_schema(request=ProviderChangeSerializer, responses=ProviderSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a provider; a key does not follow to another address."""
        provider = self.get_object()
        changes = self.asked(ProviderChangeSerializer)
        changed = services.update_provider(provider, actor=self.actor, changes=changes)
        return Response(ProviderSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a provider and its keys."""
        services.delete_provider(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=TrySerializer, responses=TrialSerializer)
    @action(detail=True, methods=["POST"], url_path="test")
    def try_(self, request: Request, pk: str) -> Response:
        """Make a small real call and say how it went."""
        provider = self.get_object()
        trial = services.try_provider(provider, actor=self.actor, **self.asked(TrySerializer))
        return Response(TrialSerializer(trial).data)

    @extend_schema(request=None, responses=ImportedModelsSerializer)
    @action(detail=True, methods=["POST"], url_path="import-models")
    def import_models(self, request: Request, pk: str) -> Response:
        """Ask a provider for its models, a LiteLLM proxy for their prices too, and keep both."""
        try:
            done = importing.import_models(self.get_object(), actor=self.actor)
        except ModelsUnknown as error:
            return Response({"models": 0, "prices": 0, "problem": error.detail})
        return Response(vars(done))


class CallViewSet(mixins.ListModelMixin, TenantViewSet[LlmCall]):
    """The ledger: one row for each call, also for those that failed."""

    queryset = LlmCall.objects.all()
    serializer_class = CallSerializer
    permission_required: ClassVar = {"GET": "usage.view"}

    def get_queryset(self) -> QuerySet[LlmCall]:
        queryset = super().get_queryset()
        assert isinstance(queryset, LlmCallQuerySet)
        return filters.filtered(queryset, self.request.query_params)

    @extend_schema(parameters=LEDGER)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List calls, newest first."""
        return super().list(request, *args, **kwargs)


class UsageView(TenantAPIView):
    """What calls to models took and cost."""

    permission_required = {"GET": "usage.view"}

    @extend_schema(parameters=PERIOD, responses=UsageSerializer, operation_id="usage")
    def get(self, request: Request) -> Response:
        """Return sums of a period, by day, route and provider; without one, of this month."""
        since, until = filters.period(request.query_params)
        calls = policies.visible(self.actor, LlmCall.objects.between(since, until))
        sums = Summed(calls)
        usage = {
            "since": since,
            "until": until,
            "total": sums.total,
            "by_day": sums.by_day,
            "by_route": sums.by_route,
            "by_provider": sums.by_provider,
            "month": month.of(policies.visible(self.actor, LlmCall.objects.all()), timezone.now()),
            "savings": savings.of(calls),
        }
        return Response(UsageSerializer(usage).data)
