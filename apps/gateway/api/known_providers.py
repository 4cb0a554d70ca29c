"""The endpoint of known providers."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.common.pagination import ListPagination
from apps.gateway.providers import filters

PARAMETERS = [
    OpenApiParameter("q", str, description="Part of a name or an address."),
    OpenApiParameter("way", str, enum=[way for way, _ in filters.WAYS]),
]


class ProviderNeedSerializer(serializers.Serializer[Any]):
    """Something that a provider asks for beside its key."""

    name = serializers.CharField(source="label")
    mandatory = serializers.BooleanField(source="required")
    secret = serializers.BooleanField()


class KnownProviderSerializer(serializers.Serializer[Any]):
    """A provider that is known: `slug` is what `litellm_provider` takes when one is connected."""

    slug = serializers.CharField()
    name = serializers.CharField()
    way = serializers.ChoiceField(choices=filters.WAYS)
    kind = serializers.CharField(help_text="What `kind` takes when one is connected.")
    base_url = serializers.CharField(source="address", help_text="Empty: everybody has their own.")
    example = serializers.CharField()
    key = serializers.ChoiceField(choices=["required", "optional", "none"])
    offers = serializers.ListField(child=serializers.CharField())
    needs = ProviderNeedSerializer(many=True)
    why = serializers.CharField(help_text="Why it is not offered here; empty where it is.")


class KnownProvidersView(TenantAPIView):
    """The providers that are known."""

    permission_required: ClassVar = {"GET": "provider.view"}
    pagination_class = ListPagination  # for the schema

    @extend_schema(
        parameters=PARAMETERS,
        responses=KnownProviderSerializer(many=True),
        operation_id="known_providers_list",
    )
    def get(self, request: Request) -> Response:
        """List the providers that are known, those that are asked for most first."""
        found = filters.entries(request.query_params)
        return ListPagination.answer(request, found, KnownProviderSerializer)
