"""Endpoints of a provider's keys. A key goes in and never comes out."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView
from apps.common.errors import NotFound
from apps.common.pagination import ListPagination
from apps.gateway import services
from apps.gateway.api.serializers import TrialSerializer, TrySerializer
from apps.gateway.models import Credential, Provider
from apps.gateway.providers import standing
from apps.gateway.upstreams import pools

MANAGED = {
    "GET": "provider.view",
    "POST": "provider.manage",
    "PATCH": "provider.manage",
    "DELETE": "provider.manage",
}


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a key stands among the others."""

    name = serializers.CharField(max_length=80, required=False, allow_blank=True, source="label")
    order = serializers.IntegerField(min_value=0, max_value=pools.MOST, required=False)
    weight = serializers.IntegerField(min_value=1, max_value=pools.MOST, required=False)


class NewKeySerializer(PlaceSerializer):
    """One more key."""

    credential = serializers.CharField(
        max_length=4096, write_only=True, help_text="The key; never shown again."
    )


class KeyChangeSerializer(PlaceSerializer):
    """What of a key can be changed; another secret rotates it, which gives it another id."""

    status = serializers.ChoiceField(choices=Credential.Status.choices, required=False)
    credential = serializers.CharField(max_length=4096, required=False, write_only=True)


class KeyStandingSerializer(serializers.Serializer[Any]):
    """A key, how it stands, and when it was used last."""

    id = serializers.UUIDField(source="key.pk")
    name = serializers.CharField(source="key.label")
    last4 = serializers.CharField(source="key.last4")
    order = serializers.IntegerField(source="key.order")
    weight = serializers.IntegerField(source="key.weight")
    state = serializers.ChoiceField(choices=["ready", "cooling", "refused", "stopped"])
    cooling = serializers.DictField(
        child=serializers.FloatField(), help_text="Models for which it is left alone: seconds."
    )
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="Null, too, for who may not see usage."
    )
    created_at = serializers.DateTimeField(source="key.created_at")


class _OfProvider(TenantAPIView):
    """What is of one provider."""

    permission_required: ClassVar = MANAGED

    def provider(self, provider_id: UUID) -> Provider:
        """Return the provider. Raises NotFound."""
        found = Provider.objects.with_keys()
        return policies.find(self.actor, found, pk=provider_id)

    def key(self, provider_id: UUID, key_id: UUID) -> Credential:
        """Return a key of it. Raises NotFound."""
        keys = self.provider(provider_id).credentials.all()
        found = next((each for each in keys if each.pk == key_id), None)
        if found is None:
            raise NotFound
        return found

    def shown(self, key: Credential, status: int = HTTPStatus.OK) -> Response:
        """Return how a key stands."""
        provider = self.provider(key.provider_id)
        stands = next(each for each in standing.of(provider, actor=self.actor) if each.key == key)
        return Response(KeyStandingSerializer(stands).data, status=status)


class ProviderKeysView(_OfProvider):
    """The keys of a provider."""

    pagination_class = ListPagination  # for the schema

    @extend_schema(responses=KeyStandingSerializer(many=True), operation_id="provider_keys_list")
    def get(self, request: Request, provider_id: UUID) -> Response:
        """List the keys in their order, without those that others took the place of."""
        found = standing.of(self.provider(provider_id), actor=self.actor)
        return ListPagination.answer(request, found, KeyStandingSerializer)

    @extend_schema(request=NewKeySerializer, responses={201: KeyStandingSerializer})
    def post(self, request: Request, provider_id: UUID) -> Response:
        """Give the provider one more key; it is kept encrypted and never shown again."""
        asked = self.asked(NewKeySerializer)
        provider = self.provider(provider_id)
        made = pools.add_key(provider, actor=self.actor, **asked)
        return self.shown(made, HTTPStatus.CREATED)


class ProviderKeyView(_OfProvider):
    """One key of a provider."""

    @extend_schema(request=KeyChangeSerializer, responses=KeyStandingSerializer)
    def patch(self, request: Request, provider_id: UUID, key_id: UUID) -> Response:
        """Change a key's place or state, or rotate it: another secret takes its place at once."""
        changes = self.asked(KeyChangeSerializer)
        secret = changes.pop("credential", "")
        key = self.key(provider_id, key_id)
        if secret:
            key = pools.rotate_key(key, actor=self.actor, credential=secret)
        return self.shown(pools.change_key(key, actor=self.actor, changes=changes))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, provider_id: UUID, key_id: UUID) -> Response:
        """Forget a key; its calls stay in the ledger."""
        pools.remove_key(self.key(provider_id, key_id), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class ProviderKeyTrialView(_OfProvider):
    """A test of one key."""

    @extend_schema(request=TrySerializer, responses=TrialSerializer)
    def post(self, request: Request, provider_id: UUID, key_id: UUID) -> Response:
        """Make a small real call with this key and say how it went."""
        asked = self.asked(TrySerializer)
        key = self.key(provider_id, key_id)
        trial = services.try_provider(
            self.provider(provider_id), actor=self.actor, key=key, **asked
        )
        return Response(TrialSerializer(trial).data)
