"""Endpoints of reviews."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.reviews import services
from apps.reviews.api.serializers import (
    AnswerSerializer,
    NeedSerializer,
    RequestSerializer,
    ReviewRuleChangeSerializer,
    ReviewRuleSerializer,
    ReviewSerializer,
)
from apps.reviews.filters import STATES, filtered
from apps.reviews.models import Review, ReviewQuerySet, Rule
from apps.workflows.api.history_serializers import ContributionsSerializer, told
from apps.workflows.services import find_workflow

FILTERS = [
    OpenApiParameter("q", str, description="A part of the workflow's name or of the notes."),
    OpenApiParameter("state", str, enum=STATES),
]


class ReviewViewSet(mixins.ListModelMixin, TenantViewSet[Review]):
    """Reviews of drafts before they are published."""

    queryset = Review.objects.select_related(
        "workflow__folder", "version", "base", "requested_by"
    ).prefetch_related("opinions__reviewer")
    serializer_class = ReviewSerializer
    permission_required: ClassVar = {"GET": "review.view", "POST": "review.decide"}

    def get_queryset(self) -> QuerySet[Review]:
        queryset = super().get_queryset()
        if self.action != "list":
            return queryset
        assert isinstance(queryset, ReviewQuerySet)
        return filtered(queryset, self.request.query_params, self.actor)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List reviews, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ReviewSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a review with what people said."""
        return Response(ReviewSerializer(self.get_object()).data)

    @extend_schema(request=AnswerSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["POST"])
    def answer(self, request: Request, pk: str) -> Response:
        """Approve or refuse; nobody answers for their own work, and nobody twice."""
        asked = self.asked(AnswerSerializer)
        review = self.get_object()
        services.give_opinion(review, actor=self.actor, **asked)
        return Response(ReviewSerializer(self.get_object()).data)


class ReviewContributionsView(TenantViewSet[Review]):
    """What a review is about."""

    queryset = ReviewViewSet.queryset
    permission_required: ClassVar = {"GET": "review.view"}

    @extend_schema(responses=ContributionsSerializer, operation_id="review_contributions")
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Return what differs from the version that ran then, by who changed it."""
        review = self.get_object()
        shares = services.contributions_of(review)
        return Response(told(review.base.number if review.base else None, shares, self.actor))


class WithdrawalView(TenantViewSet[Review]):
    """Ending a review without an answer."""

    queryset = ReviewViewSet.queryset
    permission_required: ClassVar = {"POST": "workflow.edit"}

    @extend_schema(request=None, responses={200: ReviewSerializer}, operation_id="review_withdraw")
    def create(self, request: Request, pk: UUID) -> Response:
        """Withdraw a review: nobody is asked any more."""
        services.withdraw_review(self.get_object(), actor=self.actor)
        return Response(ReviewSerializer(self.get_object()).data)


class WorkflowReviewView(TenantViewSet[Review]):
    """The review of one workflow."""

    queryset = ReviewViewSet.queryset
    permission_required: ClassVar = {"GET": "review.view", "POST": "workflow.edit"}

    @extend_schema(responses=NeedSerializer, operation_id="workflow_review")
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Tell whether publishing needs a review, and how far the newest one is."""
        workflow = find_workflow(pk, actor=self.actor)
        newest = self.get_queryset().filter(workflow=workflow).order_by("-created_at").first()
        return Response(NeedSerializer(services.need_of(workflow, newest)).data)

    @extend_schema(
        request=RequestSerializer,
        responses={201: ReviewSerializer},
        operation_id="workflow_review_request",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Ask others to look at the draft as it is now."""
        asked = self.asked(RequestSerializer)
        workflow = find_workflow(pk, actor=self.actor)
        review = services.request_review(workflow, actor=self.actor, **asked)
        return Response(ReviewSerializer(review).data, status=HTTPStatus.CREATED)


class RuleViewSet(mixins.ListModelMixin, TenantViewSet[Rule]):
    """Where publishing needs a review."""

    queryset = Rule.objects.order_by("-created_at")
    serializer_class = ReviewRuleSerializer
    permission_required: ClassVar = {
        "GET": "review.view",
        "POST": "review_rule.manage",
        "PATCH": "review_rule.manage",
        "DELETE": "review_rule.manage",
    }

    @extend_schema(request=ReviewRuleSerializer, responses={201: ReviewRuleSerializer})
    def create(self, request: Request) -> Response:
        """Have publishing need approvals in a folder and below it, or everywhere."""
        rule = services.set_rule(actor=self.actor, **self.asked(ReviewRuleSerializer))
        return Response(ReviewRuleSerializer(rule).data, status=HTTPStatus.CREATED)

    @extend_schema(request=ReviewRuleChangeSerializer, responses=ReviewRuleSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Need more or fewer approvals."""
        asked = self.asked(ReviewRuleChangeSerializer)
        rule = services.change_rule(self.get_object(), actor=self.actor, **asked)
        return Response(ReviewRuleSerializer(rule).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a rule."""
        services.remove_rule(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)
