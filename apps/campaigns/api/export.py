"""The endpoint that hands an access review out as a file."""

from typing import ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from apps.accounts.api.views import TenantAPIView
from apps.campaigns import sending, services
from apps.common.rendering import AsItIs


class CsvRenderer(AsItIs):
    """Lets whoever asks for a table have it."""

    media_type, format, charset = "text/csv", "csv", "utf-8"


class ExportView(TenantAPIView):
    """An access review with all its rights."""

    renderer_classes = [JSONRenderer, CsvRenderer]
    permission_required: ClassVar = {"GET": "campaign.view"}
    proof_required = ("GET",)

    @extend_schema(
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.BINARY,
        },
        operation_id="campaign_export",
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Return all of it, as JSON or where `Accept` asks for it as CSV; that it was taken is written down."""
        format_ = request.accepted_renderer.format
        campaign = services.open_export(pk, actor=self.actor, format_=format_)
        return sending.answer(campaign, format_)
