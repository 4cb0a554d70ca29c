"""Endpoints of kept answers: what a route keeps, and forgetting it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView
from apps.gateway.cache import services
from apps.gateway.models import ACCEPTED_ERROR, MOST_CACHED_S, LlmCall, ModelRoute


class CacheSerializer(serializers.Serializer[Any]):
    """For how long a route keeps answers; null: it keeps none."""

    ttl_s = serializers.IntegerField(
        source="cache_ttl_s", allow_null=True, min_value=1, max_value=MOST_CACHED_S
    )
    varied = serializers.BooleanField(
        source="cache_varied",
        default=False,
        help_text="Keep answers, too, where the temperature lets them differ.",
    )
    ahead = serializers.BooleanField(
        source="cache_ahead",
        default=False,
        help_text="Ask what a workflow asks each time before a schedule of it fires; not with `varied`.",
    )
    embedder = serializers.CharField(
        source="cache_embedder",
        default="",
        allow_blank=True,
        max_length=264,
        help_text="A route, or a model as `provider/model`, whose vectors tell which questions are "
        "alike; empty: an answer is given again to the same question only.",
    )
    accepted_error = serializers.FloatField(
        source="cache_error",
        default=ACCEPTED_ERROR,
        min_value=services.LEAST_ERROR,
        max_value=services.MOST_ERROR,
        help_text="The share of answers to similar questions that may be wrong.",
    )


class CacheView(TenantAPIView):
    """How a route keeps answers."""

    permission_required: ClassVar = {
        "GET": "provider.view", "PUT": "provider.manage", "DELETE": "provider.manage",
    }  # fmt: skip

    @extend_schema(responses=CacheSerializer)
    def get(self, request: Request, alias: str) -> Response:
        """Tell how a route keeps answers."""
        return Response(CacheSerializer(self._route(alias)).data)

    @extend_schema(request=CacheSerializer, responses=CacheSerializer)
    def put(self, request: Request, alias: str) -> Response:
        """Let a route keep answers, or no more."""
        route = self._route(alias)
        given = self.asked(CacheSerializer)
        changed = services.set_cache(
            route, actor=self.actor, ttl_s=given["cache_ttl_s"], varied=given["cache_varied"],
            ahead=given["cache_ahead"],
            embedder=given["cache_embedder"], accepted_error=given["cache_error"],
        )  # fmt: skip
        return Response(CacheSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, alias: str) -> Response:
        """Forget all answers that a route has kept; it goes on keeping new ones."""
        services.purge_cache(self._route(alias), actor=self.actor)
        return Response(status=204)

    def _route(self, alias: str) -> ModelRoute:
        return policies.find(self.actor, ModelRoute.objects.all(), alias=alias)


class CachedAnswerView(TenantAPIView):
    """The kept answer of a call."""

    permission_required: ClassVar = {"DELETE": "model.call"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Say that the answer was wrong: it is not given again."""
        call = policies.find(self.actor, LlmCall.objects.all(), pk=pk)
        services.evict_answer(call, actor=self.actor)
        return Response(status=204)
