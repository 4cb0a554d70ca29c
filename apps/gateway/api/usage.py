"""The endpoint of usage by workflow, member, key, route or model."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.common.pagination import ListPagination
from apps.gateway.api.serializers import UsageRowSerializer
from apps.gateway.costs import breakdown
from apps.gateway.models import LlmCall

BY = OpenApiParameter(
    "by", str, OpenApiParameter.PATH, enum=list(breakdown.DIMENSIONS), description="By what."
)
FILTERS = [
    OpenApiParameter("q", str, description="A part of the name."),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="From this time or day on."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Before this time or day."),
    OpenApiParameter("workflow", OpenApiTypes.UUID),
    OpenApiParameter("member", OpenApiTypes.UUID),
    OpenApiParameter("key", OpenApiTypes.UUID),
    OpenApiParameter("run", OpenApiTypes.UUID),
    OpenApiParameter("credential", OpenApiTypes.UUID, description="Of a provider's key."),
    OpenApiParameter("route", str),
    OpenApiParameter("provider", str, description="Its slug."),
    OpenApiParameter("status", str, enum=LlmCall.Status.values),
    OpenApiParameter("cache", str, enum=LlmCall.Cache.values),
]


class UsageByView(TenantAPIView):
    """Whose calls took and cost what."""

    permission_required = {"GET": "usage.view"}
    pagination_class = ListPagination  # for the schema

    @extend_schema(
        parameters=[BY, *FILTERS],
        responses=UsageRowSerializer(many=True),
        operation_id="usage_by_list",
    )
    def get(self, request: Request, by: str) -> Response:
        """List sums of this month, or of a period, the dearest first."""
        dimension = breakdown.dimension_of(by)
        pages = ListPagination()
        found = breakdown.sums(dimension, request.query_params, actor=self.actor)
        shown = pages.paginate_queryset(found, request, view=self)
        rows = breakdown.rows(dimension, shown or [], actor=self.actor)
        return pages.get_paginated_response(UsageRowSerializer(rows, many=True).data)
