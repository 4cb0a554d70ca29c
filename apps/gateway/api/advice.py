"""Endpoints of the advisor: what would be cheaper, and what people do with that."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.common.pagination import ListPagination
from apps.gateway.advisor import services
from apps.gateway.advisor.filters import filtered
from apps.gateway.models import Advice, AdviceQuerySet

FILTERS = [
    OpenApiParameter("q", str, description="A part of the route, the provider or the model."),
    OpenApiParameter("status", str, enum=Advice.Status.values),
    OpenApiParameter("route", str, description="The alias of a route."),
]


class AdviceSerializer(serializers.ModelSerializer[Advice]):
    """A cheaper target that a route could ask first; figures are of the last 30 days.

    `passed` is the share of its checked answers that held, between `low` and `high` with 9 to 1.
    """

    route = serializers.CharField(source="route.alias")

    class Meta:
        model = Advice
        fields = [
            "id", "route", "provider", "model", "status", "route_version", "applied_version", "classes",
            "steps", "calls", "now_usd", "then_usd", "saved_usd", "checked", "passed", "low", "high", "floor",
            "reason", "decided_by", "decided_at", "found_at",
        ]  # fmt: skip
        read_only_fields = fields


class DismissalSerializer(serializers.Serializer[Any]):
    """Why advice is not taken."""

    reason = serializers.CharField(max_length=300)


class AdviceViewSet(mixins.RetrieveModelMixin, TenantViewSet[Advice]):
    """What the advisor found, the largest saving first."""

    queryset = Advice.objects.select_related("route")
    serializer_class = AdviceSerializer
    pagination_class = ListPagination
    permission_required: ClassVar = {"GET": "usage.view", "POST": "provider.manage"}

    @extend_schema(parameters=FILTERS, responses=AdviceSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the advice, the largest saving first."""
        seen = self.get_queryset()
        assert isinstance(seen, AdviceQuerySet)
        kept = filtered(seen, request.query_params)
        return ListPagination.answer(request, list(kept), AdviceSerializer)

    @extend_schema(request=None, responses=AdviceSerializer)
    @action(detail=True, methods=["POST"])
    def apply(self, request: Request, pk: str) -> Response:
        """Make it a new version of its route."""
        advice = self.get_object()
        services.apply_advice(advice, actor=self.actor)
        return self._shown(advice)

    @extend_schema(request=None, responses=AdviceSerializer)
    @action(detail=True, methods=["POST"])
    def undo(self, request: Request, pk: str) -> Response:
        """Make the version from before the newest again."""
        advice = self.get_object()
        services.undo_advice(advice, actor=self.actor)
        return self._shown(advice)

    @extend_schema(request=DismissalSerializer, responses=AdviceSerializer)
    @action(detail=True, methods=["POST"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """Hear no more of it for 90 days."""
        asked = self.asked(DismissalSerializer)
        advice = self.get_object()
        services.dismiss_advice(advice, actor=self.actor, **asked)
        return self._shown(advice)

    def _shown(self, advice: Advice) -> Response:
        advice.refresh_from_db()
        return Response(AdviceSerializer(advice).data)
