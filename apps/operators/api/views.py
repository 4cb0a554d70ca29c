"""The endpoints of the platform API."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.common.errors import Invalid, NotFound
from apps.dispatch import operations
from apps.dispatch.operations import Quotas
from apps.operators import ends, facts, services
from apps.operators.api.authentication import HasScope, PlatformKeyAuthentication
from apps.operators.api.serializers import (
    CertificateSerializer,
    DeletionSerializer,
    LimitsSerializer,
    NewDeletionSerializer,
    NewWorkspaceSerializer,
    OwnerSerializer,
    ReasonSerializer,
    WorkspaceDetailSerializer,
    WorkspaceSerializer,
)
from apps.operators.certificates import is_genuine
from apps.operators.models import Deletion
from apps.operators.scopes import CREATE, DELETE, LIMIT, READ, SUSPEND
from apps.tenants.models import Tenant

FILTERS = [
    OpenApiParameter("q", str, description="A part of the name or slug."),
    OpenApiParameter("status", str, enum=Tenant.Status.values),
]

ENDS = [
    OpenApiParameter("q", str, description="A part of the name or slug."),
    OpenApiParameter("state", str, enum=Deletion.State.values),
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
        asked = self.asked(NewWorkspaceSerializer)
        tenant = services.open_workspace(**asked, actor=self.actor)
        return Response(WorkspaceSerializer(tenant).data, status=HTTPStatus.CREATED)

    @extend_schema(request=OwnerSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="owner")
    def owner(self, request: Request, slug: str) -> Response:
        """Invite the first owner again, or somebody else; the link before stops working."""
        services.invite_owner(self.get_object(), **self.asked(OwnerSerializer), actor=self.actor)
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
        asked = self.asked(ReasonSerializer)
        tenant = services.suspend(self.get_object(), **asked, actor=self.actor)
        return Response(WorkspaceSerializer(tenant).data)

    @extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer)
    @action(detail=True, methods=["post"], permission_required={"POST": SUSPEND})
    def resume(self, request: Request, slug: str) -> Response:
        """Open a suspended workspace again. Repeatable."""
        asked = self.asked(ReasonSerializer)
        tenant = services.resume(self.get_object(), **asked, actor=self.actor)
        return Response(WorkspaceSerializer(tenant).data)

    def _told(self, tenant: Tenant) -> Response:
        load = facts.load_now(tenant)
        shown: Any = tenant
        shown.usage, shown.load, shown.limits = facts.facts_of(tenant), load, load
        return Response(WorkspaceDetailSerializer(shown).data)


class DeletionViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    PlatformAPIView,
    viewsets.GenericViewSet[Deletion],
):
    """The ends of workspaces: scheduled, under way, over, or taken back."""

    queryset = Deletion.objects.all()
    serializer_class = DeletionSerializer
    lookup_value_converter = "uuid"
    permission_required: ClassVar = {"GET": READ, "POST": DELETE}

    def get_queryset(self) -> QuerySet[Deletion]:
        found = super().get_queryset()
        if self.action != "list":
            return found
        text, state = (self.request.query_params.get(name, "") for name in ("q", "state"))
        if state in Deletion.State.values:
            found = found.filter(state=state)
        return found.filter(Q(name__icontains=text) | Q(slug__icontains=text)) if text else found

    @extend_schema(parameters=ENDS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the deletions, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewDeletionSerializer, responses={201: DeletionSerializer})
    def create(self, request: Request) -> Response:
        """Schedule the deletion of a workspace; its owners hear of it and can keep it till then."""
        asked = self.asked(NewDeletionSerializer)
        tenant = Tenant.objects.filter(slug=asked["slug"]).first()
        if tenant is None:
            raise Invalid.at("slug", "There is no workspace at this address.")
        days = asked.get("grace_days")
        deletion = ends.schedule(
            tenant,
            asker=ends.Asker.staff(self.actor),
            reason=asked["reason"],
            grace=None if days is None else timedelta(days=days),
        )
        return Response(DeletionSerializer(deletion).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None, responses=DeletionSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take a deletion back that has not begun."""
        deletion = self.get_object()
        ends.cancel(deletion, asker=ends.Asker.staff(self.actor))
        return Response(DeletionSerializer(self.get_object()).data)

    @extend_schema(responses=CertificateSerializer)
    @action(detail=True, methods=["get"])
    def certificate(self, request: Request, pk: str) -> Response:
        """Return the certificate of a deletion that is over."""
        deletion = self.get_object()
        if deletion.certificate is None:
            raise NotFound
        told = {"certificate": deletion.certificate, "signature": deletion.signature}
        return Response({**told, "genuine": is_genuine(deletion)})
