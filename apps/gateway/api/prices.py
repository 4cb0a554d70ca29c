"""Endpoints of prices: what counts for each model, and what the workspace says itself."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.common.pagination import ListPagination
from apps.gateway import services
from apps.gateway.models import ModelPrice
from apps.gateway.prices import table
from apps.gateway.prices.filters import CHOICES, filtered

FILTERS = [
    OpenApiParameter("q", str, description="A part of provider/model."),
    *(OpenApiParameter(name, str, enum=words) for name, words in CHOICES.items()),
]
USD: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}


class PriceSerializer(serializers.ModelSerializer[ModelPrice]):
    """What a million tokens cost; provider (slug or host) and model may hold * and ?."""

    input_usd = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0)
    output_usd = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0)

    class Meta:
        model = ModelPrice
        fields = [
            "id", "provider", "model", "input_usd", "output_usd", "cache_read_usd",
            "cache_write_usd", "reasoning_usd", "context_tokens", "answer_tokens", "retires_on",
            "valid_from",
        ]  # fmt: skip
        read_only_fields = ["id", "valid_from"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            **{
                name: {"min_value": 0}
                for name in ("cache_read_usd", "cache_write_usd", "reasoning_usd")
            },
            **{
                name: {"min_value": 1, "max_value": 2**31 - 1}
                for name in ("context_tokens", "answer_tokens")
            },
        }
        validators: list[Any] = []  # setting a price again replaces it


class ListedPriceSerializer(serializers.Serializer[Any]):
    """What counts for a model now, dollars for a million tokens; `id` of the workspace's own."""

    id = serializers.UUIDField(source="own.pk", allow_null=True, default=None)
    provider = serializers.CharField(source="price.provider")
    model = serializers.CharField(source="price.model")
    input_usd = serializers.DecimalField(source="price.input_usd", **USD)
    output_usd = serializers.DecimalField(source="price.output_usd", **USD)
    cache_read_usd = serializers.DecimalField(source="price.cache_read_usd", allow_null=True, **USD)
    cache_write_usd = serializers.DecimalField(
        source="price.cache_write_usd", allow_null=True, **USD
    )
    reasoning_usd = serializers.DecimalField(source="price.reasoning_usd", allow_null=True, **USD)
    context_tokens = serializers.IntegerField(source="price.context_tokens", allow_null=True)
    answer_tokens = serializers.IntegerField(source="price.answer_tokens", allow_null=True)
    retires_on = serializers.DateField(source="price.retires_on", allow_null=True)
    source = serializers.ChoiceField(choices=[table.OWN, table.DELIVERED])  # type: ignore[assignment]  # DRF's own name
    routes = serializers.ListField(child=serializers.CharField(), help_text="That lead to it.")


class PriceViewSet(TenantViewSet[ModelPrice]):
    """What models cost and hold; the workspace's own prices win over the delivered ones."""

    queryset = ModelPrice.objects.all()
    pagination_class = ListPagination
    serializer_class = PriceSerializer
    permission_required: ClassVar = {
        "GET": "provider.view",
        "POST": "provider.manage",
        "DELETE": "provider.manage",
    }

    @extend_schema(parameters=FILTERS, responses=ListedPriceSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List what counts now: the models that routes lead to first, then the workspace's own."""
        kept = filtered(table.of_all(self.actor), request.query_params)
        return ListPagination.answer(request, kept, ListedPriceSerializer)

    @extend_schema(responses=PriceSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a version of an own price."""
        return Response(PriceSerializer(self.get_object()).data)

    @extend_schema(request=PriceSerializer, responses={201: PriceSerializer})
    def create(self, request: Request) -> Response:
        """Set the price of a model for the calls from now on."""
        price = services.set_price(actor=self.actor, **self.asked(PriceSerializer))
        return Response(PriceSerializer(price).data, status=HTTPStatus.CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget an own price with its versions; the delivered one counts again."""
        services.delete_price(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)
