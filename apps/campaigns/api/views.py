"""Endpoints of access reviews, of their items and of series."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantViewSet
from apps.accounts.roles import ANY_MEMBER
from apps.campaigns import filters as filtering
from apps.campaigns import rights, series, services
from apps.campaigns.api import serializers as shapes
from apps.campaigns.models import Campaign, CampaignQuerySet, Item, ItemQuerySet, Series, Sort

FILTERS = [
    OpenApiParameter("q", str, description="A part of the name."),
    OpenApiParameter("state", str, enum=filtering.STATES),
]
ITEM_FILTERS = [
    OpenApiParameter("q", str, description="A part of who holds what, or where."),
    OpenApiParameter("sort", str, enum=Sort.values),
    OpenApiParameter("decision", str, enum=filtering.DECISIONS),
    OpenApiParameter("reviewer", str, enum=filtering.REVIEWERS),
    OpenApiParameter("outcome", str, enum=filtering.OUTCOMES),
    OpenApiParameter("signs", str, enum=list(filtering.SIGNS)),
]
CAMPAIGNS = Campaign.objects.select_related(*services.RELATED)
ITEMS = Item.objects.select_related("reviewer", "decided_by", "campaign__owner")


class CampaignViewSet(mixins.ListModelMixin, TenantViewSet[Campaign]):
    """Access reviews: all of them, or those in which one is asked."""

    queryset = CAMPAIGNS
    serializer_class = shapes.CampaignSerializer
    permission_required: ClassVar = {"GET": ANY_MEMBER, "POST": "campaign.manage"}

    def get_queryset(self) -> QuerySet[Campaign]:
        queryset = super().get_queryset()
        if self.action != "list":
            return queryset
        assert isinstance(queryset, CampaignQuerySet)
        return filtering.campaigns_in(queryset, self.request.query_params, self.actor)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List access reviews, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=shapes.CampaignSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an access review."""
        return Response(shapes.CampaignSerializer(self.get_object()).data)

    @extend_schema(request=shapes.NewCampaignSerializer, responses={201: shapes.CampaignSerializer})
    def create(self, request: Request) -> Response:
        """Begin an access review, once or again and again; its rights are fixed in a moment."""
        asked = self.asked(shapes.NewCampaignSerializer)
        months = asked.pop("months")
        if months:
            campaign = series.start_series(actor=self.actor, months=int(months), **asked)[1]
        else:
            campaign = services.start_campaign(actor=self.actor, **asked)
        return Response(shapes.CampaignSerializer(campaign).data, status=HTTPStatus.CREATED)


class OfCampaign(TenantViewSet[Campaign]):
    """What is done to one access review."""

    queryset = CAMPAIGNS

    def items(self, campaign: Campaign, filters: dict[str, str]) -> ItemQuerySet:
        """Return the items that filters keep."""
        seen = policies.visible(self.actor, Item.objects.filter(campaign=campaign))
        return filtering.items_in(seen, filters, self.actor)


