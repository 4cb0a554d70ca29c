"""Endpoint of the workspace's data key."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.credentials.data_keys.services import MANAGE, rotate, standing


class RetiredKeySerializer(serializers.Serializer[Any]):
    """A key that only opens any more."""

    id = serializers.UUIDField()
    retired_at = serializers.DateTimeField()


class DataKeySerializer(serializers.Serializer[Any]):
    """Which key seals, and what is still sealed with those before."""

    id = serializers.UUIDField(source="current.pk")
    since = serializers.DateTimeField(source="current.created_at")
    left = serializers.IntegerField(source="count", help_text="Values that are sealed with them.")
    left_in = serializers.DictField(source="left", child=serializers.IntegerField())
    retired = RetiredKeySerializer(many=True)


class DataKeyView(TenantAPIView):
    """The key that seals the workspace's secrets."""

    permission_required: ClassVar = {"GET": MANAGE, "POST": MANAGE}
    proof_required = ("POST",)

    @extend_schema(responses=DataKeySerializer, operation_id="data_key")
    def get(self, request: Request) -> Response:
        """Return how the workspace stands."""
        return Response(DataKeySerializer(standing()).data)

    @extend_schema(request=None, responses={202: DataKeySerializer}, operation_id="data_key_rotate")
    def post(self, request: Request) -> Response:
        """Seal with a new key from now on; all that is sealed is given to it meanwhile."""
        rotate(actor=self.actor)
        return Response(DataKeySerializer(standing()).data, status=HTTPStatus.ACCEPTED)
