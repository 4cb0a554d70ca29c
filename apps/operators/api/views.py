"""The endpoints of the platform API."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.dispatch import operations
from apps.dispatch.operations import Quotas
from apps.operators import facts, services
from apps.operators.api.authentication import HasScope, PlatformKeyAuthentication
from apps.operators.api.serializers import (
    LimitsSerializer,
    NewWorkspaceSerializer,
    OwnerSerializer,
    ReasonSerializer,
    WorkspaceDetailSerializer,
    WorkspaceSerializer,
)
from apps.operators.scopes import CREATE, LIMIT, READ, SUSPEND
from apps.tenants.models import Tenant

FILTERS = [
    OpenApiParameter("q", str, description="A part of the name or slug."),
    OpenApiParameter("status", str, enum=Tenant.Status.values),
]


class PlatformAPIView(TenantAPIView):
    """Platform key, declared scope, throttle and Idempotency-Key, in the public scope."""

    authentication_classes = [PlatformKeyAuthentication]
    permission_classes = [HasScope]


class WorkspaceViewSet(mixins.ListModelMixin, PlatformAPIView, viewsets.GenericViewSet[Tenant]):
    """The workspaces of the installation."""

    queryset = Tenant.objects.all()
    serializer_class = WorkspaceSerializer
    lookup_field, lookup_url_kwarg, lookup_value_converter = "slug", "slug", "slug"
    permission_required: ClassVar = {"GET": READ, "POST": CREATE}

    def get_queryset(self) -> QuerySet[Tenant]:
        found = super().get_queryset()
        if self.action != "list":
            return found
        text, status = (self.request.query_params.get(name, "") for name in ("q", "status"))
        if status in Tenant.Status.values:
            found = found.filter(status=status)
        return found.filter(Q(name__icontains=text) | Q(slug__icontains=text)) if text else found

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the workspaces, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=WorkspaceDetailSerializer)
    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a workspace with what it uses and what it may."""
        return self._told(self.get_object())

    @extend_schema(request=NewWorkspaceSerializer, responses={201: WorkspaceSerializer})
    def create(self, request: Request) -> Response:
        """Make a workspace and invite its first owner by mail."""
        asked = self._asked(NewWorkspaceSerializer)
        tenant = services.open_workspace(**asked, actor=self.actor)
        return Response(WorkspaceSerializer(tenant).data, status=HTTPStatus.CREATED)

    @extend_schema(request=OwnerSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="owner")
    def owner(self, request: Request, slug: str) -> Response:
        """Invite the first owner again, or somebody else; the link before stops working."""
        services.invite_owner(self.get_object(), **self._asked(OwnerSerializer), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=LimitsSerializer, responses=WorkspaceDetailSerializer, methods=["PATCH"])
    @action(detail=True, methods=["patch"], url_path="limits", permission_required={"PATCH": LIMIT})
    def limits(self, request: Request, slug: str) -> Response:
        """Change what a workspace may take up; what is not named stays."""
        tenant = self.get_object()
        serializer = LimitsSerializer(operations.load_of(tenant), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        load = operations.load_of(tenant)
        names = LimitsSerializer.Meta.fields
        wanted = {name: getattr(load, name) for name in names} | serializer.validated_data
        operations.set_quotas(tenant, Quotas(**wanted), actor=self.actor)
        return self._told(tenant)

    @extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer)
    @action(detail=True, methods=["post"], permission_required={"POST": SUSPEND})
    def suspend(self, request: Request, slug: str) -> Response:
        """Close a workspace within five seconds; nothing of it is lost. Repeatable."""
        asked = self._asked(ReasonSerializer)
        tenant = services.suspend(self.get_object(), **asked, actor=self.actor)
        return Response(WorkspaceSerializer(tenant).data)

    @extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer)
    @action(detail=True, methods=["post"], permission_required={"POST": SUSPEND})
    def resume(self, request: Request, slug: str) -> Response:
        """Open a suspended workspace again. Repeatable."""
        asked = self._asked(ReasonSerializer)
        tenant = services.resume(self.get_object(), **asked, actor=self.actor)
        return Response(WorkspaceSerializer(tenant).data)

    def _asked(self, serializer_class: type[Any]) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        asked: dict[str, Any] = serializer.validated_data
        return asked

    def _told(self, tenant: Tenant) -> Response:
        load = facts.load_now(tenant)
        shown: Any = tenant
        shown.usage, shown.load, shown.limits = facts.facts_of(tenant), load, load
        return Response(WorkspaceDetailSerializer(shown).data)