class SignView(OfCampaign):
    """The sign-off."""

    permission_required: ClassVar = {"POST": "campaign.sign"}
    proof_required = ("POST",)

    @extend_schema(
        request=shapes.SignSerializer,
        responses={200: shapes.CampaignSerializer},
        operation_id="campaign_sign",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Sign off that all is decided: what is to go is taken away in the caller's name."""
        asked = self.asked(shapes.SignSerializer)
        campaign = services.sign(self.get_object(), actor=self.actor, **asked)
        return Response(shapes.CampaignSerializer(campaign).data)


class CancelView(OfCampaign):
    """The end without a result."""

    permission_required: ClassVar = {"POST": "campaign.manage"}

    @extend_schema(
        request=shapes.CancelSerializer,
        responses={200: shapes.CampaignSerializer},
        operation_id="campaign_cancel",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Give an access review up: nothing is taken away."""
        asked = self.asked(shapes.CancelSerializer)
        campaign = services.cancel(self.get_object(), actor=self.actor, **asked)
        return Response(shapes.CampaignSerializer(campaign).data)


class HandOnView(OfCampaign):
    """Other reviewers."""

    permission_required: ClassVar = {"POST": "campaign.manage"}

    @extend_schema(
        request=shapes.HandOnSerializer,
        responses={200: shapes.CountSerializer},
        operation_id="campaign_hand_on",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Have somebody else decide; what is their own stays with who has it."""
        asked = self.asked(shapes.HandOnSerializer)
        campaign = self.get_object()
        found = self.items(campaign, asked["filters"])
        moved, left = services.hand_on(campaign, found, to=asked["reviewer"], actor=self.actor)
        return Response({"items": moved, "left": left})


class KeepView(OfCampaign):
    """Many decisions at once."""

    permission_required: ClassVar = {"POST": "campaign.decide"}

    @extend_schema(
        request=shapes.FiltersSerializer,
        responses={200: shapes.CountSerializer},
        operation_id="campaign_keep",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Keep all of these that the caller is asked about; each says that it was kept with others."""
        filters = self.asked(shapes.FiltersSerializer)["filters"]
        campaign = self.get_object()
        found = self.items(campaign, filters)
        kept = services.keep_all(campaign, found, actor=self.actor, filters=filters)
        left = Item.objects.filter(campaign=campaign).asked_of(self.actor).count()
        return Response({"items": kept, "left": left})


class CampaignItemsView(mixins.ListModelMixin, TenantViewSet[Item]):
    """The rights of one access review."""

    queryset = ITEMS
    serializer_class = shapes.ItemSerializer
    permission_required: ClassVar = {"GET": ANY_MEMBER}

    def get_queryset(self) -> QuerySet[Item]:
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset
        campaign = services.find_campaign(self.kwargs["pk"], actor=self.actor)
        assert isinstance(queryset, ItemQuerySet)
        found = queryset.filter(campaign=campaign)
        return filtering.items_in(found, self.request.query_params, self.actor)

    @extend_schema(parameters=ITEM_FILTERS, operation_id="campaign_items")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List rights as they were, with what was decided."""
        return super().list(request, *args, **kwargs)


class ItemViewSet(TenantViewSet[Item]):
    """One right of an access review."""

    queryset = ITEMS
    permission_required: ClassVar = {"GET": ANY_MEMBER, "POST": "campaign.decide"}

    @extend_schema(responses=shapes.WholeItemSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a right as it was, and how it stands now."""
        item = self.get_object()
        right = rights.now([item]).get((item.sort, item.ref))
        item.changes, item.is_gone = rights.changes(item, right), right is None  # type: ignore[attr-defined]
        return Response(shapes.WholeItemSerializer(item).data)

    @extend_schema(request=shapes.RightDecisionSerializer, responses=shapes.ItemSerializer)
    @action(detail=True, methods=["POST"])
    def decide(self, request: Request, pk: str) -> Response:
        """Say whether a right stays, goes or is to be changed; nobody decides on their own."""
        asked = self.asked(shapes.RightDecisionSerializer)
        item = services.decide(self.get_object(), actor=self.actor, **asked)
        return Response(shapes.ItemSerializer(item).data)


class SettleView(TenantViewSet[Item]):
    """What a person has seen to."""

    queryset = ITEMS
    permission_required: ClassVar = {"POST": "campaign.manage"}

    @extend_schema(
        request=shapes.SettleSerializer,
        responses={200: shapes.ItemSerializer},
        operation_id="campaign_item_settle",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Say that what could not be carried out was seen to by hand."""
        asked = self.asked(shapes.SettleSerializer)
        item = services.settle(self.get_object(), actor=self.actor, **asked)
        return Response(shapes.ItemSerializer(item).data)


class SeriesViewSet(mixins.ListModelMixin, TenantViewSet[Series]):
    """What begins again and again."""

    queryset = Series.objects.select_related("owner", "reviewer", "reviewer_role", "folder")
    serializer_class = shapes.SeriesSerializer
    permission_required: ClassVar = {
        "GET": "campaign.view",
        "POST": "campaign.manage",
        "DELETE": "campaign.manage",
    }

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List series, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=shapes.SeriesSerializer)
    @action(detail=True, methods=["POST"])
    def pause(self, request: Request, pk: str) -> Response:
        """Let none begin until somebody says so."""
        return Response(
            shapes.SeriesSerializer(series.pause(self.get_object(), actor=self.actor)).data
        )

    @extend_schema(request=None, responses=shapes.SeriesSerializer)
    @action(detail=True, methods=["POST"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let them begin again, in the caller's name."""
        return Response(
            shapes.SeriesSerializer(series.resume(self.get_object(), actor=self.actor)).data
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End a series; the access reviews that began stay."""
        series.end(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)
