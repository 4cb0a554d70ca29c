"""Endpoints of routes: their versions, a decision without a call, and what may be asked at all."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.errors import NotFound
from apps.gateway import services
from apps.gateway.api.route_serializers import (
    AllowedSerializer,
    ExplanationSerializer,
    NewRouteSerializer,
    QuestionSerializer,
    RestoreSerializer,
    RouteChangeSerializer,
    RouteSerializer,
    RouteVersionSerializer,
)
from apps.gateway.api.views import MANAGED
from apps.gateway.models import AllowList, LlmCall, ModelRoute
from apps.gateway.route_pages import explaining

MOST_VERSIONS = 100  # that are listed


class RouteViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[ModelRoute]):
    """The names that steps call, and what each leads to."""

    queryset = ModelRoute.objects.prefetch_related("targets__provider")
    serializer_class = RouteSerializer
    lookup_field = "alias"
    permission_required: ClassVar = MANAGED

    @extend_schema(request=NewRouteSerializer, responses={201: RouteSerializer})
    def create(self, request: Request) -> Response:
        """Make a route; its targets are tried in order."""
        route = services.save_route(None, actor=self.actor, **self.asked(NewRouteSerializer))
        return Response(RouteSerializer(route).data, status=HTTPStatus.CREATED)

    @extend_schema(request=RouteChangeSerializer, responses=RouteSerializer)
    def partial_update(self, request: Request, alias: str) -> Response:
        """Change description or targets; each change of targets is a new version."""
        route = self.get_object()
        changed = services.save_route(route, actor=self.actor, **self.asked(RouteChangeSerializer))
        return Response(RouteSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, alias: str) -> Response:
        """Remove a route that no step needs by default."""
        services.delete_route(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=RouteVersionSerializer(many=True))
    @action(detail=True, methods=["GET"], pagination_class=None)
    def versions(self, request: Request, alias: str) -> Response:
        """List what the route was lately, newest first."""
        return Response(
            RouteVersionSerializer(self.get_object().versions.all()[:MOST_VERSIONS], many=True).data
        )

    @extend_schema(request=RestoreSerializer, responses=RouteSerializer)
    @action(detail=True, methods=["POST"])
    def restore(self, request: Request, alias: str) -> Response:
        """Make an earlier version the newest."""
        route = self.get_object()
        number = self.asked(RestoreSerializer)["version"]
        restored = services.restore_route(route, number, actor=self.actor)
        return Response(RouteSerializer(restored).data)

    @extend_schema(request=QuestionSerializer, responses=ExplanationSerializer)
    @action(detail=True, methods=["POST"])
    def decide(self, request: Request, alias: str) -> Response:
        """Say which target a call would go to and why, what it would cost and take. Nobody is asked."""
        route = self.get_object()
        serializer = QuestionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ask = serializer.ask(route)
        found = explaining.dry_decision(route, actor=self.actor, ask=ask)
        return Response(ExplanationSerializer(found).data)


class AllowedView(TenantAPIView):
    """Which models may be asked at all."""

    permission_required = {"GET": "provider.view", "PUT": "provider.manage"}

    @extend_schema(responses=AllowedSerializer, operation_id="gateway_allowed_retrieve")
    def get(self, request: Request) -> Response:
        """Return the lists; empty ones allow all."""
        found = policies.visible(self.actor, AllowList.objects.all()).first() or AllowList()
        return Response(AllowedSerializer(found).data)

    @extend_schema(
        request=AllowedSerializer,
        responses=AllowedSerializer,
        operation_id="gateway_allowed_update",
    )
    def put(self, request: Request) -> Response:
        """Set the lists, for every call from now on."""
        found = services.allow_models(actor=self.actor, **self.asked(AllowedSerializer))
        return Response(AllowedSerializer(found).data)


class DecisionView(TenantAPIView):
    """Why a call went where it went."""

    permission_required = {"GET": "usage.view"}

    @extend_schema(responses=ExplanationSerializer, operation_id="gateway_calls_decision")
    def get(self, request: Request, call_id: str) -> Response:
        """Return the decision that is kept with a call, with all that it was made from."""
        calls: QuerySet[LlmCall] = LlmCall.objects.all()
        found = explaining.explanation_of(policies.find(self.actor, calls, pk=call_id))
        if found is None:
            raise NotFound("This call is from before decisions were kept.")
        return Response(ExplanationSerializer(found).data)
