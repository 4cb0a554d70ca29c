"""Endpoints of virtual keys."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services as accounts
from apps.accounts.api.views import TenantViewSet
from apps.accounts.models import ApiKey
from apps.gateway.api.virtual_key_serializers import (
    KeyDetailSerializer,
    KeyTextSerializer,
    NewVirtualKeySerializer,
    RotationSerializer,
    TermsSerializer,
    VirtualKeySerializer,
)
from apps.gateway.virtual_keys import services
from apps.gateway.virtual_keys.filters import STATES, filtered, virtual_keys
from apps.gateway.virtual_keys.spending import spending_of

FILTERS = [
    OpenApiParameter("q", str, description="Part of the name, or the key's prefix."),
    OpenApiParameter("state", str, enum=STATES),
    OpenApiParameter("route", str, description="Keys that may ask this route."),
]


class VirtualKeyViewSet(mixins.ListModelMixin, TenantViewSet[ApiKey]):
    """Keys that ask models: everybody's own, and all of them for who manages keys."""

    queryset = virtual_keys()
    serializer_class = VirtualKeySerializer
    shows_secret = True
    permission_required: ClassVar = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "api_key.use")
    proof_required = ("POST", "PATCH")

    def get_queryset(self) -> QuerySet[ApiKey]:
        found = super().get_queryset()
        return filtered(found, self.request.query_params) if self.action == "list" else found

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List keys, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=KeyDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a key with what it took this month and within the last minute."""
        return self._detail(self.get_object())

    @extend_schema(request=NewVirtualKeySerializer, responses={201: KeyTextSerializer})
    def create(self, request: Request) -> Response:
        """Make a key; its text is in this answer and never shown again."""
        key, text = services.create_key(actor=self.actor, **self.asked(NewVirtualKeySerializer))
        body = {**VirtualKeySerializer(key).data, "key": text}
        return Response(body, status=HTTPStatus.CREATED)

    @extend_schema(request=TermsSerializer, responses=KeyDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, end and terms; they count for calls that begin within five seconds."""
        key = self.get_object()
        changes = self.asked(TermsSerializer)
        return self._detail(services.change_key(key, actor=self.actor, changes=changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a key: every process refuses it within five seconds."""
        accounts.revoke_api_key(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=RotationSerializer, responses=KeyTextSerializer)
    @action(detail=True, methods=["POST"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give a key another secret; the one before opens it too until `former_until`."""
        key = self.get_object()
        asked = self.asked(RotationSerializer)
        overlap = timedelta(seconds=asked["overlap_s"])
        text = accounts.rotate_api_key(key, actor=self.actor, overlap=overlap)
        return Response({**VirtualKeySerializer(key).data, "key": text})

    @extend_schema(request=None, responses=VirtualKeySerializer)
    @action(detail=True, methods=["POST"], url_path="end-rotation")
    def end_rotation(self, request: Request, pk: str) -> Response:
        """Stop the secret from before the last rotation at once."""
        key = self.get_object()
        accounts.end_rotation(key, actor=self.actor)
        return Response(VirtualKeySerializer(key).data)

    def _detail(self, key: ApiKey) -> Response:
        key.spending = spending_of(key, actor=self.actor)  # type: ignore[attr-defined]
        return Response(KeyDetailSerializer(key).data)
