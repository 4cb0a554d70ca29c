"""Endpoints of credentials."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.pagination import ListPagination
from apps.credentials import kinds, services
from apps.credentials.api.serializers import (
    CredentialChangeSerializer,
    CredentialKindSerializer,
    CredentialRotationSerializer,
    CredentialTrialSerializer,
    CredentialTryingSerializer,
    CredentialUseSerializer,
    NewCredentialSerializer,
    StoredCredentialSerializer,
)
from apps.credentials.filters import STATES, filtered
from apps.credentials.models import StoredCredential, StoredCredentialQuerySet
from apps.credentials.trying import try_credential
from apps.credentials.uses import uses_of

MANAGED: dict[str, str] = {
    "GET": "credential.view",
    "POST": "credential.manage",
    "PATCH": "credential.manage",
    "DELETE": "credential.manage",
}
FILTERS = [
    OpenApiParameter("q", str, description="A part of the name, description or a host."),
    OpenApiParameter("kind", str, enum=list(kinds.KINDS)),
    OpenApiParameter("source", str, enum=StoredCredential.Source.values),
    OpenApiParameter("state", str, enum=list(STATES)),
    OpenApiParameter("folder", OpenApiTypes.UUID),
]
CONFIRMED = OpenApiParameter("confirmed", bool, description="Delete it although workflows use it.")


class StoredCredentialViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[StoredCredential]
):
    """Secrets for steps: each is sent to its hosts alone, and none is ever shown."""

    queryset = StoredCredential.objects.select_related("folder")
    serializer_class = StoredCredentialSerializer
    permission_required: ClassVar = MANAGED
    proof_required = ("POST", "DELETE")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.actor}

    def get_queryset(self) -> QuerySet[StoredCredential]:
        found = super().get_queryset()
        if self.action != "list":
            return found
        assert isinstance(found, StoredCredentialQuerySet)
        return filtered(found, self.request.query_params)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the credentials that you may see, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewCredentialSerializer, responses={201: StoredCredentialSerializer})
    def create(self, request: Request) -> Response:
        """Keep a credential; its values are sealed and never shown again."""
        told = self.asked(NewCredentialSerializer, **self._context())
        made = services.create_credential(actor=self.actor, **told)
        return self._shown(made, HTTPStatus.CREATED)

    @extend_schema(request=CredentialChangeSerializer, responses=StoredCredentialSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change its details; hosts can be taken away. To add one, rotate it."""
        found = self.get_object()
        changes = self.asked(CredentialChangeSerializer, partial=True, **self._context())
        return self._shown(services.change_credential(found, actor=self.actor, changes=changes))

    @extend_schema(parameters=[CONFIRMED], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a credential; one that workflows use only with `confirmed=true`."""
        confirmed = request.query_params.get("confirmed") == "true"
        services.delete_credential(self.get_object(), actor=self.actor, confirmed=confirmed)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=CredentialRotationSerializer, responses=StoredCredentialSerializer)
    @action(detail=True, methods=["POST"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Put another secret in its place; steps need no change."""
        found = self.get_object()
        told = self.asked(CredentialRotationSerializer)
        return self._shown(services.rotate_credential(found, actor=self.actor, **told))

    @extend_schema(request=None, responses=StoredCredentialSerializer)
    @action(detail=True, methods=["POST"])
    def disable(self, request: Request, pk: str) -> Response:
        """Let steps not have it any more, from their next request on."""
        found = self.get_object()
        return self._shown(services.set_enabled(found, actor=self.actor, enabled=False))

    @extend_schema(request=None, responses=StoredCredentialSerializer)
    @action(detail=True, methods=["POST"])
    def enable(self, request: Request, pk: str) -> Response:
        """Let steps have it again."""
        found = self.get_object()
        return self._shown(services.set_enabled(found, actor=self.actor, enabled=True))

    def _context(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def _shown(self, credential: StoredCredential, status: int = HTTPStatus.OK) -> Response:
        told = StoredCredentialSerializer(credential, context=self._context())
        return Response(told.data, status=status)


class CredentialUsesView(TenantAPIView):
    """What uses a credential."""

    permission_required: ClassVar = {"GET": "credential.view"}
    pagination_class = ListPagination  # for the schema

    @extend_schema(
        responses=CredentialUseSerializer(many=True), operation_id="credential_uses_list"
    )
    def get(self, request: Request, credential_id: UUID) -> Response:
        """List the workflows whose draft or published version names it."""
        found = policies.find(self.actor, StoredCredential.objects.all(), pk=credential_id)
        return ListPagination.answer(
            request, uses_of(found.pk, self.actor), CredentialUseSerializer
        )


class CredentialTrialView(TenantAPIView):
    """Trying a credential."""

    permission_required: ClassVar = {"POST": "credential.use"}

    @extend_schema(
        request=CredentialTryingSerializer,
        responses=CredentialTrialSerializer,
        operation_id="credential_test",
    )
    def post(self, request: Request, credential_id: UUID) -> Response:
        """Make one request with it to an address that it is for, and say how that went."""
        asked = self.asked(CredentialTryingSerializer)
        credentials = StoredCredential.objects.select_related("folder")
        found = policies.find(self.actor, credentials, pk=credential_id)
        trial = try_credential(found, actor=self.actor, **asked)
        return Response(CredentialTrialSerializer(trial).data)


class CredentialKindsView(TenantAPIView):
    """The kinds that there are."""

    permission_required: ClassVar = {"GET": "credential.view"}
    pagination_class = ListPagination  # for the schema

    @extend_schema(
        responses=CredentialKindSerializer(many=True), operation_id="credential_kinds_list"
    )
    def get(self, request: Request) -> Response:
        """List the kinds with the schema of their values."""
        return ListPagination.answer(request, kinds.described(), CredentialKindSerializer)
