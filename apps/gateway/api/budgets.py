"""Endpoints of budgets, with how they stand, and of the rules by which money is counted."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.pagination import ListPagination
from apps.gateway.budgets import book, services, standing
from apps.gateway.budgets.filters import CHOICES, filtered
from apps.gateway.budgets.services import DEFAULT_ALERTS, LEAST_USD, MOST_ALERTS, MOST_USD
from apps.gateway.models import Budget, MoneyRules

FILTERS = [
    OpenApiParameter("q", str, description="A part of the name of what it is of."),
    *(OpenApiParameter(name, str, enum=words) for name, words in CHOICES.items()),
]
USD: dict[str, Any] = {"max_digits": 20, "decimal_places": 10}


class RangeSerializer(serializers.Serializer[Any]):
    """What is likely, from the least to the most."""

    low = serializers.DecimalField(**USD)
    high = serializers.DecimalField(**USD)


class BudgetSerializer(serializers.Serializer[Any]):
    """A budget and how it stands; `reached_at` is null where this period does not use it up."""

    id = serializers.UUIDField(source="budget.pk")
    scope = serializers.ChoiceField(source="budget.scope", choices=Budget.Scope.choices)
    subject = serializers.UUIDField(source="budget.subject", allow_null=True)
    name = serializers.CharField()
    every = serializers.ChoiceField(source="budget.every", choices=Budget.Every.choices)
    amount_usd = serializers.DecimalField(source="amount", max_digits=14, decimal_places=4)
    alerts = serializers.ListField(source="budget.alerts", child=serializers.IntegerField())
    stops = serializers.BooleanField(source="budget.stops")
    begins_at = serializers.DateTimeField(source="period.begins_at")
    ends_at = serializers.DateTimeField(source="period.ends_at")
    spent_usd = serializers.DecimalField(source="spent", **USD)
    reserved_usd = serializers.DecimalField(source="reserved", **USD)
    left_usd = serializers.DecimalField(source="left", **USD)
    forecast_usd = serializers.DecimalField(
        source="forecast", max_digits=24, decimal_places=10, rounding="ROUND_HALF_EVEN"
    )
    likely_usd = RangeSerializer(
        source="ahead", allow_null=True, help_text="Within which it ends with a certainty of 80 %."
    )
    reached_at = serializers.DateTimeField(allow_null=True)
    reached_earliest = serializers.DateField(
        source="reached.earliest", allow_null=True, default=None,
        help_text="The first day on which it may be reached; null: none of this period.",
    )  # fmt: skip
    reached_latest = serializers.DateField(
        source="reached.latest", allow_null=True, default=None,
        help_text="The last day until which it may last; null: perhaps longer than this period.",
    )  # fmt: skip
    binding = serializers.BooleanField(source="binds", help_text="It stops calls first.")
    state = serializers.ChoiceField(choices=standing.STATES)
    refused = serializers.IntegerField(source="period.refused", help_text="Calls, this period.")
    created_at = serializers.DateTimeField(source="budget.created_at")
    updated_at = serializers.DateTimeField(source="budget.updated_at")


class BudgetChangeSerializer(serializers.Serializer[Any]):
    """What of a budget can be changed."""

    amount_usd = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=LEAST_USD, max_value=MOST_USD, required=False
    )
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=100),
        max_length=MOST_ALERTS,
        required=False,
        help_text="Shares of the amount, in percent, at which people are told.",
    )
    stops = serializers.BooleanField(
        required=False, help_text="Whether calls are refused once it is used up."
    )


class NewBudgetSerializer(BudgetChangeSerializer):
    """A budget to set."""

    scope = serializers.ChoiceField(choices=Budget.Scope.choices)
    subject = serializers.UUIDField(
        required=False, allow_null=True, help_text="Of what; none for the workspace."
    )
    every = serializers.ChoiceField(choices=Budget.Every.choices)
    amount_usd = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=LEAST_USD, max_value=MOST_USD
    )
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=100),
        max_length=MOST_ALERTS,
        default=list(DEFAULT_ALERTS),
    )


class BudgetRulesSerializer(serializers.ModelSerializer[MoneyRules]):
    """How a workspace counts money; prices are dollars for a million tokens."""

    class Meta:
        model = MoneyRules
        fields = [
            "time_zone", "answer_tokens", "unpriced", "assumed_input_usd", "assumed_output_usd",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "answer_tokens": {"min_value": 1, "max_value": 2**31 - 1},
            "assumed_input_usd": {"min_value": 0},
            "assumed_output_usd": {"min_value": 0},
        }


class BudgetViewSet(TenantViewSet[Budget]):
    """How much may be spent on calls to models, in each day or month."""

    queryset = Budget.objects.select_related("folder")
    pagination_class = ListPagination
    serializer_class = BudgetSerializer
    permission_required: ClassVar = {
        "GET": "budget.view",
        "POST": "budget.manage",
        "PATCH": "budget.manage",
        "DELETE": "budget.manage",
    }

    @extend_schema(parameters=FILTERS, responses=BudgetSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List budgets: what is used up or binds comes first."""
        kept = filtered(standing.of_all(self.actor), request.query_params)
        return ListPagination.answer(request, kept, BudgetSerializer)

    @extend_schema(responses=BudgetSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a budget and how it stands."""
        return self._answer(self.get_object())

    @extend_schema(request=NewBudgetSerializer, responses={201: BudgetSerializer})
    def create(self, request: Request) -> Response:
        """Set a budget; it counts from now on, the workspace's from the beginning of the period."""
        made = services.add_budget(actor=self.actor, **self.asked(NewBudgetSerializer))
        return self._answer(made, HTTPStatus.CREATED)

    @extend_schema(request=BudgetChangeSerializer, responses=BudgetSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a budget, also for the period that goes on."""
        budget = self.get_object()
        changes = self.asked(BudgetChangeSerializer)
        return self._answer(services.update_budget(budget, actor=self.actor, changes=changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a budget."""
        services.delete_budget(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _answer(self, budget: Budget, status: int = HTTPStatus.OK) -> Response:
        return Response(BudgetSerializer(standing.of(budget, self.actor)).data, status=status)


class RulesView(TenantAPIView):
    """How the workspace counts money."""

    permission_required = {"GET": "budget.view", "PATCH": "budget.manage"}

    @extend_schema(responses=BudgetRulesSerializer, operation_id="budget_rules")
    def get(self, request: Request) -> Response:
        """Return the rules."""
        return Response(BudgetRulesSerializer(book.rules()).data)

    @extend_schema(
        request=BudgetRulesSerializer,
        responses=BudgetRulesSerializer,
        operation_id="change_budget_rules",
    )
    def patch(self, request: Request) -> Response:
        """Change the rules; those left out stay."""
        changes = self.asked(BudgetRulesSerializer, partial=True)
        return Response(
            BudgetRulesSerializer(services.change_rules(actor=self.actor, changes=changes)).data
        )
